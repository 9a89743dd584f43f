"""What an algorithm is: how a population is searched, from a generation that has lived to the next one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from hetevo.populations.evaluation import Evaluation
from hetevo.populations.species import Species

if TYPE_CHECKING:  # a configuration checks its algorithm
    from hetevo.evolve.config import Config
    from hetevo.evolve.generation import Generation
    from hetevo.evolve.rundir.checkpoint import Expected
    from hetevo.evolve.state import State

Memory = Mapping[str, NDArray[Any]]
"""What an algorithm remembers besides the individuals of a generation and what became of them: named arrays."""

NOTHING: Memory = {}


@dataclass(frozen=True)
class Search:
    """What an algorithm searches in.

    Parameters
    ----------
    config : Config
        The experiment.
    species : Species
        What the individuals have in common.
    """

    config: "Config"
    species: Species


@dataclass(frozen=True)
class Algorithm:
    """How a population is searched.

    An algorithm is a frozen dataclass whose fields are its options (``evolution.algorithm``), and whose methods are
    functions of their arguments alone: whatever it remembers is in `Memory`, which is saved and is part of the digest,
    and random numbers are addressed by seed and generation (`hetevo.populations.random_streams`). It sees losses, and
    nothing that was measured. The methods are called in this order: `begin`, the founders live, `tell`; then again and
    again `ask`, the generation lives, `tell`.
    """

    islands: ClassVar[bool] = False
    """Whether it knows `hetevo.evolve.islands`."""

    compares: ClassVar[bool] = False
    """Whether it selects by several objectives and by losses task by task, if the configuration says so."""

    breeds: ClassVar[bool] = True
    """Whether children come of ``evolution.cross`` and ``mutate``; otherwise it draws them in a way of its own."""

    def check(self, search: Search) -> None:
        """Refuse what it cannot search in, before anything is written.

        Raises
        ------
        SettingError
            With what was expected, what was given, and how to correct it.
        """

    def begin(self, founders: "Generation", search: Search) -> "tuple[Generation, Memory]":
        """Return generation 0, of the size of the founders, and what goes with it."""
        del search
        return founders, NOTHING

    def ask(self, lived: "State", search: Search) -> "tuple[Generation, Memory]":
        """Return the next generation, and what `tell` will need of how it was made.

        Parameters
        ----------
        lived : State
            The generation before, P individuals, their losses, and what was remembered of all before.
        search : Search
            What is searched in.

        Returns
        -------
        Generation, Memory
            P individuals, and named arrays.
        """
        raise NotImplementedError

    def tell(self, generation: "Generation", evaluation: Evaluation, asked: Memory, search: Search) -> Memory:
        """Return what to remember once a generation has lived.

        Parameters
        ----------
        generation, evaluation
            Who lived, and what became of them.
        asked : Memory
            What `begin` or `ask` returned beside the generation.
        search : Search
            What is searched in.
        """
        del generation, evaluation, search
        return asked

    def grow(
        self, lived: "State", loss_of: Callable[["Generation", int], float], search: Search
    ) -> "tuple[Generation, Memory]":
        """Return what `ask` returns; where children are bred while others live, with what becomes of each.

        Parameters
        ----------
        lived, search
            As for `ask`.
        loss_of : callable
            Returns the loss of the individual at a place of the new generation, once it is there.
        """
        del loss_of
        return self.ask(lived, search)

    def report(self, memory: Memory, search: Search) -> Mapping[str, float]:
        """Return what to record of a generation besides its losses, by column: the same columns for every generation.

        Parameters
        ----------
        memory : Memory
            What `tell` returned.
        search : Search
            What is searched in.
        """
        del memory, search
        return {}

    def expect(self, search: Search) -> "Expected":
        """Return shape and dtype of every array in what `tell` returns, by name: of these, and no others."""
        del search
        return {}

    def units(self, search: Search) -> Mapping[str, Any]:
        """Return what the numbers that it remembers are measured in: only a branch with the same ones can go on."""
        del search
        return {}


def accept(found: Any) -> Any:
    """Return an algorithm that was found in another package.

    Raises
    ------
    TypeError
        Saying what was expected.
    """
    if not (isinstance(found, type) and issubclass(found, Algorithm)):
        raise TypeError(f"expected a class that inherits from hetevo's Algorithm, got {found!r}")
    return found


def number(kind: type[np.generic] = np.float64, *shape: int) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Return shape and dtype of an array, as `Algorithm.expect` gives them."""
    return shape, np.dtype(kind)
