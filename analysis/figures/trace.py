"""The figure `trace`: one life, moment by moment."""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from hetevo.analysis.figures.design import Design
from hetevo.analysis.figures.frame import Frame, blank
from hetevo.analysis.figures.parts import CUT, PROBED, null_line, say_undefined
from hetevo.analysis.figures.plot import Plot
from hetevo.analysis.figures.style import Colour
from hetevo.analysis.individuals import Trace
from hetevo.populations.types import Floats

SHOWN = (PROBED, "alignment", "weight_alignment")
"""Measures that are drawn, each in a panel, where the trace has them."""

LABELS = {
    "probe_loss": "loss\n(probe batch)",
    "alignment": "alignment\n(cosine)",
    "weight_alignment": "$V$ with $W^T$\n(cosine)",
}


SAYS = {
    "probe_loss": "Loss on the probe batch over that of a network that always answers 0.",
    "alignment": "Cosine of the change of weights with the negative gradient; dashed, that of chance.",
    "weight_alignment": "Cosine of V with the transpose of W; dashed, that of chance.",
}


def trace(lived: Trace, *, width: str | float | None = None, columns: int | None = None, title: str = "") -> Plot:
    """Draw loss, alignment, how near V is to the transpose of W, and the size of weights through a life.

    Thin lines are its tasks, each lived separately; thick ones their means.

    Parameters
    ----------
    lived : Trace
        Of `hetevo.analysis.runs.LoadedRun.trace`.
    width, columns, title : optional
        How it is to look, see `hetevo.analysis.figures.Design`.

    Returns
    -------
    Plot
        Data: presented, task, the measures drawn, and the root mean squares of both pathways' weights, one row a moment
        and task.

    Raises
    ------
    SettingError
        If it cannot look so.
    """
    # what was measured in this life, in the order of the panels
    measures = {name: lived.measures[name] for name in SHOWN if name in lived.measures}
    # losses end where test losses do, so that one that diverges does not hide how the others fall
    whole = measures.get(PROBED)
    if whole is not None:
        measures[PROBED] = np.minimum(whole, lived.loss_cap)
    pathways = {"ascending": lived.ascending, "descending": lived.descending, **lived.lateral}
    sizes = {f"rms_{name}": _root_mean_square(weights) for name, weights in pathways.items() if weights.shape[2]}
    with blank(design=Design(width=width, columns=columns, title=title)) as frame:
        count = len(measures) + 1
        # a panel a measure, and one for the sizes of weights
        panels = frame.rows(count, 0.95 * count + 0.5, letters="ABCD")
        for axes, (name, values) in zip(panels, measures.items(), strict=False):
            _draw(axes, lived, values, frame.palette[0])
            axes.set_ylabel(LABELS[name], parse_math=True)
            frame.say(SAYS[name], axes)
            # an alignment of 0 is what chance alone would give
            if name != PROBED:
                null_line(axes, y=0)
            if np.isnan(values).all():
                say_undefined(axes)
        _draw_sizes(frame, panels[-1], lived, sizes)
        # thin lines are single tasks
        tasks = lived.ascending.shape[1]
        panels[0].set_title(f"thick: mean of {tasks} tasks" if tasks > 1 else "one task", loc="right")
        thin = (
            f"Thin lines, {tasks} tasks, each lived separately; thick lines, their means." if tasks > 1 else "One task."
        )
        frame.say(f"{thin} From birth to {lived.presented[-1]} presentations, at {len(lived.presented)} moments.")
        if whole is not None and (whole > lived.loss_cap).any():
            frame.say(CUT, panels[0])
        # below the panels, however narrow these are
        frame.legend(columns=2, math=True)
        about = f"individual {lived.id}, generation {lived.generation}, seed {lived.seed}, test loss {lived.loss:.3g}"
        return frame.close(_tidy(lived, {**measures, **sizes}), "One life, moment by moment.", about)


def _draw(axes: Axes, lived: Trace, values: Floats, colour: Colour, line: str = "-", label: str | None = None) -> None:
    """Draw a line a task, and their mean."""
    if values.shape[1] > 1:
        axes.plot(lived.presented, values, color=colour, linestyle=line, linewidth=0.5, alpha=0.5)
    defined = np.isfinite(values)
    mean = np.where(defined, values, 0).sum(axis=1) / np.maximum(defined.sum(axis=1), 1)
    axes.plot(lived.presented, np.where(defined.any(axis=1), mean, np.nan), color=colour, linestyle=line, label=label)


def _draw_sizes(frame: Frame, axes: Axes, lived: Trace, sizes: dict[str, Floats]) -> None:
    labels = {
        "rms_ascending": "ascending $W$",
        "rms_descending": "descending $U$" if lived.lateral else "descending $V$",
        "rms_sensing": "sensing $L$",
        "rms_teaching": "teaching $V$",
    }
    looks = ((frame.palette[1], "-"), (frame.palette[2], "--"), (frame.palette[0], ":"), (frame.palette[3], "-."))
    for (colour, line), (name, values) in zip(looks, sizes.items(), strict=False):
        _draw(axes, lived, values, colour, line, labels[name])
    axes.set_ylim(bottom=0)
    axes.set_ylabel("weights\n(r.m.s.)")
    axes.set_xlabel("presentations")
    frame.say("Root mean square of the weights of synapses that are there, by pathway.", axes)


def _root_mean_square(weights: Floats) -> Floats:
    """Return the root mean square over the synapses that are there, (T, K, n, m) to (T, K)."""
    squares = (weights.astype(np.float64) ** 2).sum(axis=(2, 3))
    return np.asarray(np.sqrt(squares / np.maximum((weights != 0).sum(axis=(2, 3)), 1)))


def _tidy(lived: Trace, columns: dict[str, Floats]) -> pd.DataFrame:
    moments, tasks = lived.ascending.shape[:2]
    places = {"presented": np.repeat(lived.presented, tasks), "task": np.tile(np.arange(tasks), moments)}
    return pd.DataFrame({**places, **{name: values.ravel() for name, values in columns.items()}})
