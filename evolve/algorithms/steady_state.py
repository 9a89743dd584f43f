"""Algorithms without generations: each child is bred as soon as those before it have lived, and takes an adult's place.

Births are counted over the whole run: the founders are births 0 to P - 1, and what is called generation g are births
g P to (g + 1) P - 1. Child n is bred from the adults as they are once births 0 to n - L have been admitted, in this
order, and all founders; L is the *lag*. So it is decided by numbers alone who can be whose parent, and not by who has
lived sooner: up to L individuals live at once, on any machines, and a run always ends with the same bits.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np

from hetevo.evolve.algorithms.algorithm import Algorithm, Memory, Search, number
from hetevo.evolve.generation import Generation, Operator, begin_with
from hetevo.evolve.genes import expected_genes, restore_genes
from hetevo.evolve.private_deap import private_generators, tools
from hetevo.evolve.reproduction import make_toolbox
from hetevo.evolve.selection import Candidates, select
from hetevo.populations.errors import SettingError
from hetevo.populations.evaluation import Evaluation
from hetevo.populations.genome import Population
from hetevo.populations.isolation import isolated
from hetevo.populations.random_streams import Purpose, random_stream
from hetevo.populations.settings import Setting
from hetevo.populations.types import Floats, Indices

if TYPE_CHECKING:
    from hetevo.evolve.rundir.checkpoint import Expected
    from hetevo.evolve.state import State

Replace = Literal["worst", "oldest"]

_GENE = "gene_"


@dataclass(frozen=True)
class Adults:
    """Who may have children, P individuals.

    Parameters
    ----------
    population : Population
        Their genes.
    loss : ndarray of float64, shape (P,)
        Of each, in the tasks of its own time.
    identifiers : ndarray of int64, shape (P,)
        Of each: the number of its birth.
    """

    population: Population
    loss: Floats
    identifiers: Indices

    @staticmethod
    def of_founders(founders: Generation, loss: Floats) -> "Adults":
        """Return the founders, which are the first adults."""
        everyone = founders.population.take(np.arange(founders.size))
        return Adults(everyone, loss.copy(), founders.identifiers)

    def admit(self, child: Population, loss: float, birth: int, replace: Replace) -> None:
        """Let a child take the place of an adult.

        Parameters
        ----------
        child : Population
            One individual.
        loss : float
            Its loss.
        birth : int
            Its number.
        replace : str
            Who leaves. ``"worst"``: who has the highest loss, of equal ones the oldest, and be it the child.
            ``"oldest"``: the adult that was born first.
        """
        worst = self.loss == self.loss.max() if replace == "worst" else np.ones(len(self.loss), np.bool_)
        place = int(np.argmin(np.where(worst, self.identifiers, np.iinfo(np.int64).max)))
        if replace == "worst" and loss > self.loss[place]:
            return
        for name, genes in self.population.items():
            genes[place] = child[name][0]
        self.loss[place], self.identifiers[place] = loss, birth

    def memory(self) -> Memory:
        """Return them as named arrays, copies."""
        genes = {f"{_GENE}{name}": array.copy() for name, array in self.population.plain().items()}
        return {**genes, "loss": self.loss.copy(), "identifiers": self.identifiers.copy()}

    @staticmethod
    def recall(memory: Memory, search: Search) -> "Adults":
        """Return those that `memory` has described.

        Raises
        ------
        SettingError
            If there cannot be such individuals.
        """
        genes = {name.removeprefix(_GENE): array.copy() for name, array in memory.items() if name.startswith(_GENE)}
        loss, identifiers = memory["loss"].copy(), memory["identifiers"].copy()
        try:
            population = restore_genes(genes, search.species)
            if not np.isfinite(loss).all() or identifiers.min() < 0:
                raise ValueError("expected finite losses and identifiers of 0 or more, got others")
        except ValueError as error:
            raise SettingError(
                f"The adults that a run remembers cannot be those of its individuals: {error}."
            ) from None
        return Adults(population, loss, identifiers)


class Nursery:
    """Breeds children and admits them, birth by birth, in order.

    Parameters
    ----------
    adults : Adults
        As they are once so many births have been admitted; it changes them.
    admitted, bred : int
        Births that have been admitted, and that there have been.
    lag : int
        L: how many births later than the last one that was admitted a child may be.
    replace : str
        See `Adults.admit`.
    search : Search
        What is searched in.
    """

    def __init__(self, adults: Adults, admitted: int, bred: int, lag: int, replace: Replace, search: Search) -> None:
        self.adults, self.admitted, self.bred = adults, admitted, bred
        self._lag, self._replace, self._search = lag, replace, search
        self._box = make_toolbox(search.config, search.species)
        self._weighs_synapses = self._box.select.func is tools.selDoubleTournament

    @property
    def is_ready(self) -> bool:
        """Whether the next child can be bred: all whom it depends on have been admitted, and nobody else."""
        return self.admitted > self.bred - self._lag

    def admit(self, child: Population, loss: float) -> None:
        """Admit the next birth: one individual, which has lived."""
        self.adults.admit(child, loss, self.admitted, self._replace)
        self.admitted += 1

    @isolated
    def breed(self, into: Generation) -> None:
        """Breed the next child, into its place in a generation of which those before it are there."""
        size, config = into.size, self._search.config
        generation, place = divmod(self.bred, size)
        settings, adults = config.evolution, self.adults
        # Selection: one parent or two, by random numbers that belong to this birth, as all that follow do
        crossing = random_stream(config.seed, generation, Purpose.CROSSOVER, place)
        parents = 2 if crossing.random() < settings.crossover else 1
        synapses = adults.population.synapses if self._weighs_synapses else None
        candidates = Candidates(adults.loss, config.lifetime.loss_cap, synapses)
        rng = random_stream(config.seed, generation, Purpose.SELECT, place)
        with private_generators(rng):
            chosen = select(self._box.select, candidates, settings.pool or parents, rng)
            if settings.pool:
                chosen = rng.choice(chosen, parents)
        # Crossover and mutation, as everywhere
        child = adults.population.take(chosen[:1])
        if parents == 2:
            self._box.mate(child, adults.population.take(chosen[1:]), np.array([0]), rng=crossing)
        self._box.mutate(child, rng=random_stream(config.seed, generation, Purpose.MUTATE, place))
        # Descent
        for name, genes in into.population.items():
            genes[place] = child[name][0]
        into.parent_a[place] = adults.identifiers[chosen[0]]
        into.parent_b[place] = adults.identifiers[chosen[1]] if parents == 2 else -1
        into.operator[place] = Operator.CROSSOVER if parents == 2 else Operator.MUTATION
        self.bred += 1


def make_room(number: int, like: Generation) -> Generation:
    """Return a generation of the same size, with places for its children."""
    places = {name: np.empty_like(array) for name, array in like.population.items()}
    return begin_with(Population(places), number=number)


@dataclass(frozen=True)
class SteadyState(Algorithm):
    """Each child is bred when all before it have been admitted: the reference, for one worker at a time (lag 1)."""

    replace: Annotated[Replace, Setting("who leaves when a child comes: the worst, be it the child, or the oldest")] = (
        "worst"
    )

    def find_lag(self, size: int) -> int:
        """Return L of a population of a size: how many births later than the last one admitted a child may be."""
        del size
        return 1

    def go_on(self, lived: "State", search: Search) -> Nursery:
        """Return who breeds the generation after one that has lived.

        Parameters
        ----------
        lived : State
            A generation, P individuals, of which the last L - 1 have not been admitted yet (of founders all have).
        search : Search
            What is searched in.
        """
        size, bred = lived.generation.size, (lived.generation.number + 1) * lived.generation.size
        lag = self.find_lag(size)
        admitted = max(size, bred - lag + 1)
        return Nursery(Adults.recall(lived.memory, search), admitted, bred, lag, self.replace, search)

    def grow(
        self, lived: "State", loss_of: Callable[[Generation, int], float], search: Search
    ) -> tuple[Generation, Memory]:
        """Return the next generation, bred birth by birth, and what is remembered after it."""
        nursery, made = self.go_on(lived, search), make_room(lived.generation.number + 1, lived.generation)
        size, begin = made.size, made.number * made.size
        while True:
            # as soon as a child can be bred it is: later ones may not be its parents
            while nursery.is_ready and nursery.bred < begin + size:
                nursery.breed(made)
            if nursery.is_ready:
                return made, nursery.adults.memory()
            # admitted in order, those before it first
            place = nursery.admitted - begin
            genes = made if place >= 0 else lived.generation
            loss = loss_of(made, place) if place >= 0 else float(lived.loss[place])
            nursery.admit(genes.population.take(np.array([place % size])), loss)

    def tell(self, generation: Generation, evaluation: Evaluation, asked: Memory, search: Search) -> Memory:
        """Return the founders as adults; what there is to remember later is known without being told."""
        del search
        return asked or Adults.of_founders(generation, evaluation.loss).memory()

    def expect(self, search: Search) -> "Expected":
        """Return shape and dtype of what is remembered: the adults."""
        size = search.config.evolution.size
        genes = {f"{_GENE}{name}": kind for name, kind in expected_genes(search.species, size).items()}
        return {**genes, "loss": number(np.float64, size), "identifiers": number(np.int64, size)}


@dataclass(frozen=True)
class Asynchronous(SteadyState):
    """Up to ``lag`` individuals live at once: workers never wait for the end of a generation."""

    lag: Annotated[int, Setting("individuals that may live at once, at most evolution.size", least=1)] = 32

    def find_lag(self, size: int) -> int:
        """Return L."""
        return min(self.lag, size)
