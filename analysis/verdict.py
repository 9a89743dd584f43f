"""What a figure of alignment shows, in two lines of plain words."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd

from hetevo.analysis.conditions import BIRTH_BY_BIRTH, LOT, WITHOUT_LOT, group_by_condition, is_by_lot
from hetevo.analysis.runs import LoadedRun
from hetevo.analysis.statistics.contrasts import contrasts
from hetevo.analysis.statistics.curves import Level, last_level, write_ending
from hetevo.evolve.toml import inline
from hetevo.populations.errors import spell
from hetevo.populations.registry import is_place
from hetevo.populations.text import for_terminal

ALIGNMENT, LOSS, ACCURACY = "alignment_end", "loss_median", "accuracy_median"

RISE = 0.2
"""Smallest rise of the population mean that a single run may call a rise: neutral runs of the default experiment,
whose wide drift is the relevant null, stay below it."""

BIRTH_BAND = 0.08
"""Largest mean alignment at birth, in absolute value, that counts as none."""

MANY = 30
"""Individuals from which on the mean of a single generation, the founders', says where a run began."""

ENOUGH_SEEDS = 10
SEEDS_MISSING = f" Fewer than {ENOUGH_SEEDS} seeds a condition: take it as a first look."

CONTROLS = {"emergence": "neutral"}
"""Presets that differ from another one in nothing but that parents and elites are drawn by lot; and have always."""


def verdict(runs: Sequence[LoadedRun]) -> str:
    """Say what happened, and what may be concluded from it.

    Parameters
    ----------
    runs : sequence of LoadedRun
        One or more runs.

    Returns
    -------
    str
        Two lines.
    """
    return _of_one(runs[0]) if len(runs) == 1 else _of_several(runs)


def _of_one(run: LoadedRun) -> str:
    # nothing to say without values
    values = run.values(ALIGNMENT) if run.probed else pd.Series(dtype=float)
    if not run.probed or run.generations[ALIGNMENT].isna().all():
        return "Alignment was never defined in this run.\nNothing can be concluded: no update, or no measurement."
    if values.isna().all():
        return (
            "In no generation of this run does gradient alignment exist in at least half of the individuals.\n"
            "Nothing can be concluded: a mean over the few others says nothing about the population."
        )
    # nothing to compare with only one generation
    if run.last == 0:
        now = run.generations.iloc[-1]
        course = f"{now['alignment_birth']:+.2f} at birth, {now['alignment_mid']:+.2f} in mid-life"
        return (
            f"Gradient alignment: {course}, {now[ALIGNMENT]:+.2f} at the end of life (a random direction has"
            " 0).\nNothing evolved: this is what living alone does. One run is one seed: compare with a control and"
            " with more seeds."
        )
    if len(run.measured) == 1:
        return (
            f"Gradient alignment at the end of life: {values.dropna().iloc[-1]:+.2f} in generation"
            f" {run.measured['generation'].iloc[-1]}, the only one that was measured (a random direction has 0).\n"
            "No change can be told. Let it go on for more generations, or measure more of them (probe.every)."
        )
    return _of_course(run)


def _of_course(run: LoadedRun) -> str:
    """Compare the end of a run with its beginning."""
    # the end must be known in at least half of its generations
    end, birth = last_level(run, ALIGNMENT), last_level(run, "alignment_birth")
    most = len(end.generations)
    if end.counted < most / 2:
        usable = run.generations.loc[run.values(ALIGNMENT).notna(), "generation"]
        return (
            f"In {most - end.counted} of the last {most} generations ({end.generations[0]} to {end.generations[-1]})"
            " fewer than half of the individuals have a gradient alignment; the last in which more have is"
            f" {usable.iloc[-1]}.\nNothing can be concluded about what the run ended with."
        )
    # from where to where, and what there was at birth already
    begin = _beginning(run, most)
    innate = f"at birth {_signed(birth.value)} by then"
    before = f"{_signed(begin.value)} {' '.join(_when(begin))}" if begin.counted else "undefined before"
    what = (
        f"Gradient alignment at the end of life: {before}, {_signed(end.value)} {' '.join(_when(end))}; {innate}"
        f" (a random direction has 0).{_classified(run)}"
    )
    return f"{what}\n{_meaning(run, end.value - begin.value, birth.value)} One run is one seed: {_next(run)}"


