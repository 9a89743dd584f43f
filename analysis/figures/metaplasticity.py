"""The figure `metaplasticity`: how neurons answer to one stimulus, against what was taught before."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from matplotlib.ticker import MultipleLocator

from hetevo.analysis.figures.caption import INTERVAL
from hetevo.analysis.figures.frame import Frame, figure
from hetevo.analysis.figures.parts import null_line
from hetevo.analysis.figures.style import TICK, for_figure, look
from hetevo.analysis.runs import LoadedRun
from hetevo.analysis.statistics.curves import over_seeds
from hetevo.populations.errors import SettingError
from hetevo.populations.types import Floats

NAMES = {"heterosynaptic": "V plastic", "fixed-feedback": "V frozen"}


def _relative(runs: Sequence[LoadedRun]) -> pd.DataFrame:
    """Return the median score of each rule, strength and seed, relative to that after the strongest history."""
    groups: dict[tuple[str, int], dict[float, Floats]] = {}
    for run in runs:
        strength = run.number("task.options.strength")
        if run.setting("task.name") != "history" or np.isnan(strength):
            raise SettingError(
                f"{run.path}: this figure needs runs of the task family 'history' with task.options.strength, such as"
                " those of 'hetevo sweep metaplasticity'."
            )
        groups.setdefault((str(run.setting("plasticity.rule")), run.seed), {})[strength] = scores(run)
    rows = []
    for (rule, seed), found in groups.items():
        strongest = found[max(found)]
        if len(found) < 2 or not np.isfinite(strongest).any():
            raise SettingError(
                'This figure compares at least two strengths, recorded with probe.name = "instruments"; got'
                f" {sorted(found)} for the rule {rule!r}, seed {seed}."
            )
        # each neuron's sign is that after the strongest history
        unit = np.nanmedian(np.abs(strongest))
        for strength, values in found.items():
            rows.append((rule, strength, seed, float(np.nanmedian(np.sign(strongest) * values) / unit)))
    return pd.DataFrame(rows, columns=["rule", "strength", "seed", "score"])


@figure(sweep="metaplasticity", usual=_relative)
def metaplasticity(frame: Frame) -> pd.DataFrame:
    """Draw the scores of neurons after histories of different strength, relative to those after the strongest one.

    A value of 1 says that a neuron answers as after the strongest teaching, 0 that it does not learn, a negative one
    that it learns with the opposite sign. For each seed the median over neurons and individuals is taken.
    Beside it stands what a sliding threshold predicts, see `bcm`.

    Returns
    -------
    Plot
        Data: rule, strength, seed, score.

    Raises
    ------
    SettingError
        If they are not runs of the task family ``history`` with at least two strengths, recorded with the probe
        ``instruments``.
    """
    data = _relative(frame.runs)
    axes = frame.one_panel(2.7)
    # a curve a rule: mean and interval at each strength
    for number, (name, group) in enumerate(data.groupby("rule", sort=False)):
        colour, line = look(number, frame.palette)
        summary = over_seeds(group.rename(columns={"strength": "generation"}), "score")
        label = f"{NAMES.get(str(name)) or for_figure(str(name), TICK)} (n = {group['seed'].nunique()} seeds)"
        half = summary["high"] - summary["mean"]
        axes.errorbar(
            summary["generation"], summary["mean"], yerr=half, color=colour, linestyle=line, marker="o",
            markersize=3.5, capsize=2, label=label,
        )  # fmt: skip
    # what a sliding threshold predicts
    past = np.linspace(data["strength"].min(), data["strength"].max(), 101)
    axes.plot(past, bcm(past), color="0.5", linestyle=":", label="BCM, relative to no history")
    null_line(axes, y=0)
    axes.set_xlabel("strength of the history (< 0: opposite teaching)")
    axes.set_ylabel("score φ, relative to that\nafter the strongest history")
    frame.say(f"Points, means over seeds of medians over neurons; bars, {INTERVAL}s over seeds.")
    axes.set_title(f"median over neurons; mean over seeds, {INTERVAL}", loc="right")
    axes.xaxis.set_major_locator(MultipleLocator(0.5))
    frame.legend(columns=2)
    return data


def bcm(strength: Floats) -> Floats:
    """Return what the rule of Bienenstock, Cooper and Munro (1982) predicts instead, relative to no history.

    A synapse changes by ``y (y - theta)``; the threshold slides to the mean square of past activity, which a history of
    strength s drives to ``s^2`` times that of the stimulus: ``1 - s^2``, the same for either sign.

    >>> bcm(np.array([-1.0, 0.0, 0.5])).tolist()
    [0.0, 1.0, 0.75]
    """
    return np.asarray(1 - strength**2)


def scores(run: LoadedRun) -> Floats:
    """Return the scores phi of all hidden neurons of all individuals, at the end of the last generation's lives."""
    table = run.individuals_in([run.last])
    columns = [name for name in table if str(name).startswith("phi_neuron_")]
    values = table[columns].to_numpy(float)
    return values if values.size else np.full((1, 1), np.nan)
