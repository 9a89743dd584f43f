"""Genes that come from outside: checked, written to a file and read from one; never a pickle."""

import io
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hetevo.evolve.rundir.checkpoint import ANY, Expected, write_arrays
from hetevo.populations.circuits import allowed_synapses, genome
from hetevo.populations.errors import SettingError, nearest
from hetevo.populations.genome import Gene, Population
from hetevo.populations.species import Species
from hetevo.populations.synapses import COUNTS, as_lists, find_fault, mirror, unpack
from hetevo.populations.types import Lists

HEADER = 4096
"""Bytes that the header of an array in a file may take."""


class GenesError(SettingError):
    """Genes are not those of the individuals of an experiment; the message says which, and what was expected."""


def save_genes(path: str | Path, genes: Mapping[str, ArrayLike]) -> Path:
    """Write genes into a file that ``genome.founders`` can name.

    Parameters
    ----------
    path : str or Path
        Where; a file that is there is replaced.
    genes : mapping of str to array_like
        Each of shape (P, ...), as a `hetevo.LivedGeneration` or `hetevo.Space.founders` has them.

    Returns
    -------
    Path
        The same.

    Raises
    ------
    GenesError
        If the path does not end in ``.npz``, or the file cannot be written.
    """
    path = Path(path)
    # numpy would add the ending, and the file be another one than was named
    if path.suffix != ".npz":
        raise GenesError(f"Expected the name of a file that ends in .npz, got {path}.")
    content = pack_genes(Population({name: np.asarray(values) for name, values in genes.items()}))
    try:
        path.write_bytes(content)
    except OSError as error:
        raise GenesError(f"Cannot write {path}: {error.strerror or error}.") from None
    return path


def pack_genes(genes: Population) -> bytes:
    """Return genes as the bytes of an ``.npz`` file: the same genes give the same bytes."""
    sink = io.BytesIO()
    write_arrays(sink, genes.plain())
    return sink.getvalue()


def read_genes(source: BinaryIO, species: Species, most: int, name: str) -> Population:
    """Read genes from an ``.npz`` file, which takes no more memory than those of ``most`` individuals.

    Parameters
    ----------
    source : binary file
        Where they are read from.
    species : Species
        Names the genes.
    most : int
        Individuals that there may be.
    name : str
        What to call the file in messages.

    Raises
    ------
    GenesError
        If it does not hold the genes of 1 to ``most`` such individuals.
    """
    # names first, then array by array, each checked before it is read
    own = {gene.name: gene for gene in genome(species)}
    try:
        with zipfile.ZipFile(source) as archive:
            members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
            _check_names(members, expected_genes(species, most), name)
            arrays = {
                gene: _read_array(archive, members[gene], own[gene.removesuffix(COUNTS)], most, name)
                for gene in members
            }
            arrays = dict(restore_genes(arrays))
    except (GenesError, MemoryError):
        raise
    except Exception as error:  # whatever a parser can stumble over in bytes that somebody calls genes
        raise GenesError(
            f"{name} is not a file of genes, an .npz as hetevo.save_genes writes it ({type(error).__name__}: {error})."
        ) from None
    return check_genes(arrays, species, name)


def _read_array(archive: zipfile.ZipFile, info: zipfile.ZipInfo, gene: Gene, most: int, name: str) -> NDArray[Any]:
    with archive.open(info) as member:
        # what the header says decides whether anything is read
        version = np.lib.format.read_magic(member)
        read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}[version]
        shape, _, dtype = read(member, max_header_size=HEADER)
        if gene.matrix:
            _check_list_array(shape, dtype, info)
        else:
            _check_array(shape, dtype, gene, name)
        counted = not gene.matrix or info.filename.removesuffix(".npy").endswith(COUNTS)
        if counted and shape[0] > most:
            raise GenesError(
                f"{name}: expected the genes of at most {most} individuals (evolution.size), got {shape[0]}."
                " Give fewer: they are repeated in turn until there are enough."
            )
    with archive.open(info) as member:
        return np.asarray(np.lib.format.read_array(member, allow_pickle=False, max_header_size=HEADER))


