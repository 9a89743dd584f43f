"""The probes that an evolution carries along: measures on lifetime snapshots, recorded and never selected on."""

from dataclasses import dataclass
from typing import ClassVar

from hetevo.analysis.measures import MEASURES, View
from hetevo.analysis.measures.alignment import layer_columns
from hetevo.populations.circuits.layer import LayerSnapshot
from hetevo.populations.kernel.life import Snapshot
from hetevo.populations.types import Floats


@dataclass(frozen=True)
class AlignmentProbe:
    """Takes the measures of `hetevo.analysis.measures.MEASURES` that cost little, at their stages of life."""

    instruments: ClassVar[bool] = False

    def measure(self, snapshot: Snapshot | LayerSnapshot) -> dict[str, Floats]:
        """Return the measures of one stage.

        Parameters
        ----------
        snapshot : Snapshot or LayerSnapshot
            N circuits, or single layers with inherited rules, which have measures of their own.

        Returns
        -------
        dict of str to ndarray of float64, shape (N,)
            ``alignment``; at the end of life, and at moments asked for, also ``alignment_level_1`` and so on, ``hs``,
            ``dc``, ``phi_positive``.
        """
        if isinstance(snapshot, LayerSnapshot):
            return layer_columns(snapshot)
        view = View.of(snapshot)
        columns: dict[str, Floats] = {}
        for measure in MEASURES.values():
            if measure.taken(snapshot.stage) and (self.instruments or not measure.instrument):
                columns |= measure.columns(view)
        return columns


@dataclass(frozen=True)
class InstrumentsProbe(AlignmentProbe):
    """Takes every measure of `hetevo.analysis.measures.MEASURES`."""

    instruments: ClassVar[bool] = True