def _beginning(run: LoadedRun, most: int) -> Level:
    """Return the level that a run began with: that of the founders alone, where they are many.

    Selection acts from then on, and alignment may rise within a few generations: a mean over more of them would hide
    that. Few founders are noise, so that there as many generations count as at the end.
    """
    table = run.measured.iloc[:-most].assign(value=run.values(ALIGNMENT)).dropna(subset="value")
    if table.empty:
        return Level.of(run, ALIGNMENT, table["generation"])
    first = table.iloc[0]
    undefined = first.get("undefined_share", 0.0)
    having = run.size * (1.0 if math.isnan(undefined) else 1 - undefined)
    alone = first["generation"] == run.generations["generation"].iloc[0] and having >= MANY
    return Level.of(run, ALIGNMENT, table["generation"].iloc[: 1 if alone else most])


def _when(level: Level) -> tuple[str, ...]:
    """Say of which generations a level is, and over how many of them it is the mean."""
    first, last = level.generations[0], level.generations[-1]
    if first == last:
        return (f"in generation {first}",)
    left = len(level.generations) - level.counted
    few = f"; in {left} more, fewer than half of the individuals have a value" if left else ""
    return f"in generations {first} to {last}", f"(mean of {level.counted}{few})"


def _classified(run: LoadedRun) -> str:
    """Say how many test samples the median individual classified rightly at the end, if that was the task."""
    accuracy = last_level(run, ACCURACY).value if ACCURACY in run.generations else math.nan
    return "" if math.isnan(accuracy) else f" Classified rightly by then: {accuracy:.0%} of the test (median)."


def _signed(value: float) -> str:
    return "undefined" if math.isnan(value) else f"{value:+.2f}"


def _meaning(run: LoadedRun, rise: float, birth: float) -> str:
    # drift and inherited rules first: of them, "rose by selection" would be wrong
    if is_by_lot(run):
        return "Parents are drawn by lot: whatever it did, it drifted."
    if run.single_layer:
        elite = _signed(last_level(run, "alignment_end_elite").value)
        return f"What is inherited is the rule, so that it may follow the gradient from birth on; best tenth {elite}."
    if math.isnan(rise):
        return "Whether it rose cannot be told."
    if rise < RISE:
        return "It did not rise beyond what drift alone may do."
    if abs(birth) > BIRTH_BAND:
        return "It rose, but part of it is there at birth already."
    if run.setting("evolution.algorithm.name") == "novelty":
        return "It rose by a search for novelty, and is learned anew in every life."
    if run.setting("evolution.objectives") not in (None, ["loss"]):
        return "It rose where selection saw several objectives, and is learned anew in every life."
    return "It rose where selection saw the loss alone, and is learned anew in every life."


MODULES = (
    "task.name",
    "network.wiring",
    "network.activation",
    "network.circuit",
    "plasticity.rule",
    "evolution.algorithm.name",
    "evolution.cross.name",
    "evolution.mutate.name",
)
"""Keys that may name a member of somebody's own by its place."""


def _next(run: LoadedRun) -> str:
    """Say what to compare a run with: the same experiment with parents drawn by lot."""
    if is_by_lot(run):
        return "compare with selection and with more seeds."
    control = CONTROLS.get(str(run.setting("preset")))
    if control:
        return f"compare with the preset '{control}' and with more seeds."
    lot = [word for key in ("select", "select_elites") for word in ("-s", f'evolution.{key}={{name="{LOT}"}}')]
    # algorithms that never draw parents have no drift of their own; in others the worst must not leave, either
    algorithm = run.setting("evolution.algorithm")
    algorithm = algorithm if isinstance(algorithm, dict) else {}
    name = str(algorithm.get("name"))
    if name in WITHOUT_LOT or is_place(name):  # nor is it known of one of somebody else's
        lot += ["-s", 'evolution.algorithm={name="generational"}']
    elif name in BIRTH_BY_BIRTH:
        lot += ["-s", f"evolution.algorithm={inline({**algorithm, 'replace': 'oldest'})}"]
    # a module that the file alone names is imported only if somebody says so
    trust = ["--trust"] if any(is_place(str(run.setting(key))) for key in MODULES) else []
    command = spell("run", run.path / "config.toml", *lot, *trust, "-o", Path(f"{run.path}-by-lot"))
    # nothing after the command: it can be copied
    return f"compare with more seeds and with parents drawn by lot: {command}"


