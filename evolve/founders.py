"""Founders that a user brings, ``genome.founders``: from a file or arrays, and kept with the run."""

import io
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from hetevo.evolve.config import Config, ConfigError, from_mapping
from hetevo.evolve.config.own_data import KEPT_FOUNDERS
from hetevo.evolve.config.plugins import plugins_of
from hetevo.evolve.genes import GenesError, check_genes, pack_genes, read_genes
from hetevo.evolve.rundir import DamagedError, RunDirectory
from hetevo.evolve.rundir.files import is_there, read_bounded
from hetevo.evolve.species import build_species
from hetevo.evolve.toml import inline
from hetevo.populations.circuits import genome
from hetevo.populations.error_neurons import KINDS
from hetevo.populations.errors import nearest
from hetevo.populations.genome import Population
from hetevo.populations.species import Species

MARGIN = 8
"""Times as many synapses that lists may have as those of founders that are drawn."""

HEADERS = 1 << 16
"""Bytes that the copy may have besides the arrays."""

DRAWN_NUMBERS = (
    *("gain_mean", "gain_scale", "decay_log_mean", "decay_log_scale", "term_mean", "term_scale"),
    *(f"{name}_{kind}" for name in ("gain_mean", "gain_scale", "decay_log_mean") for kind in KINDS if kind != KINDS[0]),
)
"""Keys of [genome] that say how numbers of founders are drawn, and those that the mutation ``redraw`` draws anew."""

DRAWN_WIRING = (
    *("network.density_ascending", "network.density_descending", "network.excitatory"),
    *("error_neurons.density_sensing", "error_neurons.density_teaching"),
)
"""Keys that say how wirings and signs of founders are drawn."""

DRAWING_NONE = ("generational", "evolution-strategy", "steady-state", "asynchronous")
"""Algorithms that never look at how founders are drawn: others draw more of them, or measure genes in those units."""


@dataclass(frozen=True)
class Founders:
    """Genes that were brought for the founders of a run.

    Parameters
    ----------
    content : bytes
        Their file, as the run keeps it.
    problem : str
        Why there are none, if so: a run that goes on has its copy, and needs no other.
    """

    content: bytes = b""
    problem: str = ""

    def check(self) -> None:
        """Raise a `GenesError` if there are none."""
        if self.problem:
            raise GenesError(self.problem)

    def population(self, species: Species, size: int) -> Population:
        """Return ``size`` founders: those that were brought, in turn."""
        self.check()
        return repeat_genes(read_genes(io.BytesIO(self.content), species, size, KEPT_FOUNDERS), size)

    def keep(self, directory: RunDirectory) -> None:
        """Write the copy of a new run, durably; the caller holds the lock."""
        directory.keep_data({KEPT_FOUNDERS: self.content})


def bring_founders(config: Config, given: Mapping[str, ArrayLike] | None) -> tuple[Config, Founders | None]:
    """Read the founders that a configuration names, or take those that are given.

    Parameters
    ----------
    config : Config
        Names a file, from the current folder.
    given : mapping of str to array_like or None
        Genes in the place of a file's, of 1 to P individuals.

    Returns
    -------
    Config
        The same, with the file's name alone and the SHA-256 of its genes.
    Founders or None
        None if founders are drawn.

    Raises
    ------
    GenesError
        If what is given are no genes of such individuals; what is wrong with a file, `Founders.check` says.
    """
    file, size = config.genome.founders, config.evolution.size
    if given is None and not file:
        return config, None
    species, problem, genes = build_species(config), "", None
    if given is not None:
        file, genes = KEPT_FOUNDERS, check_genes(given, species, "founders")
        if genes.size > size:
            raise GenesError(f"founders: expected at most evolution.size = {size} individuals, got {genes.size}.")
    else:
        # a run that goes on has a copy, and needs the file no more
        try:
            genes = _read_file(file, species, size)
        except GenesError as error:  # said only if they are needed
            problem = str(error)
    # the hash is that of the genes, not of the file: packing may differ
    content = pack_genes(genes) if genes else b""
    known, found = config.genome.founders_sha256, sha256(content).hexdigest() if genes else ""
    if known and found and given is None and known != found:
        problem, found = (
            (
                f"genome.founders: {file} has other genes than the ones that were named: expected the SHA-256 {known}"
                f" (genome.founders_sha256), got {found}. Put the file back, or leave genome.founders_sha256 out."
            ),
            known,
        )
    # only the name is saved: where the file lay means nothing elsewhere
    changes = [("genome.founders", Path(file).name), ("genome.founders_sha256", found or known)]
    return from_mapping(config.model_dump(), overrides=changes, saved=True), Founders(content, problem)


