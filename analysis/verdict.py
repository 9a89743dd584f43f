"""What a figure of alignment shows, in two lines of plain words."""

from collections.abc import Sequence

import pandas as pd

from analysis.loading import LoadedRun

RISE = 0.2
"""Smallest rise of the population mean that a single run may call a rise: neutral runs of the default experiment,
whose wide drift is the relevant null, stay below it."""

BIRTH_BAND = 0.08
"""Largest mean alignment at birth, in absolute value, that counts as none."""


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
    table = run.generations.dropna(subset=["alignment_end"]) if run.probed else run.generations.iloc[:0]
    if table.empty:
        return "Alignment was never defined in this run.\nNothing can be concluded: no update, or no measurement."
    first, last = table.iloc[0], table.iloc[-1]
    if run.last == 0:
        course = f"{last['alignment_birth']:+.2f} at birth, {last['alignment_mid']:+.2f} in mid-life"
        return (
            f"Gradient alignment: {course}, {last['alignment_end']:+.2f} at the end of life (a random direction has"
            " 0).\nNothing evolved: this is what living alone does. One run is one seed: compare with a control and"
            " with more seeds."
        )
    if first["generation"] == last["generation"]:
        return (
            f"Gradient alignment at the end of life: {last['alignment_end']:+.2f} in generation"
            f" {last['generation']:.0f}, the only one that was measured (a random direction has 0).\nNo change can be"
            f" told. Let it go on for more generations, or measure more of them (probe.every)."
        )
    birth = run.generations["alignment_birth"].abs().max()
    what = (
        f"Gradient alignment at the end of life: {first['alignment_end']:+.2f} in generation {first['generation']:.0f},"
        f" {last['alignment_end']:+.2f} in generation {last['generation']:.0f};"
        f" at birth never beyond ±{birth:.2f} (a random direction has 0)."
    )
    rise = last["alignment_end"] - first["alignment_end"]
    if run.single_layer:
        elite = last.get("alignment_end_elite", float("nan"))
        meaning = (
            f"What is inherited is the rule, so that it may follow the gradient from birth on; best tenth {elite:+.2f}."
        )
    elif rise >= RISE and birth <= BIRTH_BAND:
        meaning = "It rose by selection on loss alone and is learned anew in every life."
    elif rise >= RISE:
        meaning = "It rose, but part of it is there at birth already."
    else:
        meaning = "It did not rise beyond what drift alone may do."
    control = "the preset 'neutral'" if run.config.get("preset") == "emergence" else "parents drawn by lot (selRandom)"
    return f"{what}\n{meaning} One run is one seed: compare with {control} and with more seeds."


def _of_several(runs: Sequence[LoadedRun]) -> str:
    ends = pd.DataFrame(
        {
            "condition": [run.condition for run in runs],
            "alignment": [run.measured["alignment_end"].iloc[-1] if run.probed else float("nan") for run in runs],
        }
    )
    parts = []
    for condition, values in ends.groupby("condition", sort=False)["alignment"]:
        if not values.count():
            parts.append(f"{condition} undefined")
            continue
        spread = f" (sd {values.std():.2f})" if values.count() > 1 else ""
        parts.append(f"{condition} {values.mean():+.2f}{spread}, n = {values.count()}")
    counts = ends.groupby("condition")["alignment"].count()
    enough = "" if counts[counts > 0].min() >= 10 else " Fewer than 10 seeds a condition: take it as a first look."
    sparse = any(len(run.measured) and run.measured["generation"].iloc[-1] < run.last for run in runs if run.probed)
    when = "in the last generation that was measured" if sparse else "in the last generation"
    return (
        f"Gradient alignment {when}, mean over seeds: {'; '.join(parts)}.\n"
        f"Seeds are the unit of these statistics; a random direction has 0, drift is what 'neutral' shows.{enough}"
    )