def _of_several(runs: Sequence[LoadedRun]) -> str:
    # mean and spread over the seeds of each condition, at the end of each run
    groups = group_by_condition(runs)
    parts, counts, lengths, lasts, sparse = [], [], set(), set(), False
    for name, group in groups.items():
        condition = for_terminal(name)
        levels = [last_level(run, ALIGNMENT) for run in group if run.probed]
        values = pd.Series([level.value for level in levels], dtype=float).dropna()
        lengths |= {len(level.generations) for level in levels}
        lasts |= {run.last for run in group}
        learned = "".join(
            f", {word} {level:.2f}"
            for word, column in (("loss", LOSS), ("accuracy", ACCURACY))
            if not math.isnan(level := _mean_level(group, column))
        )
        sparse |= any(
            level.generations != tuple(run.generations["generation"].iloc[-len(level.generations) :])
            for run, level in zip((run for run in group if run.probed), levels, strict=True)
        )
        if values.empty:
            parts.append(f"{condition} undefined{learned}")
            continue
        counts.append(len(values))
        spread = f" (sd {values.std():.2f})" if len(values) > 1 else ""
        undefined = f" ({len(group) - len(values)} more undefined)" if len(values) < len(group) else ""
        parts.append(f"{condition} {values.mean():+.2f}{spread}{learned}, n = {len(values)}{undefined}")
    # over how many generations, which may differ between short runs and long ones
    few, many = min(lengths, default=1), max(lengths, default=1)
    span = write_ending([run for group in groups.values() for run in group if run.probed])
    when = f"{'over' if many > 1 else 'in'} {span}"
    were = "were" if many > 1 else "was"
    # what the reader must know to judge it
    enough = "" if min(counts, default=0) >= ENOUGH_SEEDS else SEEDS_MISSING
    drifting = [name for name, group in groups.items() if all(map(is_by_lot, group))]
    drift = " and ".join(map(repr, drifting)) or "runs with parents drawn by lot"
    shows = "show" if len(drifting) != 1 else "shows"
    differ = _difference(groups) if few == many and len(lasts) == 1 and not drifting else ""
    measured = f" that {were} measured" if sparse else ""
    # without evolution there is no drift
    what = f"drift is what {drift} {shows}" if max(lasts) > 0 else "nothing evolved: this is what living alone does"
    return (
        f"Gradient alignment {when}{measured}, mean over seeds: {'; '.join(parts)}.\n"
        f"{differ or 'Seeds are the unit of these statistics. '}A random direction has 0;"
        f" {what}.{enough}"
    )


def _mean_level(group: Sequence[LoadedRun], column: str) -> float:
    """Return the mean over runs of a column that is known of all individuals, at the end of each."""
    levels = [last_level(run, column).value for run in group if column in run.generations]
    return float(pd.Series(levels, dtype=float).mean())


def _difference(groups: Mapping[str, Sequence[LoadedRun]]) -> str:
    """Say how much two conditions differ, in alignment and in loss, if they have the same seeds, two or more."""
    if len(groups) != 2:
        return ""
    table = contrasts([run for group in groups.values() for run in group])
    rows = {str(row["measure"]): row for row in table.to_dict("records")}
    said = [
        f"{word} {row['effect']:+.2f} (95 % interval {row['low']:+.2f} to {row['high']:+.2f})"
        for word, row in (("alignment", rows[ALIGNMENT]), ("loss", rows[LOSS]))
        if row["test"] == "paired t" and math.isfinite(row["low"])
    ]
    names = " minus ".join(for_terminal(name) for name in groups)
    return f"{names}, paired by seed: {', '.join(said)}. " if len(said) == 2 else ""
