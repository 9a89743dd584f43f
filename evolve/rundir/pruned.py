"""What was removed from a run on purpose: ``pruned.json``, which vouches for records that no checkpoint knows so.

A checkpoint names every part of the records by its checksum. Pruning writes parts with fewer rows in their place, or
removes them; so it first notes, durably, what each of them may be from then on. A kill at any moment leaves parts that
are as they were and parts that are as they were to become, and both are what this file or a checkpoint says.
"""

from collections.abc import Mapping
from math import lcm
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from hetevo.evolve.rundir.errors import DamagedError
from hetevo.evolve.rundir.files import is_there, write_durably
from hetevo.evolve.rundir.manifest import read_sealed, seal
from hetevo.evolve.rundir.schemas import Count, Digest, File, Loose, validate

FILE, SCHEMA = "pruned.json", 1

LIMIT = 64 << 20
"""Bytes beyond which the file is refused unread."""

PartName = Annotated[str, Field(pattern=r"^individuals/part-[0-9]{6,18}\.parquet$")]
Number = Annotated[str, Field(pattern=r"^[0-9]{1,18}$")]


class Pruning(Loose):
    """One time that a run was pruned.

    Parameters
    ----------
    when : str
        In UTC, as ISO 8601.
    by : str
        Which Hetevo.
    checkpoints : list of int
        Generations whose checkpoints were removed.
    individuals : int
        Generations whose individuals were removed.
    bytes : int
        How much smaller the run became.
    """

    when: Annotated[str, Field(max_length=40)]
    by: Annotated[str, Field(max_length=80)]
    checkpoints: list[Count]
    individuals: Count
    bytes: Count


class Pruned(Loose):
    """What was removed from a run.

    Parameters
    ----------
    every : int
        Of the generations up to ``until``, those divisible by it still have all individuals that were recorded; others
        may have none.
    until : int
        See there; -1 if no individuals were removed.
    parts : dict of str to list
        By the path of a part, what it may be besides what a checkpoint says: a `File`, or None for no such file.
    rows : dict of str to list of str
        By the generation of a checkpoint, what `hash_rows` of the last part of individuals may be up to there.
    prunings : list of Pruning
        Each time.
    """

    version: Literal[1] = Field(1, alias="schema")
    every: Annotated[int, Field(ge=1)] = 1
    until: Annotated[int, Field(ge=-1)] = -1
    parts: dict[PartName, list[File | None]] = Field(default_factory=dict)
    rows: dict[Number, list[Digest]] = Field(default_factory=dict)
    prunings: list[Pruning] = Field(default_factory=list)

    def may_lack(self, generation: int) -> bool:
        """Tell whether the individuals of a generation may have been removed."""
        return generation <= self.until and generation % self.every != 0

    def allows(self, name: str, file: File | None) -> bool:
        """Tell whether a part may be so, or, for None, not there."""
        return file in self.parts.get(name, [])

    def without_removed(self, run: Path, records: Mapping[str, File]) -> dict[str, File]:
        """Return those parts that a checkpoint names which were not removed."""
        return {name: file for name, file in records.items() if not self.allows(name, None) or is_there(run / name)}

    def describe(self) -> list[str]:
        """Say what was removed, in one line a time."""
        return [
            f"pruned on {one.when[:10]}: {describe_removal(one.checkpoints, one.individuals)} removed"
            for one in self.prunings
        ]

    def extended(
        self,
        pruning: Pruning,
        every: int,
        until: int,
        parts: Mapping[str, list[File | None]],
        rows: Mapping[int, list[str]],
    ) -> "Pruned":
        """Return what stands here and what is removed now; see there for each."""
        some = bool(parts)
        return Pruned(
            every=lcm(self.every, every) if some else self.every,
            until=max(self.until, until) if some else self.until,
            parts={**self.parts, **parts},
            rows={**self.rows, **{str(generation): hashes for generation, hashes in rows.items()}},
            prunings=[*self.prunings, pruning],
        )


def describe_removal(generations: list[int], individuals: int) -> str:
    """Say which checkpoints and individuals; generations in spans, such as ``3, 5-9``."""
    spans: list[list[int]] = []
    for number in sorted(generations):
        if spans and number == spans[-1][1] + 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    shown = [f"{first}" if first == last else f"{first}-{last}" for first, last in spans]
    listed = ", ".join(shown if len(shown) <= 12 else [*shown[:6], "...", *shown[-6:]])
    named = (
        [f"{len(generations)} checkpoint{'s'[: len(generations) != 1]} (generation {listed})"] if generations else []
    )
    many = f"{individuals:,} generation{'s'[: individuals != 1]}"
    return " and ".join([*named, *([f"the individuals of {many}"] if individuals else [])]) or "nothing"


def read_pruned(run: Path) -> Pruned:
    """Return what was removed from a run.

    Parameters
    ----------
    run : Path
        The run directory.

    Raises
    ------
    DamagedError
        If the file is there, and not what was written.
    StorageError, RunDirectoryError
        If it cannot be read.
    """
    path = run / FILE
    if not is_there(path):
        return Pruned()
    found = validate(read_sealed(path, LIMIT), Pruned, path)
    if not found.prunings:
        raise DamagedError(path, "expected at least one time that the run was pruned. Put a copy in its place.")
    return found


def write_pruned(run: Path, pruned: Pruned) -> None:
    """Write what was or is about to be removed, durably; the caller holds the lock."""
    write_durably(run / FILE, seal(pruned.model_dump(mode="json", by_alias=True)))