def check_genes(genes: Mapping[str, ArrayLike], species: Species, name: str = "genes") -> Population:
    """Return genes as a population, if they are those of individuals of a species; a copy.

    Parameters
    ----------
    genes : mapping of str to array_like
        All genes, each of shape (P, ...): numbers, and truth values for masks and bits.
    species : Species
        What the individuals have in common.
    name : str, optional
        What to call them in messages.

    Raises
    ------
    GenesError
        If a name, a shape, a dtype or a value is none of the species'.
    """
    own = {gene.name: gene for gene in genome(species)}
    _check_names(genes, own, name)
    arrays: dict[str, NDArray[Any]] = {}
    for gene in own.values():
        if gene.matrix:
            arrays[gene.name] = _take_lists(genes[gene.name], gene, species, name)
            continue
        given = np.asarray(genes[gene.name])
        _check_array(given.shape, given.dtype, gene, name)
        with np.errstate(over="ignore"):  # what becomes infinite is refused
            arrays[gene.name] = np.array(given, gene.dtype, order="C")
        _check_values(arrays[gene.name], gene, species, name)
    # then how the genes fit together
    sizes = {gene: len(values) for gene, values in arrays.items()}
    if len(set(sizes.values())) > 1:
        raise GenesError(f"{name}: expected as many individuals in every gene, got {sizes}.")
    if species.transposed and "mask_ascending" in arrays and not _is_mirrored(arrays, species):
        raise GenesError(
            f'{name}: with network.feedback = "transposed" expected mask_descending to be the transpose of the hidden'
            " part of mask_ascending, got another one."
        )
    return Population(arrays)


def _is_mirrored(arrays: Mapping[str, NDArray[Any]], species: Species) -> bool:
    up, down = arrays["mask_ascending"], arrays["mask_descending"]
    if up.dtype != np.object_:
        return np.array_equal(down, species.mirror(up))
    return all(np.array_equal(mirror(species.layout, own)[0], other) for own, other in zip(up, down, strict=True))


def _take_lists(given: Any, gene: Gene, species: Species, name: str) -> Lists:
    """Copy lists of synapses that come from outside, if they are those of such individuals."""
    try:
        # what was given stays writable
        lists = as_lists(np.array(own) for own in given)
        check_lists(lists, gene, species)
    except (ValueError, TypeError) as error:
        raise GenesError(
            f"{name}: {error}. Expected a list of synapses for each individual: positions row * columns"
            " + column, int64."
        ) from None
    return lists


def check_lists(lists: Lists, gene: Gene, species: Species) -> None:
    """Check that lists of synapses are some, at places that the wiring family allows.

    Raises
    ------
    ValueError
        Saying what is wrong with the first that is none.
    """
    assert gene.matrix is not None
    down = gene.name == "mask_descending"
    for row, positions in enumerate(lists):
        if fault := find_fault(positions, gene.matrix):
            raise ValueError(f"{gene.name}[{row}]: {fault}")
        # what is transposed is allowed where its ascending wiring is
        if not (down and species.transposed) and not species.places[down].holds(positions).all():
            raise ValueError(f"{gene.name}[{row}]: it has synapses where the wiring family allows none")


def _check_list_array(shape: tuple[int, ...], dtype: np.dtype[Any], info: zipfile.ZipInfo) -> None:
    # stored, so that it takes no more memory than the file has
    if len(shape) != 1 or dtype != np.int64 or info.compress_type != zipfile.ZIP_STORED:
        raise ValueError(f"{info.filename} is no list of synapses, as hetevo.save_genes writes it")


