"""Genes as flat vectors: what every entry means, which values it may have, and the way there and back."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hetevo.evolve.config import Config
from hetevo.evolve.config.reading import expect_config
from hetevo.evolve.genes import GenesError, check_genes, value_bounds
from hetevo.evolve.species import build_species
from hetevo.populations.circuits import allowed_synapses, draw_founders, genome, receiving_layout
from hetevo.populations.genome import Gene, Kind, Population
from hetevo.populations.layout import Layout
from hetevo.populations.species import Species

PRESENT = 0.5
"""An entry of a mask or a bit is true above this."""

SYNAPTIC: frozenset[Kind] = frozenset({"mask", "innate"})
"""Kinds of genes with one entry a synapse."""


@dataclass(frozen=True)
class Entry:
    """What an entry of a vector means.

    Parameters
    ----------
    gene : str
        Name of the array.
    kind : str
        Its kind, see `hetevo.populations.genome.Gene`.
    place : tuple of int
        Where it stands in the array of one individual.
    neuron : int or None
        The neuron that receives, counted from 0 over hidden levels and outputs, or over levels of error neurons;
        None: of all neurons, or a bit.
    sender : int or None
        Of a synapse: the unit that sends, inputs before hidden ones in the ascending pathway; in the descending one
        the neuron that sends.
    level : int or None
        Level of the neuron: 1, 2, … for hidden ones, one more for outputs.
    """

    gene: str
    kind: Kind
    place: tuple[int, ...]
    neuron: int | None = None
    sender: int | None = None
    level: int | None = None

    def __str__(self) -> str:
        place = f"[{', '.join(map(str, self.place))}]" if self.place else ""
        return f"{self.gene}{place}" + (f" (level {self.level})" if self.level is not None else "")


class Space:
    """Genes of an experiment's individuals as vectors of D numbers, in float64.

    Wirings are not among the entries unless ``wiring``: vectors then become genes with the masks that are given here,
    or by `unflatten`, or else those of the first founder of the configuration's seed. With ``wiring`` there is an entry
    for each synapse that may exist: present above 0.5. Bits of inherited rules always are entries, true above 0.5.

    Parameters
    ----------
    config : Config
        The experiment.
    masks : mapping of str to array_like, optional
        The wiring of all individuals: ``mask_ascending``, ``mask_descending``, each of the shape of one individual.
    wiring : bool, optional
        Whether masks are entries too. With ``network.feedback = "transposed"`` those of the descending wiring are none:
        they follow from the ascending ones.

    Attributes
    ----------
    entries : tuple of Entry
        What each of the D entries means.
    bounds : ndarray of float64, shape (D, 2)
        The least and the largest value of each: decays are 0 or more, masks and bits 0 to 1, gains anything (of outputs
        0 or more with ``genome.output_gains = "positive"``).

    Raises
    ------
    GenesError
        If the masks are none of such networks.

    Examples
    --------
    >>> from hetevo.evolve import preset, save_genes
    >>> space = Space(preset("minimal"))
    >>> space.names[:2]
    ['gains_ascending[0] (level 1)', 'gains_ascending[1] (level 2)']
    >>> space.flatten(space.founders(seed=1, size=3)).shape
    (3, 5)
    >>> save_genes("three.npz", space.founders(seed=1, size=3)).name  # for -s genome.founders=three.npz
    'three.npz'
    """

    def __init__(self, config: Config, *, masks: Mapping[str, ArrayLike] | None = None, wiring: bool = False) -> None:
        self.config, self.wiring = expect_config(config), wiring
        self._species: Species = build_species(config)
        self._genes = genome(self._species)
        if wiring and self._species.storage == "sparse":
            raise GenesError(
                "wiring: wirings that are lists of synapses (network.storage) are no entries of a vector, so expected"
                " False, got True."
            )
        # where in a gene's array the entries of a vector stand
        self._places = {gene.name: self._find_places(gene) for gene in self._genes if self._is_flat(gene)}
        self.entries = tuple(
            _describe(gene, int(place), receiving_layout(self._species, gene.name))
            for gene in self._genes
            if gene.name in self._places
            for place in self._places[gene.name]
        )
        kinds = {gene.name: gene for gene in self._genes}
        limits = {name: value_bounds(kinds[name], self._species) for name in self._places}
        bounds = [(limits[entry.gene][0][entry.place], limits[entry.gene][1]) for entry in self.entries]
        self.bounds = np.array(bounds, np.float64).reshape(-1, 2)
        # whatever is no entry stays as a founder has it
        self._template = dict(draw_founders(self._species, config.seed, 1))
        if masks is not None:
            given = {name: np.asarray(values)[None] for name, values in masks.items()}
            self._template = dict(check_genes({**self._template, **given}, self._species, "masks"))

    @property
    def size(self) -> int:
        """Entries D of a vector."""
        return len(self.entries)

    @property
    def names(self) -> list[str]:
        """What the D entries are called, such as ``"gains_ascending[3] (level 1)"``."""
        return [str(entry) for entry in self.entries]

    def founders(self, seed: int, size: int) -> Population:
        """Draw founders, P = ``size`` individuals, as a run of that seed begins with them."""
        return draw_founders(self._species, seed, size)

    def flatten(self, genes: Mapping[str, ArrayLike]) -> NDArray[np.float64]:
        """Return genes as vectors, shape (P, D).

        Parameters
        ----------
        genes : mapping of str to array_like
            All genes, each of shape (P, ...).

        Raises
        ------
        GenesError
            If they are none of this experiment.
        """
        population = check_genes(genes, self._species)
        parts = [population[name].reshape(population.size, -1)[:, places] for name, places in self._places.items()]
        return np.concatenate(parts, axis=1, dtype=np.float64)

    def unflatten(self, vectors: ArrayLike, masks: Mapping[str, ArrayLike] | None = None) -> Population:
        """Return vectors as genes, numbers rounded to float32.

        ``unflatten(flatten(genes), masks=genes)`` gives the genes back, bit for bit.

        Parameters
        ----------
        vectors : array_like, shape (P, D)
            Within `bounds`; see `clip`.
        masks : mapping of str to array_like, optional
            Wirings of these individuals, each of shape (P, ...); other genes in it are ignored. Not with ``wiring``.

        Raises
        ------
        GenesError
            If the shape is another one, or a value lies outside the bounds or is not finite.
        """
        values = self._check(vectors)
        arrays = {gene.name: self._begin(gene, len(values), masks) for gene in self._genes}
        start = 0
        for name, places in self._places.items():
            columns = values[:, start : start + places.size]
            start += places.size
            array = arrays[name].reshape(len(values), -1)  # a view
            array[:, places] = columns > PRESENT if array.dtype == np.bool_ else columns
        if self.wiring and self._species.transposed:
            arrays["mask_descending"] = self._species.mirror(arrays["mask_ascending"])
        return check_genes(arrays, self._species)

    def _begin(self, gene: Gene, size: int, masks: Mapping[str, ArrayLike] | None) -> NDArray[Any]:
        """Return a gene of ``size`` individuals before entries of vectors are put into it."""
        taken = masks is not None and gene.kind == "mask" and not self.wiring and gene.name in masks
        whole = np.asarray(masks[gene.name]) if masks is not None and taken else self._template[gene.name]
        shape = (size, *gene.shape)
        if whole.shape not in (shape, (1, *gene.shape)):
            raise GenesError(f"masks: {gene.name}: expected the shape {shape}, got {whole.shape}.")
        return np.array(np.broadcast_to(whole, shape))

    def _check(self, vectors: ArrayLike) -> NDArray[np.float64]:
        values = np.asarray(vectors, np.float64)
        if values.ndim != 2 or values.shape[1] != self.size or not len(values):
            raise GenesError(f"Expected vectors of shape (individuals, {self.size}), got {values.shape}.")
        low, high = self.bounds.T
        with np.errstate(over="ignore", invalid="ignore"):  # what becomes infinite is refused
            wrong = ~(np.isfinite(values.astype(np.float32)) & (values >= low) & (values <= high))
        if wrong.any():
            row, column = map(int, np.argwhere(wrong)[0])
            raise GenesError(
                f"{self.entries[column]}: expected a finite number from {low[column]:g} to {high[column]:g}, got"
                f" {values[row, column]:g} in vector {row}. Space.clip moves entries to the nearest bound."
            )
        return values

    def clip(self, vectors: ArrayLike) -> NDArray[np.float64]:
        """Return vectors with every entry moved to the nearest value within `bounds`, shape (P, D)."""
        return np.clip(np.asarray(vectors, np.float64), self.bounds[:, 0], self.bounds[:, 1])

    def _is_flat(self, gene: Gene) -> bool:
        follows = self._species.transposed and gene.name == "mask_descending"
        return gene.kind != "mask" or (self.wiring and not follows)

    def _find_places(self, gene: Gene) -> NDArray[np.int64]:
        """Return which places in a flat array of one individual are entries."""
        if gene.kind == "mask":
            return np.flatnonzero(allowed_synapses(self._species, gene.name))
        return np.arange(math.prod(gene.shape))

    def __repr__(self) -> str:
        counts = {name: places.size for name, places in self._places.items()}
        return f"<space of {self.size} entries: {', '.join(f'{name} {count}' for name, count in counts.items())}>"


def _describe(gene: Gene, flat: int, layout: Layout) -> Entry:
    """Say what a place in the flat array of one individual means."""
    place = tuple(int(index) for index in np.unravel_index(flat, gene.shape)) if gene.shape else ()
    of_neurons = gene.kind != "bits" and place and gene.shape[0] > 1
    if not of_neurons:
        return Entry(gene.name, gene.kind, place)
    sender = place[1] if gene.kind in SYNAPTIC else None
    return Entry(gene.name, gene.kind, place, place[0], sender, int(layout.neuron_level[place[0]]))
