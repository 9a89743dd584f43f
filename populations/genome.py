"""The genome: which arrays are inherited, and a population as a struct of them."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from hetevo.populations.rules import Pathway
from hetevo.populations.synapses import pack
from hetevo.populations.types import Floats, Indices, Mask

Kind = Literal["gain", "decay", "mask", "innate", "bits", "sign"]

FORMULA = "formula"
"""Name of the gene that holds an inherited learning rule."""

SIGNS = "signs"
"""Name of the gene that says which neurons excite, see `hetevo.populations.dale`."""


@dataclass(frozen=True)
class Gene:
    """One block of the genome.

    Parameters
    ----------
    name : str
        Name of the array, e.g. ``"gains_ascending"``.
    kind : str
        ``"gain"`` (signed), ``"decay"`` (positive), ``"mask"`` (boolean), ``"innate"`` (standard normal, scaled by
        fan-in at birth), ``"bits"`` (boolean, read by a formula) or ``"sign"`` (boolean: whether a neuron excites). The
        kind decides how variation treats the block.
    shape : tuple of int
        Shape for one individual.
    scale : float
        Standard deviation of a gain among founders.
    matrix : tuple of int or None
        Rows and columns of the matrix whose places are listed (`hetevo.populations.synapses`), where wirings are lists
        of synapses: then the gene of an individual is an object, its list, and the shape is (). None: no lists.
    expected : int
        Synapses that a list of a founder has, about.
    """

    name: str
    kind: Kind
    shape: tuple[int, ...]
    scale: float = 1.0
    matrix: tuple[int, int] | None = None
    expected: int = 0

    @property
    def nbytes(self) -> int:
        """Bytes that the gene of one individual takes, about."""
        own = math.prod(self.shape) * np.dtype(self.dtype).itemsize
        return own + self.expected * np.dtype(np.int64).itemsize

    @property
    def dtype(self) -> type[np.generic]:
        """Boolean for masks, bits and signs, float32 for the rest; object for lists of synapses."""
        if self.matrix:
            return np.object_
        return np.bool_ if self.kind in ("mask", "bits", "sign") else np.float32


def term_gene(pathway: Pathway, term: str) -> str:
    """Return the name of the gene that holds the coefficient of a term of a rule."""
    return f"gains_{pathway}" if term == "heterosynaptic" else f"{term}_{pathway}"


class Population(Mapping[str, NDArray[Any]]):
    """A struct of arrays, one for each gene, with the individual on axis 0.

    Parameters
    ----------
    arrays : mapping of str to ndarray
        Arrays of shape (P, ...), the shape of the gene after the individual.

    Examples
    --------
    >>> genes = Population({"gains_ascending": np.array([[0.5, -1.0], [0.1, 0.2], [0.0, 0.3]])})
    >>> genes.size, genes.take(np.array([2, 0])).gains_ascending.tolist()
    (3, [[0.0, 0.3], [0.5, -1.0]])
    """

    def __init__(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        self._arrays = dict(arrays)
        self.size = len(next(iter(self._arrays.values())))

    def __getitem__(self, name: str) -> NDArray[Any]:
        return self._arrays[name]

    def __iter__(self) -> Any:
        return iter(self._arrays)

    def __len__(self) -> int:
        return len(self._arrays)

    @property
    def nbytes(self) -> int:
        """Bytes that the genes take."""
        return sum(_count_bytes(array) for array in self._arrays.values())

    @property
    def synapses(self) -> Indices:
        """Synapses of each individual, of all kinds together, shape (P,)."""
        masks = [array for name, array in self._arrays.items() if name.startswith("mask_")]
        return np.asarray(np.sum([_count(mask) for mask in masks], axis=0))

    def plain(self) -> dict[str, NDArray[Any]]:
        """Return the genes as plain arrays: lists of synapses one after another, and how long each is (`pack`)."""
        plain: dict[str, NDArray[Any]] = {}
        for name, array in self._arrays.items():
            plain |= pack(name, array) if array.dtype == np.object_ else {name: array}
        return plain

    @property
    def gains_ascending(self) -> Floats:
        """Signed plasticity gains ``gA``, shape (P, H + O), or (P, 1) if they are shared."""
        return self._arrays["gains_ascending"]

    @property
    def gains_descending(self) -> Floats:
        """Signed plasticity gains ``gB``, shape (P, H), or (P, 1) if they are shared."""
        return self._arrays["gains_descending"]

    @property
    def mask_ascending(self) -> Mask:
        """Ascending wiring ``A``, shape (P, H + O, I + H); in sparse storage P lists of synapses."""
        return self._arrays["mask_ascending"]

    @property
    def mask_descending(self) -> Mask:
        """Descending wiring ``B``, shape (P, H, H + O); in sparse storage P lists of synapses."""
        return self._arrays["mask_descending"]

    def take(self, chosen: Indices | slice) -> "Population":
        """Return the individuals at some positions; a copy, unless ``chosen`` is a slice."""
        # all genes at once, so that an individual stays one
        if isinstance(chosen, slice):
            return Population({name: array[chosen] for name, array in self._arrays.items()})
        # faster than by index, which looks at each number
        return Population({name: np.take(array, chosen, axis=0) for name, array in self._arrays.items()})

    def lend(self) -> "Population":
        """Return the same genes, not copied, in arrays that cannot be written to."""
        views = {name: array.view() for name, array in self._arrays.items()}
        for view in views.values():
            view.flags.writeable = False
        return Population(views)

    @staticmethod
    def join(parts: Iterable["Population"]) -> "Population":
        """Concatenate populations of one species."""
        whole = list(parts)
        return Population({name: np.concatenate([part[name] for part in whole]) for name in whole[0]})


def _count(masks: NDArray[Any]) -> Indices:
    if masks.dtype == np.object_:
        return np.array([len(positions) for positions in masks], np.int64)
    return np.asarray(masks.sum(axis=(1, 2)))


def _count_bytes(array: NDArray[Any]) -> int:
    return sum(own.nbytes for own in array) if array.dtype == np.object_ else array.nbytes
