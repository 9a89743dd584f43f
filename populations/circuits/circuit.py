"""What a kind of circuit is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from numpy.random import Generator
from numpy.typing import NDArray

from hetevo.populations.experience import Experience
from hetevo.populations.genome import Gene, Population
from hetevo.populations.random_streams import Purpose
from hetevo.populations.species import Species
from hetevo.populations.types import Floats, Indices, Mask


@dataclass(frozen=True)
class Block:
    """Individuals that live side by side.

    Parameters
    ----------
    species : Species
        What they have in common.
    genes : Population
        P genomes.
    individuals : ndarray of int, shape (P,)
        Their positions in the whole population, which address their random streams.
    experience : Experience
        K tasks, in which each lives separately.
    seed, generation : int
        Where the experiment stands.
    changes : bool
        Whether somebody wants to know how much weights changed.
    """

    species: Species
    genes: Population
    individuals: Indices
    experience: Experience
    seed: int
    generation: int
    changes: bool = False

    def streams(self, purpose: Purpose) -> list[Generator]:
        """Return a random generator for each of the N lives, for a purpose; a life's is the same in any block."""
        tasks = self.species.lifetime.tasks
        places = (int(individual) * tasks + task for individual in self.individuals for task in range(tasks))
        return [self.species.random_stream(self.seed, self.generation, purpose, place) for place in places]


class Outcome(NamedTuple):
    """How ``N = P * K`` lives went, ordered individual by individual, task by task.

    Parameters
    ----------
    loss : ndarray of float64, shape (N,)
        Normalised test loss, not capped, and possibly not finite.
    accuracy : ndarray of float64, shape (N,)
        Share of test samples classified correctly; NaN unless the task is a classification.
    diverged : ndarray of bool, shape (N,)
        Lives in which a weight, or the loss, became infinite or undefined.
    change : ndarray of float64, shape (N,), or None
        Mean over plastic synapses of the distance between a weight at the end and at birth, possibly not finite; None
        unless ``Block.changes``.
    """

    loss: Floats
    accuracy: Floats
    diverged: Mask
    change: Floats | None = None


class Circuit(Protocol):
    """A kind of circuit: its genome, and how it lives.

    Attributes
    ----------
    inherits : str
        What its genes hold, for messages: ``"gains"``.
    """

    inherits: str

    def genome(self, species: Species) -> tuple[Gene, ...]:
        """List the blocks of the genome, in the order in which they are drawn, saved and hashed."""
        ...

    def draw_founder(self, species: Species, rng: Generator) -> dict[str, NDArray[Any]]:
        """Draw the genes of one individual, arrays by name."""
        ...

    def block_size(self, species: Species) -> int:
        """Choose how many individuals live side by side: speed only, never a bit of the result."""
        ...

    def count_bytes(self, species: Species, networks: int, probed: int) -> int:
        """Count what ``networks`` lives side by side take in memory, ``probed`` samples of the probe included."""
        ...

    def live(self, block: Block, observer: Callable[[Any], None] | None, moments: Sequence[int]) -> Outcome:
        """Let individuals be born, live and be tested.

        ``observer`` receives snapshots at birth, mid-life, end of life, and at ``moments``, in percent of a life.
        """
        ...
