"""Planted runs that every kind of figure is tested with.

What a figure declares (`@figure("column", probe=…, single=…, individuals=…)`) these runs have: nothing has to be said
here. A figure that is not drawn of any runs, because it compares them or reads checkpoints, has a line in `SPECIAL`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from hostile import NAMES

from hetevo.analysis.figures import FIGURES
from hetevo.analysis.figures.frame import needs_of

CASES: dict[str, list[dict[str, Any]]] = {
    "one run": [{}],
    "one generation": [{"generations": 1}],
    "undefined generations": [{"undefined": (0, 3)}],
    "checkpoints": [{"checkpoints": True}],
    "two runs of one condition": [{"seed": seed, "objectives": ["loss", "synapses"]} for seed in (0, 1)],
    "two conditions, unequal lengths": [
        {"seed": 0},
        {"seed": 1, "generations": 3},
        *({"condition": "control", "slope": 0, "seed": seed, "neutral": True} for seed in range(3)),
    ],
    "a grid of two keys": [
        {
            "seed": seed,
            "extra": f'[task]\nname = "exposure"\n[task.options]\nintensity = {scale}\n[network]\nlevels = {levels}\n',
        }
        for seed, scale in enumerate((0.1, 0.2))
        for levels in ([8], [8, 8])
    ],
    "two histories": [
        {"extra": f'[task]\nname = "history"\n[task.options]\nstrength = {strength}\n'} for strength in (-1.0, 1.0)
    ],
    "five conditions": [{"condition": f"condition number {n}", "seed": n} for n in range(5)],
}
"""Options of `planted.plant`, a run each."""

SEEDS = [
    {"condition": condition, "slope": slope, "seed": seed, "neutral": condition == "neutral", "noise": 0.05}
    for condition, slope in (("emergence", 0.15), ("neutral", 0.0))
    for seed in range(4)
]
GRID = [
    {"slope": scale, "extra": f"[genome]\ngain_scale = {scale}\n[network]\ndensity = {density}\n"}
    for scale in (0.1, 0.15, 0.2)
    for density in (0.3, 0.6)
]
HISTORIES = [
    {
        "seed": seed,
        "slope": 0.1 * strength if rule == "heterosynaptic" else 0.1,
        "extra": f'[task]\nname = "history"\n[task.options]\nstrength = {strength}\n[plasticity]\nrule = "{rule}"\n',
    }
    for rule in ("heterosynaptic", "fixed-feedback")
    for strength in (-1.0, 0.25, 1.0)
    for seed in range(3)
]
EXPOSURES = [
    {
        "seed": seed,
        "condition": f"{rule}, intensity={intensity}",
        "extra": f'[task]\nname = "exposure"\n[task.options]\nintensity = {intensity}\n[plasticity]\nrule = "{rule}"\n',
    }
    for rule in ("heterosynaptic", "fixed-feedback")
    for intensity in (0.5, 1.0, 2.0)
    for seed in range(3)
]
EXCHANGES = [
    {"condition": f"epoch {epoch}", "seed": seed, "extra": f"[environment]\nexchange = {epoch / 60}\n"}
    for epoch in (0, 10, 60)
    for seed in range(3)
]
ONE = [{"checkpoints": True}]
SEVERAL = [
    {"condition": condition, "seed": seed, "slope": 0.1, "size": 24, "objectives": ["loss", "synapses", "+change"]}
    for condition in ("selTournamentDCD", "selNSGA3")
    for seed in range(3)
]

TOGETHER = [*[name for name in NAMES.values() if name][:9], NAMES["long"], NAMES["long, another"]]
"""Hostile names of runs that are drawn together."""

ALONE = "_$\\frac{$ [/x] \x1b[31m\u202e中 =\n" + "x" * 300
"""A hostile name of a run that is drawn alone."""


def name_apart(planted):
    """Give each run a condition of its own, of hostile name."""
    return [replace(planted[0], label=name) for name in TOGETHER]


def name_alone(planted):
    """Keep one run, of hostile name."""
    return [replace(planted[0], label=ALONE)]


def name_compared(planted):
    """Put neutral runs beside others, all of hostile names."""
    others = [replace(run, label=name) for name in NAMES.values() for run in planted[:2] if name]
    config = {**planted[0].config, "evolution": {"generations": 9, "size": 8}}
    return [
        *(replace(run, label="$drift$\x1b") for run in planted),
        *(replace(run, config={**config, "seed": run.seed}) for run in others[:20]),
    ]


def name_grid(planted):
    """Sweep two hostile keys over hostile values."""
    values = [name for name in NAMES.values() if name][:6]
    return [replace(planted[0], config={"$x\x1b": x, "=\n" + "y" * 300: y}) for x in values for y in values]


def name_histories(planted):
    """Let rules of hostile names have histories."""
    task = {"name": "history", "options": {"strength": 0.0}}
    return [
        replace(planted[0], config={"task": {**task, "options": {"strength": s}}, "plasticity": {"rule": name}})
        for s in (-1.0, 1.0)
        for name in TOGETHER[2:4]
    ]


def name_exposures(planted):
    """Give runs with two intensities conditions of hostile names."""
    return [
        replace(planted[0], label=name, config={"task": {"name": "exposure", "options": {"intensity": intensity}}})
        for intensity in (0.5, 1.0)
        for name in TOGETHER[2:6]
    ]


@dataclass(frozen=True)
class Special:
    """Of which runs a figure is drawn.

    Parameters
    ----------
    cases : tuple of str
        The `CASES` that have what it needs; in the others it refuses to be drawn.
    says : str
        What its refusal says: a regular expression.
    picture : list of dict, optional
        Options of `planted.plant` for the runs in its picture.
    hostile : callable, optional
        Makes of three planted runs some with hostile names of which it can be drawn.
    """

    cases: tuple[str, ...]
    says: str
    picture: list[dict[str, Any]]
    hostile: Callable[[list[Any]], list[Any]] = name_apart


COMPARED = Special(("two conditions, unequal lengths",), "neutral|at least", SEEDS, name_compared)
CHECKPOINTS = Special(("checkpoints",), "keep_every|one run", ONE, name_alone)
ALONE_ONLY = Special(tuple(case for case, runs in CASES.items() if len(runs) == 1), "one run", ONE, name_alone)
SEVERAL_RUNS = tuple(case for case, runs in CASES.items() if len(runs) > 1)
SPECIAL = {
    "onset": COMPARED,
    "survival": COMPARED,
    "gains": CHECKPOINTS,
    "signs": CHECKPOINTS,
    "archive": Special(("checkpoints",), "archive of elites|one run", ONE, name_alone),
    "phase-diagram": Special(("a grid of two keys",), "exactly two", GRID, name_grid),
    "metaplasticity": Special(("two histories",), "task family 'history'|is a single one", HISTORIES, name_histories),
    "bcm": Special(("a grid of two keys",), "task family 'exposure'|is a single one", EXPOSURES, name_exposures),
    "exchange": Special(SEVERAL_RUNS, "is a single one", EXCHANGES),
    "front": Special(("two runs of one condition",), "objective", SEVERAL),
    "front-alignment": Special(("two runs of one condition",), "objective", SEVERAL),
    "hypervolume": Special(("two runs of one condition",), "objective", SEVERAL),
    "price": Special(tuple(case for case in CASES if case != "one generation"), "only one is recorded", SEEDS),
}
"""Figures that need of their runs what `figure` cannot declare."""


def runs_for(kind):
    """Return of which runs a kind of figure is drawn."""
    usual = ALONE_ONLY if needs_of(FIGURES[kind]).single else Special(tuple(CASES), "^$", SEEDS)
    return SPECIAL.get(kind, usual)


def is_drawn(kind, case):
    """Tell whether a figure has what it needs in this case; otherwise it must say what it needs."""
    return case in runs_for(kind).cases