def _read_file(file: str, species: Species, size: int) -> Population:
    try:
        if not stat.S_ISREG(Path(file).stat().st_mode):
            raise OSError("it is not a plain file")
        with open(file, "rb") as source:
            return read_genes(source, species, size, file)
    except (OSError, ValueError) as error:  # ValueError: a name that no file can have
        reason = getattr(error, "strerror", None) or error
        raise GenesError(f"genome.founders: cannot read {file!r}: {reason}.{_explain_missing(Path(file))}") from None


def _explain_missing(file: Path) -> str:
    there = [path.name for path in file.parent.glob("*.npz")] if file.parent.is_dir() else []
    return f"{nearest(file.name, there)} Give a file that hetevo.save_genes has written, from the current folder."


def check_origin(config: Config, origin: Config, place: str) -> None:
    """Refuse other founders than those of the run in ``place`` that a branch begins with, also to draw them otherwise.

    Raises
    ------
    ConfigError
        If the configuration names others, or has another value of a key that acts only when founders are drawn.
    """
    _check_drawn(config, origin, place)
    # a branch that names no hash means that of its origin
    ours, theirs = (
        (Path(each.genome.founders).name, each.genome.founders_sha256 or origin.genome.founders_sha256)
        for each in (config, origin)
    )
    if ours != theirs:
        raise ConfigError(
            "genome.founders: a branch begins with genes of its origin, so expected"
            f" {origin.genome.founders!r} as there, got {config.genome.founders!r}. Leave the key out, or begin a run"
            " of its own."
        )


def _check_drawn(config: Config, origin: Config, place: str) -> None:
    ours, theirs = config.model_dump(), origin.model_dump()
    # operators of other packages may look at anything
    if config.evolution.algorithm["name"] not in DRAWING_NONE or any(plugins_of(ours)):
        return
    redrawn = config.evolution.mutate["name"] == "redraw"
    keys = [*(() if redrawn else (f"genome.{name}" for name in DRAWN_NUMBERS)), *DRAWN_WIRING]
    if config.network.feedback == "transposed":
        keys.remove("network.density_descending")  # that of the other pathway, whatever it was
    for key in keys:
        table, name = key.split(".")
        expected, got = inline(theirs[table][name]), inline(ours[table][name])
        if got != expected:
            raise ConfigError(
                f"{key}: it acts only when founders are drawn, and a branch begins with individuals of {place}, so"
                f" expected {expected} as there, got {got}. Leave the key out (with a preset or a file:"
                f" -s {key}={expected}), or begin a run of its own."
            )


def keep_copy(origin: RunDirectory, directory: RunDirectory, config: Config) -> None:
    """Give a branch the copy that its origin keeps, if it has one; the caller holds the branch's lock."""
    place = origin.data / KEPT_FOUNDERS
    if config.genome.founders and is_there(place):
        directory.keep_data({KEPT_FOUNDERS: read_bounded(place, _limit(build_species(config), config.evolution.size))})


def read_founders(directory: RunDirectory, config: Config, species: Species) -> Population:
    """Return the founders that a run keeps: P individuals, those of the copy in turn.

    Raises
    ------
    DamagedError
        If the copy is missing, or not what was brought.
    """
    place, size = directory.data / KEPT_FOUNDERS, config.evolution.size
    if not is_there(place):
        raise DamagedError(place, "it is missing. Put a copy of genome.founders in its place.")
    # bounded, since whoever gave the run may have changed it
    content = read_bounded(place, _limit(species, size))
    if sha256(content).hexdigest() != config.genome.founders_sha256:
        raise DamagedError(place, "its content does not fit genome.founders_sha256. Put a copy in its place.")
    return repeat_genes(read_genes(io.BytesIO(content), species, size, str(place)), size)


def repeat_genes(genes: Population, size: int) -> Population:
    """Return ``size`` individuals: those that there are, in turn."""
    return genes.take(np.arange(size) % genes.size)


def _limit(species: Species, size: int) -> int:
    each = sum(gene.nbytes for gene in genome(species))
    # lists of synapses may be longer than those of founders that are drawn
    return size * each * (MARGIN if species.storage == "sparse" else 1) + HEADERS
