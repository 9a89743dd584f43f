"""What claims need beyond the table of generations: measures and figures of their own, by the names in their files."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from hetevo.analysis.figures.bcm import bcm, share_falling, share_rising, sliding
from hetevo.analysis.figures.exchange import exchange
from hetevo.analysis.figures.metaplasticity import metaplasticity, scores
from hetevo.analysis.figures.objectives import front_alignment
from hetevo.analysis.figures.phase import phase_diagram
from hetevo.analysis.figures.plot import Plot
from hetevo.analysis.measures import sign_agreement
from hetevo.analysis.runs import LoadedRun
from hetevo.analysis.statistics.curves import last_level

HETEROSYNAPTIC = "heterosynaptic"

FLIPPED = "hebbian_flipped_end"

DECAY, NOISE = "genome.decay_log_mean", "hardware.jitter"


def _final(run: LoadedRun, column: str) -> float:
    """Return a column's value in the last generation; NaN if the run did not record it."""
    return float(run.generations[column].iloc[-1]) if column in run.generations else math.nan


def restlessness(run: LoadedRun) -> float:
    """Return by which share the neuron's score changes in the last quarter of life."""
    return abs(_final(run, "phi_neuron_1_end") / _final(run, "phi_neuron_1_life_75") - 1)


def turning(run: LoadedRun) -> float:
    """Return by how many degrees the angle changes in the second half of life."""
    middle, end = (math.degrees(math.acos(_final(run, f"alignment_{stage}"))) for stage in ("mid", "end"))
    return abs(end - middle)


def shrinkage(run: LoadedRun) -> float:
    """Divide the gap between V and W transposed that a life leaves by the one that theory leaves, (1 - lambda)^T."""
    decay = math.exp(run.number("genome.decay_log_mean"))
    left = (1 - decay) ** run.number("lifetime.presentations")
    return float(_final(run, "feedback_gap_end") / _final(run, "feedback_gap_birth") / left)


def sign_agreement_of_scores(first: LoadedRun, second: LoadedRun) -> float:
    """Share of neurons whose score has the same sign in two runs that differ by their history only."""
    return float(sign_agreement(*(scores(run).reshape(1, -1) for run in (first, second)))[0])


def growth(strong: LoadedRun, weak: LoadedRun) -> float:
    """Logarithm (base 2) of the ratio of the typical sizes of scores, a median over neurons and individuals."""
    sizes = [np.nanmedian(np.abs(scores(run))) for run in (strong, weak)]
    return float(np.log2(sizes[0] / sizes[1]))


def growth_beyond(strong: LoadedRun, weak: LoadedRun, frozen_strong: LoadedRun, frozen_weak: LoadedRun) -> float:
    """Subtract from the growth of scores the one that there is with V frozen."""
    return growth(strong, weak) - growth(frozen_strong, frozen_weak)


def rising_beyond(run: LoadedRun, control: LoadedRun) -> float:
    """Subtract from the share of neurons whose plasticity curve rises through a threshold that in another run."""
    return share_rising(run) - share_rising(control)


def least_hebbian(*runs: LoadedRun) -> float:
    """Return the Hebbian cosine of the run that has the lowest."""
    return float(np.min([_final(run, "hebbian_cosine_end") for run in runs]))


def margin_flipped(genuine: LoadedRun, *others: LoadedRun) -> float:
    """Return by how much more than any other rule one follows neurons whose answers were turned round."""
    return float(_final(genuine, FLIPPED) - np.max([_final(run, FLIPPED) for run in others]))


def boundary(noise: Sequence[LoadedRun]) -> float:
    """Return the logarithm of the decay at which the Hebbian cosine of runs with one noise turns positive for good.

    Between two runs it is interpolated. NaN if it is never negative, or if it is at the strongest decay.
    """
    runs = sorted(noise, key=lambda run: run.number(DECAY))
    decays = np.array([run.number(DECAY) for run in runs])
    cosines = np.array([_final(run, "hebbian_cosine_end") for run in runs])
    negative = np.flatnonzero(cosines < 0)
    if not negative.size or negative[-1] + 1 == len(runs):
        return math.nan
    below, above = negative[-1], negative[-1] + 1
    share = -cosines[below] / (cosines[above] - cosines[below])
    return float(decays[below] + share * (decays[above] - decays[below]))