def _check_names(given: Iterable[str], own: Mapping[str, Any], name: str) -> None:
    there = list(given)
    unknown, missing = [gene for gene in there if gene not in own], [gene for gene in own if gene not in there]
    if unknown or missing:
        what = [f"no {', '.join(missing)}"] if missing else []
        what += [f"{unknown[0]!r}, which is none of them.{nearest(unknown[0], own)}"] if unknown else []
        raise GenesError(f"{name}: expected the genes {', '.join(own)}, got {' and '.join(what).rstrip('.')}.")


def _check_array(shape: tuple[int, ...], dtype: np.dtype[Any], gene: Gene, name: str) -> None:
    wanted = "b" if gene.dtype is np.bool_ else "fiu"
    if dtype.kind not in wanted:
        what = "truth values (bool)" if wanted == "b" else "numbers (float32)"
        raise GenesError(f"{name}: {gene.name}: expected {what}, got {dtype}.")
    if not shape or shape[1:] != gene.shape or not shape[0]:
        expected = ", ".join(["individuals", *map(str, gene.shape)])
        raise GenesError(
            f"{name}: {gene.name}: expected the shape ({expected}), got {shape}. Genes come from the same sizes in"
            " [task] and [network], and the same plasticity rule."
        )


def _check_values(values: NDArray[Any], gene: Gene, species: Species, name: str) -> None:
    low, high = value_bounds(gene, species)
    if gene.dtype is not np.bool_:
        wrong = ~((values >= low) & (values <= high) & np.isfinite(values))
        what = "numbers of 0 or more" if (low[wrong.any(axis=0)] == 0).any() else "finite numbers"
    elif gene.kind == "mask":
        wrong = values & ~allowed_synapses(species, gene.name)
        what = "synapses only where the wiring family allows them"
    else:
        return  # bits and signs may be anything
    if wrong.any():
        place = tuple(int(index) for index in np.argwhere(wrong)[0])
        raise GenesError(f"{name}: {gene.name}: expected {what}, got {values[place]} at {list(place)}.")


def value_bounds(gene: Gene, species: Species) -> tuple[NDArray[np.float64], float]:
    """Return the least value at each place of a gene, in its shape, and the largest one anywhere."""
    if gene.dtype is np.bool_:
        return np.broadcast_to(0.0, gene.shape), 1.0
    low = np.full(gene.shape, 0.0 if gene.kind == "decay" else -np.inf)
    if gene.name == "gains_ascending" and species.genome.output_gains == "positive":
        low[-species.layout.outputs :] = 0
    return low, np.inf


def expected_genes(species: Species, size: int) -> Expected:
    """Return shape and dtype of a population's genes as plain arrays (`Population.plain`); lists have any length."""
    expected: dict[str, tuple[tuple[int, ...], np.dtype[Any]]] = {}
    for gene in genome(species):
        if gene.matrix:
            expected[gene.name] = (ANY, np.dtype(np.int64))
            expected[f"{gene.name}{COUNTS}"] = ((size,), np.dtype(np.int64))
        else:
            expected[gene.name] = ((size, *gene.shape), np.dtype(gene.dtype))
    return expected


def restore_genes(arrays: Mapping[str, NDArray[Any]], species: Species | None = None) -> Population:
    """Return the population whose genes were saved as plain arrays.

    Parameters
    ----------
    arrays : mapping of str to ndarray
        By the name of the gene.
    species : Species, optional
        What the individuals have in common: lists of synapses are checked by it.

    Raises
    ------
    ValueError
        If lists of synapses are none.
    """
    genes: dict[str, NDArray[Any]] = {}
    for name, array in arrays.items():
        if name.removesuffix(COUNTS) in arrays and name.endswith(COUNTS):
            continue
        counts = arrays.get(f"{name}{COUNTS}")
        genes[name] = array if counts is None else unpack(array, counts)
    for gene in genome(species) if species else ():
        if gene.matrix and species:
            check_lists(genes[gene.name], gene, species)
    return Population(genes)
