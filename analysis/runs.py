"""Runs: directories in, tidy frames out."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import lcm
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import pandas as pd

from hetevo.analysis.tables import at_stage, read_frame, with_columns
from hetevo.evolve.identity import value_of
from hetevo.evolve.rundir import RunDirectory, RunDirectoryError
from hetevo.evolve.rundir.parts import first_generation
from hetevo.evolve.rundir.places import Place
from hetevo.populations.extras import load_extra
from hetevo.populations.text import for_terminal

if TYPE_CHECKING:  # loaded when an individual is asked for
    from hetevo.analysis.individuals import Assessment, Individual, Trace

Value: TypeAlias = "bool | int | float | str | list[Value] | dict[str, Value] | None"
"""What a configuration may hold."""

MOST_UNDEFINED = 0.5
"""Share of the individuals that may have no alignment in a generation whose mean counts."""

_STAGES = ("_birth", "_mid", "_end")
_OF_ALIGNMENT = ("alignment_birth", "alignment_mid", "alignment_end_elite", "undefined_share")
_OF_LIVES = (*_STAGES, "_elite")


@dataclass(frozen=True, repr=False)
class LoadedRun:
    """A run, read from its directory.

    Parameters
    ----------
    path : Path
        The run directory.
    config : dict
        Its configuration, as nested dictionaries.
    generations : pandas.DataFrame
        One row a generation; undefined is NaN.
    label : str
        Its condition in a sweep, or what `load_all` calls runs of its configuration.
    stage : str
        ``"birth"``: a control that looks at the same lives before any plasticity. Columns that end with ``_end`` hold
        what was measured at birth then, and NaN where nothing was. Others: see `hetevo.analysis.tables.at_stage`.
    shown_as : str
        What figures call its condition, if its sweep says so.
    """

    path: Path
    config: "dict[str, Value]"
    generations: pd.DataFrame
    label: str = ""
    stage: str = "end"
    shown_as: str = ""

    def __repr__(self) -> str:
        """Say in one line what was run, how far, and how it went."""
        last = self.generations.iloc[-1]
        measured = self.values("alignment_end").dropna()
        reached = f"; alignment {measured.iloc[-1]:.3g}" if len(measured) else ""
        return (
            f"<Run {for_terminal(str(self.path))}: {for_terminal(self.condition)}, seed {self.seed}; generation"
            f" {self.last} of {self.planned}, {self.size} individuals; best loss {last['loss_best']:.3g}{reached}>"
        )

    def setting(self, key: str) -> "Value":
        """Return what its configuration has under a dotted key, such as ``"probe.every"``; None if it has nothing."""
        value: Value = value_of(self.config, key)
        return value

    def number(self, key: str, default: float = float("nan")) -> float:
        """Return the number that its configuration has under a dotted key, or the default."""
        value = self.setting(key)
        return float(value) if isinstance(value, int | float) else default

    @property
    def condition(self) -> str:
        """What to call runs of its kind: the label, else the preset with its changes, or the directory without seed."""
        if named := self.label or self.setting("preset"):
            return str(named)
        # without the seed, which is no part of a condition
        return self.path.resolve().name.removesuffix(f"-seed{self.seed}")

    @property
    def preset(self) -> str:
        """The preset that it was made from, without what was changed; empty if there is none."""
        return str(self.setting("preset") or "").partition(",")[0]

    @property
    def seed(self) -> int:
        """Seed of the run."""
        seed = self.setting("seed")
        return seed if isinstance(seed, int) else 0

    @property
    def size(self) -> int:
        """Individuals in the population."""
        return int(self.generations["evaluations"].iloc[-1])

    @property
    def last(self) -> int:
        """Last generation recorded."""
        return int(self.generations["generation"].iloc[-1])

    @property
    def planned(self) -> int:
        """Last generation that it is to have; the one it has if its configuration does not say."""
        return int(self.number("evolution.generations", self.last))

    @property
    def probed(self) -> bool:
        """Whether alignment was measured; it may be undefined wherever it was."""
        return "alignment_end" in self.generations

    @property
    def single_layer(self) -> bool:
        """Whether its networks have no hidden neurons, because what they inherit is the learning rule itself."""
        return self.setting("network.levels") == []

    @property
    def measured(self) -> pd.DataFrame:
        """Those of its generations at which the probe looked: in the others every measure is missing."""
        return self.generations[self.generations["generation"] % (self.probe_every or 1) == 0]

    @property
    def levels(self) -> list[int]:
        """Neurons in each hidden level, lowest first."""
        levels = self.setting("network.levels")
        return [level for level in levels if isinstance(level, int)] if isinstance(levels, list) else []

    @property
    def probe_every(self) -> int:
        """Generations from one look of the probe to the next; 0 if it never looks."""
        return int(self.number("probe.every", 1))

    @property
    def individuals_every(self) -> int:
        """Generations from one whose individuals were kept to the next, also by `hetevo prune`; 0 if none were."""
        return lcm(int(self.number("records.individuals_every", 1)), self.pruned_every)

    @cached_property
    def pruned_every(self) -> int:
        """Generations from one whose individuals `hetevo prune` left to the next; 1 if it removed none."""
        return RunDirectory(self.path).pruned().every

    @property
    def probe_share(self) -> float:
        """Share of the individuals that were measured."""
        return self.number("probe.share", 1.0)

    @property
    def individuals_share(self) -> float:
        """Share of the individuals that were kept, where any were."""
        return self.number("records.share", 1.0)

    def values(self, column: str) -> "pd.Series[float]":
        """Return a column of the table of generations without means over too few.

        NaN where it is undefined or was not recorded, and, for measures of lives, in generations in which fewer than
        half of the individuals have an alignment: a mean over the few others says nothing about the population.
        """
        table = self.generations
        if column not in table:
            return pd.Series(float("nan"), index=table.index)
        values = pd.to_numeric(table[column]).astype(float)
        # a mean over the few individuals that have one would say little
        if "undefined_share" not in table or not column.endswith(_OF_LIVES):
            return values
        return values.mask(table["undefined_share"] > MOST_UNDEFINED)

    @cached_property
    def individuals(self) -> pd.DataFrame:
        """One row an individual and generation; empty if none were kept. Read on first use."""
        return self._of_individuals(RunDirectory(self.path).individuals.files())

    @property
    def has_individuals(self) -> bool:
        """Whether there are records of individuals, of any generation."""
        return bool(RunDirectory(self.path).individuals.files())

    def _of_individuals(self, files: Sequence[Path]) -> pd.DataFrame:
        """Read individuals; what was measured of the generations but not of them is undefined."""
        table = read_frame(files)
        # columns of an old version may be missing
        means = [str(name) for name in self.generations if str(name).endswith(_STAGES)]
        if len(table):
            table = with_columns(table, [name for name in means if not name.startswith("heldout_")])
        return at_stage(table, self.stage)

    def individuals_in(self, generations: Collection[int]) -> pd.DataFrame:
        """Read the individuals of a few generations, and only the files that hold them; empty if none were kept."""
        files = RunDirectory(self.path).individuals.files()
        # each file ends where the next one begins
        ends = [*(first_generation(file) for file in files[1:]), self.last + 1]
        needed = [
            file
            for file, end in zip(files, ends, strict=bool(files))
            if any(first_generation(file) <= one < end for one in generations)
        ]
        # with no such file, an empty table that has the columns
        table = self._of_individuals(needed or files[:1])
        return table[table["generation"].isin(generations)].reset_index(drop=True) if len(table) else table

    def champion(self, *, trust: bool = False) -> "Individual":
        """Return the individual with the lowest loss in the newest generation that was kept; see `individual`."""
        return self.individual(None, trust=trust)

    def individual(self, identifier: int | None, *, trust: bool = False) -> "Individual":
        """Let an individual live again; see `hetevo.analysis.individuals.load_individual`."""
        from hetevo.analysis.individuals import load_individual

        return load_individual(self.path, identifier, trust=trust)

    def trace(self, identifier: int | None = None, *, every: int | None = None, trust: bool = False) -> "Trace":
        """Look at an individual through its life; see `hetevo.analysis.individuals.trace`."""
        from hetevo.analysis.individuals import trace

        return trace(self.path, identifier, every=every, trust=trust)

    def assess(
        self,
        identifier: int | None = None,
        *,
        lives: int = 200,
        changes: Sequence[str] = (),
        control: "str | Path | LoadedRun | None" = None,
        trust: bool = False,
    ) -> "Assessment":
        """Let an individual live in fresh lives; see `hetevo.analysis.individuals.assess`."""
        from hetevo.analysis.individuals import assess

        return assess(self.path, identifier, lives=lives, changes=changes, control=control, trust=trust)

    def to_xarray(self) -> Any:
        """Return its generations as an `xarray.Dataset` (extra ``xarray``) with the dimension generation."""
        xarray = load_extra("xarray", "xarray", "to_xarray()")
        facts = {"condition": self.condition, "seed": self.seed, "run": str(self.path)}
        return xarray.Dataset.from_dataframe(self.generations.set_index("generation")).assign_attrs(facts)


def load_run(path: str | Path) -> LoadedRun:
    """Read a run directory, finished or not.

    Parameters
    ----------
    path : str or Path
        The run directory.

    Raises
    ------
    RunDirectoryError
        If it is not one, or nothing has been recorded in it yet.
    DamagedError
        If a record is not what was written.

    Examples
    --------
    >>> import hetevo
    >>> path = hetevo.Experiment(hetevo.preset("smoke", seed=7)).run("runs/seven").path
    >>> run = load_run(path)
    >>> run.preset, run.seed, run.last
    ('smoke', 7, 3)
    >>> list(run.generations[["generation", "loss_best"]].columns)
    ['generation', 'loss_best']
    >>> run.number("network.density_ascending"), len(run.values("alignment_end")), list(run.individuals.columns[:2])
    (0.6, 4, ['generation', 'id'])
    """
    directory = RunDirectory.open(path)
    # a run that has just begun has a directory and no rows
    files = directory.generations.files()
    if not files:
        raise RunDirectoryError(
            f"{path} holds no records yet. Wait for its first checkpoint, or look at its events.jsonl."
        )
    generations = read_frame(files)
    if "alignment_end" in generations:  # a probe need not measure all that belongs to it
        generations = with_columns(generations, _OF_ALIGNMENT)
    return LoadedRun(path if isinstance(path, Place) else Path(path), directory.config(), generations)


def tidy(runs: Sequence[LoadedRun]) -> pd.DataFrame:
    """Put the generations of several runs under each other, with ``condition``, ``seed`` and ``run`` in front."""
    frames = []
    for run in runs:
        frame = run.generations.copy()
        for column, value in (("run", str(run.path)), ("seed", run.seed), ("condition", run.condition)):
            frame.insert(0, column, value)
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)