def boundary_slope(*runs: LoadedRun) -> float:
    """Return the slope of the logarithm of that decay over that of the noise; NaN with fewer than three boundaries."""
    noises = sorted({run.number(NOISE) for run in runs if run.number(NOISE) > 0})
    found = np.array([boundary([run for run in runs if run.number(NOISE) == noise]) for noise in noises])
    known = np.isfinite(found)
    return float(np.polyfit(np.log(noises)[known], found[known], 1)[0]) if known.sum() > 2 else math.nan


def least_beyond(control: LoadedRun, *runs: LoadedRun, column: str = "alignment_end_elite") -> float:
    """Return by how much the best tenth of the least aligned run is more aligned than that of another, at the end."""
    levels = [last_level(run, column).value for run in (control, *runs)]
    return float(np.min(levels[1:]) - levels[0])


def least_population_beyond(control: LoadedRun, *runs: LoadedRun) -> float:
    """Return the same of whole populations."""
    return least_beyond(control, *runs, column="alignment_end")


CLAIM_MEASURES: Mapping[str, Callable[..., float]] = {
    "restlessness": restlessness,
    "turned": turning,
    "shrinkage": shrinkage,
    "sign_agreement": sign_agreement_of_scores,
    "growth": growth,
    "growth_beyond": growth_beyond,
    "rising": share_rising,
    "falling": share_falling,
    "rising_beyond": rising_beyond,
    "sliding": sliding,
    "least_hebbian": least_hebbian,
    "margin_flipped": margin_flipped,
    "boundary_slope": boundary_slope,
    "least_beyond": least_beyond,
    "least_population_beyond": least_population_beyond,
}
"""Each is computed from one seed's runs, in the order of the prediction's terms."""


def _of_flexibility(runs: Sequence[LoadedRun], **design: Any) -> Plot:
    """Draw wiring against density."""
    plastic = [run for run in runs if run.setting("plasticity.rule") == HETEROSYNAPTIC]
    x, y = "network.density_ascending", "network.wiring"
    names = {x: "density, both pathways (mean over three sizes)", y: "wiring"}
    return phase_diagram(plastic, x=x, y=y, names=names, **design)


def _of_rewired(runs: Sequence[LoadedRun], **design: Any) -> Plot:
    """Draw the density against what is rewired, where that is as much in both pathways."""
    plastic = [run for run in runs if run.setting("plasticity.rule") == HETEROSYNAPTIC]
    options = "network.options.ascending", "network.options.descending"
    equally = [run for run in plastic if run.setting(options[0]) == run.setting(options[1])]
    x, y = "network.options.ascending", "network.density_ascending"
    names = {x: "fraction of synapses rewired, both pathways", y: "density, both pathways"}
    return phase_diagram(equally, x=x, y=y, names=names, **design)


def _of_hebbian_or_not(runs: Sequence[LoadedRun], **design: Any) -> Plot:
    """Draw noise against decay."""
    names = {DECAY: "decay a presentation (natural logarithm)", NOISE: "noise in each change\n(standard deviation)"}
    says = "cosine with Hebbian changes,\nend of life"
    return phase_diagram(runs, x=DECAY, y=NOISE, names=names, column="hebbian_cosine_end", says=says, **design)


def _of_synapse_cost(runs: Sequence[LoadedRun], **design: Any) -> Plot:
    """Draw the fronts of those that were selected by two objectives."""
    return front_alignment([run for run in runs if run.setting("evolution.objectives") != ["loss"]], **design)


CLAIM_FIGURES: Mapping[str, Callable[..., Plot]] = {
    "flexibility": _of_flexibility,
    "rewired": _of_rewired,
    "metaplasticity": metaplasticity,
    "bcm": bcm,
    "exchange": exchange,
    "hebbian-or-not": _of_hebbian_or_not,
    "synapse-cost": _of_synapse_cost,
}
"""Each is drawn from all runs of the claim's sweep, and takes the options of a `hetevo.analysis.figures.Design`."""
