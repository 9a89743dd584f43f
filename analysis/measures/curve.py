"""How a neuron's synapses would change at each activity: its plasticity curve, and where that crosses zero."""

import numpy as np

from hetevo.analysis.measures.view import FLOOR, View
from hetevo.populations.kernel.snapshot import Snapshot
from hetevo.populations.types import Floats

ACTIVITIES = (0, 1, 2, 3, 4, 5, 6)
"""At which activities the curve is recorded."""

NEAR = 1e-6
"""The curve at 0 is its limit from above: a rectified neuron has two slopes there."""


def change_at(snapshot: Snapshot, neuron: int, activity: Floats) -> Floats:
    """Return how a neuron's ascending synapses would change if it were held at an activity, as by an electrode.

    Inputs, targets and the other neurons are what they are on the probe batch; the outputs hear the neuron as it is
    held, and their errors descend: ``dW(h) = gA f'(h) sum_o V_o <clip(e_o - W_o (h - x))>``.

    Parameters
    ----------
    snapshot : Snapshot
        N circuits in which hidden neurons send to outputs alone.
    neuron : int
        Which hidden neuron, from 0.
    activity : ndarray of float64, shape (N,)
        At which it is held.

    Returns
    -------
    ndarray of float64, shape (N,)
        Per presynaptic activity, without decay and other terms than the heterosynaptic one.
    """
    species = snapshot.species
    sent, heard, silent = _loop(snapshot, neuron)
    clip = species.lifetime.signal_clip
    error = np.clip(silent - (sent * activity[:, None])[:, :, None], -clip, clip).mean(axis=2)
    gain = snapshot.gains_ascending[:, neuron].astype(np.float64)
    return np.asarray(gain * _slope(snapshot, activity) * (heard * error).sum(axis=1))


def curve_columns(view: View) -> dict[str, Floats]:
    """Return the plasticity curve of every hidden neuron, see `change_at`, and how active the neuron is.

    Columns ``curve_neuron_1_at_0`` to ``curve_neuron_1_at_6``; ``threshold_neuron_1``, the activity above 0 at which it
    crosses 0 (undefined where there is none; errors are taken as they are, not clipped); ``threshold_slope_neuron_1``,
    its slope there, positive where less activity weakens and more strengthens; ``activity_neuron_1``, the mean activity
    on the probe batch, and ``activity_weighted_neuron_1``, that weighted by itself, ``<x^2> / <x>``.

    All are undefined in circuits with several hidden levels, loops or separate error neurons, where only the signs of
    learning signals act, and where hidden neurons learn by another rule than the heterosynaptic one; the curve also at
    activities that the neuron cannot have.
    """
    snapshot, layout = view.snapshot, view.snapshot.species.layout
    species = snapshot.species
    direct = len(layout.levels) == 1 and snapshot.mirrored and not species.family.recurrent
    rule = species.rule
    other = rule.is_plain or rule.readout_only or rule.hebbian_hidden or rule.shuffled or rule.flipped
    usual = "heterosynaptic" in rule.ascending and not rule.transport and not other
    known = direct and usual and species.plasticity.signals == "graded"
    columns: dict[str, Floats] = {}
    for i in range(layout.hidden):
        own = _of_neuron(snapshot, i)
        columns |= {name: values if known else np.full(len(values), np.nan) for name, values in own.items()}
    return columns


def _of_neuron(snapshot: Snapshot, i: int) -> dict[str, Floats]:
    columns, number, networks = {}, i + 1, len(snapshot.activity)
    for activity in ACTIVITIES:
        held = np.full(networks, float(activity))
        change = np.where(_slope(snapshot, held) >= 0, change_at(snapshot, i, held), np.nan)
        columns[f"curve_neuron_{number}_at_{activity}"] = change
    # without the clip the change is a straight line in h, times the slope of the activation
    sent, heard, silent = _loop(snapshot, i)
    rise = (heard * sent).sum(axis=1)
    defined = np.abs(rise) > FLOOR
    threshold = np.where(defined, (heard * silent.mean(axis=2)).sum(axis=1) / np.where(defined, rise, 1), np.nan)
    # an activity that the neuron can have, and at which it is plastic
    steep = _slope(snapshot, np.where(defined, threshold, 0))
    reached = defined & (threshold > 0) & (steep > 0)
    gain = snapshot.gains_ascending[:, i].astype(np.float64)
    columns[f"threshold_neuron_{number}"] = np.where(reached, threshold, np.nan)
    columns[f"threshold_slope_neuron_{number}"] = np.where(reached, -gain * steep * rise, np.nan)
    # how active it is
    x = snapshot.activity[:, snapshot.species.layout.input_units + i].astype(np.float64)
    mean, square = x.mean(axis=1), (x**2).mean(axis=1)
    active = np.abs(mean) > FLOOR
    columns[f"activity_neuron_{number}"] = mean
    columns[f"activity_weighted_neuron_{number}"] = np.where(active, square / np.where(active, mean, 1), np.nan)
    return columns


def _loop(snapshot: Snapshot, i: int) -> tuple[Floats, Floats, Floats]:
    """Return W from a neuron to the outputs, V back, (N, O), and what the errors would be without it, (N, O, S)."""
    layout = snapshot.species.layout
    sent = snapshot.weights.ascending[:, layout.hidden :, layout.input_units + i].astype(np.float64)
    heard = snapshot.feedback_weights[:, i, -layout.outputs :].astype(np.float64)
    x = snapshot.activity[:, None, layout.input_units + i].astype(np.float64)
    return sent, heard, snapshot.error + sent[:, :, None] * x


def _slope(snapshot: Snapshot, activity: Floats) -> Floats:
    # where the derivative is no part of the signal, all activities learn alike
    slope = np.ones_like(activity)
    if snapshot.species.plasticity.derivative:
        snapshot.species.transfer.slope(np.where(activity == 0, NEAR, activity), slope)
    return slope
