"""The probe that an evolution carries along: measures on lifetime snapshots, recorded and never selected on."""

from dataclasses import dataclass

from analysis.measures import MEASURES, View
from populations.lifetime import Snapshot
from populations.types import Floats


@dataclass(frozen=True)
class AlignmentProbe:
    """Takes every measure of `analysis.measures.MEASURES` at its stages of life."""

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
            if snapshot.stage in measure.stages:
                columns |= measure.columns(view)
        return columns
