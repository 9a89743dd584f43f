"""The probes that an evolution carries along: measures on lifetime snapshots, recorded and never selected on."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import ClassVar

from hetevo.analysis.measures import MEASURES, SPARSE, Measure, SparseView, View
from hetevo.analysis.measures.alignment import layer_columns
from hetevo.populations.circuits.layer import LayerSnapshot
from hetevo.populations.errors import SettingError, nearest
from hetevo.populations.extras import expect_package
from hetevo.populations.kernel.snapshot import Snapshot
from hetevo.populations.sparse.life import SparseSnapshot
from hetevo.populations.species import Species
from hetevo.populations.types import Floats


@dataclass(frozen=True)
class AlignmentProbe:
    """Takes the measures of `hetevo.analysis.measures.MEASURES` that cost little, at their stages of life.

    Parameters
    ----------
    measures : tuple of str, optional
        Names of measures to take besides.

    Raises
    ------
    SettingError
        If there is no such measure, or the package that it needs is not installed.

    Examples
    --------
    >>> import numpy as np
    >>> from hetevo.populations import Layout, draw_founders, evaluate
    >>> from hetevo.populations.tasks import Sine
    >>> species = Species(Layout(6, (8, 8), 2), Sine(6, 2))
    >>> genes = draw_founders(species, seed=0, size=3)
    >>> found = evaluate(species, genes, np.arange(3), seed=0, generation=0, probe=AlignmentProbe())
    >>> found.loss.shape, found.status.tolist(), found.observed["alignment_end"].shape
    ((3,), [0, 0, 0], (3,))
    """

    instruments: ClassVar[bool] = False
    measures: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name in self.measures:
            if name not in MEASURES:
                raise SettingError(
                    f"probe.measures: expected some of {', '.join(MEASURES)}, or the place of your own, such as"
                    f" 'own_module:RATIO', got {name!r}.{nearest(name, MEASURES)}"
                )
            measure = MEASURES[name]  # what cannot be imported is refused before anything lives
            if measure.package:
                expect_package(measure.package, measure.extra, f"probe.measures: {name!r}")

    def check(self, species: Species) -> None:
        """Check that all measures can be taken of a species' individuals.

        Raises
        ------
        SettingError
            If some need matrices, and its wirings are lists of synapses.
        """
        lacking = [name for name in self._taken() if name not in SPARSE] if species.storage == "sparse" else []
        if lacking:
            raise SettingError(
                f"probe: {', '.join(lacking)} need matrices, and wirings are lists of synapses here"
                f" (network.storage). Expected the probe alignment, and in probe.measures some of {', '.join(SPARSE)};"
                ' or keep matrices: network.storage = "dense".'
            )

    def measure(self, snapshot: Snapshot | SparseSnapshot | LayerSnapshot) -> dict[str, Floats]:
        """Return the measures of one stage.

        Parameters
        ----------
        snapshot : Snapshot, SparseSnapshot or LayerSnapshot
            N circuits, or single layers with inherited rules, which have measures of their own.

        Returns
        -------
        dict of str to ndarray of float64, shape (N,)
            ``alignment``; at the end of life, and at moments asked for, also ``alignment_level_1`` and so on, ``hs``,
            ``dc``, ``phi_positive``.
        """
        if isinstance(snapshot, LayerSnapshot):
            return layer_columns(snapshot)
        columns: dict[str, Floats] = {}
        for name, take in self._bound(snapshot).items():
            if self._taken()[name].taken(snapshot.stage):
                found = take()
                if twice := columns.keys() & found.keys():
                    raise SettingError(f"The measure {name!r} gives columns that another one has: {', '.join(twice)}.")
                columns |= found
        return columns

    def _bound(self, snapshot: Snapshot | SparseSnapshot) -> dict[str, Callable[[], dict[str, Floats]]]:
        """Return what takes each measure of a snapshot."""
        if isinstance(snapshot, SparseSnapshot):
            sparse = SparseView.of(snapshot)
            return {name: partial(SPARSE[name], sparse) for name in self._taken()}
        view = View.of(snapshot)
        return {name: partial(measure.columns, view) for name, measure in self._taken().items()}

    def _taken(self) -> dict[str, Measure]:
        # what is installed changes nothing: of others' measures only those that are named
        usual = {name: measure for name, measure in MEASURES.own.items() if not measure.named}
        taken = {name: measure for name, measure in usual.items() if self.instruments or not measure.instrument}
        return taken | {name: MEASURES[name] for name in self.measures}


@dataclass(frozen=True)
class InstrumentsProbe(AlignmentProbe):
    """Takes every measure of `hetevo.analysis.measures.MEASURES` but those that must be named."""

    instruments: ClassVar[bool] = True
