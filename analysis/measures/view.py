"""What a measure looks at."""

from collections.abc import Callable
from dataclasses import dataclass

from hetevo.analysis.gradient import snapshot_gradients
from hetevo.populations.kernel.life import Snapshot
from hetevo.populations.species import Stage
from hetevo.populations.types import Floats


@dataclass(frozen=True)
class View:
    """A lifetime snapshot together with its true gradients.

    Parameters
    ----------
    snapshot : Snapshot
        N circuits on S samples.
    potential_gradient : ndarray of float, shape (N, H + O, S)
        Negative gradient at the potentials.
    weight_gradient : ndarray of float, shape (N, H + O, I + H)
        Negative gradient at the ascending weights, as if every synapse were present.
    """

    snapshot: Snapshot
    potential_gradient: Floats
    weight_gradient: Floats

    @classmethod
    def of(cls, snapshot: Snapshot) -> "View":
        """Compute the gradients of a snapshot."""
        return cls(snapshot, *snapshot_gradients(snapshot))


@dataclass(frozen=True)
class Measure:
    """A measure and the stages of life at which it is recorded.

    Parameters
    ----------
    columns : callable
        Maps a `View` to named columns, each of shape (N,), NaN where undefined.
    stages : frozenset of str or None
        Where it is taken, besides moments that a configuration asks for: by default at all stages that the probe looks
        at.
    instrument : bool
        Only the probe ``instruments`` takes it: the default probe must not take more than a fifth of a generation.
    bounded : bool
        Whether its values lie in -1..1.
    """

    columns: Callable[[View], dict[str, Floats]]
    stages: frozenset[Stage] | None = None
    instrument: bool = False
    bounded: bool = True

    def taken(self, stage: Stage) -> bool:
        """Whether it is taken at a stage."""
        return self.stages is None or stage in self.stages or stage.startswith("life_")
