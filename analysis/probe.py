"""The probes that an evolution carries along: measures on lifetime snapshots, recorded and never selected on."""

from dataclasses import dataclass
from typing import ClassVar

from analysis.measures import MEASURES, View
from populations.lifetime import Snapshot
from populations.types import Floats


@dataclass(frozen=True)
class AlignmentProbe:
    """Takes the measures of `analysis.measures.MEASURES` that cost little, at their stages of life."""

    instruments: ClassVar[bool] = False

    def measure(self, snapshot: Snapshot) -> dict[str, Floats]:
        """Return the measures of one stage.

        Parameters
        ----------
        snapshot : Snapshot
            N circuits.

        Returns
        -------
        dict of str to ndarray of float64, shape (N,)
            ``alignment``; at the end of life also ``alignment_level_1`` and so on, ``hs``, ``dc``, ``phi_positive``.
        """
        view = View.of(snapshot)
        columns: dict[str, Floats] = {}
        for measure in MEASURES.values():
            taken = measure.stages is None or snapshot.stage in measure.stages
            if taken and (self.instruments or not measure.instrument):
                columns |= measure.columns(view)
        return columns


@dataclass(frozen=True)
class InstrumentsProbe(AlignmentProbe):
    """Takes every measure of `analysis.measures.MEASURES`."""

    instruments: ClassVar[bool] = True
