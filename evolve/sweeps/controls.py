"""Controls: what a claim of emergence has to be compared with, each a condition that a sweep can name.

To add one, name it in `CONTROLS`; the contract tests run over every entry. Most are changes of the base configuration.
One needs no run of its own (it is the base run, looked at before any plasticity), one needs the base run to have ended.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hetevo.evolve.config import Config
from hetevo.evolve.rundir.sweep import Stage
from hetevo.populations.formulas import FORMULAS

Changes = dict[str, Any]
"""Values by dotted key, such as ``{"network.wiring": "layered"}``."""

LOT = {"name": "selRandom"}

RATE = 0.1
"""Gain of the ceiling and the floor where the base's founders have none on average."""


@dataclass(frozen=True)
class Control:
    """A condition beside the base.

    Parameters
    ----------
    meaning : str
        One line for people.
    changes : callable
        Maps the base configuration and the name of its run to changes by dotted key.
    stage : str
        ``"birth"``: no run of its own, the base run is looked at before any plasticity.
    follows : bool
        Whether it needs the base run of the same seed to have ended.
    """

    meaning: str
    changes: Callable[[Config, str], Changes] = lambda base, run: {}
    stage: Stage = "end"
    follows: bool = False


def _rule(name: str) -> Callable[[Config, str], Changes]:
    return lambda base, run: {"plasticity.rule": name}


def _equal_gains(rule: str) -> Callable[[Config, str], Changes]:
    """All gains the same, and for good: what is left is the sign of the learning signal."""

    def changes(base: Config, run: str) -> Changes:
        del run
        # as large as the gains that the base begins with
        rate = base.genome.gain_mean or base.genome.gain_scale or RATE
        gains = {"genome.gain_mean": abs(rate), "genome.gain_scale": 0.0, "evolution.gain_mutation_scale": 0.0}
        return {"plasticity.rule": rule, **gains}

    return changes


CONTROLS: dict[str, Control] = {
    "neutral": Control(
        "the same operators and budget, parents and elites drawn by lot",
        lambda base, run: {"evolution.select": LOT, "evolution.select_elites": LOT},
    ),
    "birth": Control("the evolved networks before any plasticity", stage="birth"),
    "generation-zero": Control(
        "the founders, living through every generation's tasks", lambda base, run: {"evolution.turnover": "none"}
    ),
    "no-plasticity": Control("nothing changes in life", _rule("none")),
    "hebbian": Control("each pathway changes by its own correlations", _rule("hebbian")),
    "fixed-feedback": Control("V never changes (feedback alignment)", _rule("fixed-feedback")),
    "readout-only": Control("only the outputs' synapses change", _rule("readout-only")),
    "transported": Control("V is the transpose of W, all gains equal: the ceiling", _equal_gains("transported")),
    "sign-flipped": Control("the same with the wrong sign in hidden neurons: the floor", _equal_gains("sign-flipped")),
    "shuffled-signal": Control("learning signals of another sample", _rule("shuffled-signal")),
    "transplant": Control(
        "the evolved gains and decays in new wirings, with new innate weights, without selection",
        lambda base, run: {
            "evolution.turnover": "none",
            "transplant.source": run if base.evolution.until else f"{run}@{base.evolution.generations}",
            **({"transplant.genes": ["bits"]} if base.plasticity.rule in FORMULAS else {}),
        },
        follows=True,
    ),
}
"""Controls by the name used in ``controls`` of a sweep."""
