"""Controls: what a claim of emergence has to be compared with, each a condition that a sweep can name.

To add one, name it in `CONTROLS`; the contract tests run over every entry. Most are changes of the base configuration.
Some need no runs of their own (they are the base run, looked at at another stage of life), some need the base run to
have ended.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hetevo.evolve.config import Config
from hetevo.evolve.rundir.planned import Stage
from hetevo.populations.error_neurons import KINDS
from hetevo.populations.error_neurons import NAME as ERROR_NEURONS
from hetevo.populations.formulas import FORMULAS
from hetevo.populations.rules import RULES

Changes = dict[str, Any]
"""Values by dotted key, such as ``{"network.wiring": "layered"}``."""

LOT = {"name": "selRandom"}

BY_LOT: Changes = {"evolution.select": LOT, "evolution.select_elites": LOT}

SWAPPED = "swapped weights"
"""The measure that looks at the end of life with one pathway's innate weights."""

WHOLE = ["gain", "decay", "mask", "innate", "sign"]
"""Kinds of genes of an individual whose rule is not inherited itself."""

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
        Other than ``"end"``: no run of its own, the base run is looked at there; see
        `hetevo.evolve.rundir.sweep.Entry`.
    follows : bool
        Whether it needs the base run of the same seed to have ended.
    matched : bool
        Whether pilot runs choose the scale of its innate feedback.
    obstacle : callable
        Says of a base why it cannot be compared with this; empty: it can.
    """

    meaning: str
    changes: Callable[[Config, str], Changes] = lambda base, run: {}
    stage: Stage = "end"
    follows: bool = False
    matched: bool = False
    obstacle: Callable[[Config], str] = lambda base: ""


def _rule(name: str) -> Callable[[Config, str], Changes]:
    return lambda base, run: _change_rule(base, name)


def _change_rule(base: Config, name: str) -> Changes:
    """Name another rule, which knows nothing of the options that the base's has."""
    return {"plasticity.rule": name} | ({"plasticity.options": {}} if base.plasticity.options else {})


def _equal_gains(rule: str = "") -> Callable[[Config, str], Changes]:
    """All gains the same, and for good, with a rule or the base's own: what is left is the learning signal."""

    def changes(base: Config, run: str) -> Changes:
        del run
        # as large as the gains that the base begins with
        rate = base.genome.gain_mean or base.genome.gain_scale or RATE
        gains = {"genome.gain_mean": abs(rate), "genome.gain_scale": 0.0, "evolution.gain_mutation_scale": 0.0}
        return {**_change_rule(base, rule), **gains} if rule else {**gains, **_without_own(base)}

    return changes


def _without_own(base: Config) -> Changes:
    """Let kinds of synapses have no gains of their own, and no terms that gains do not scale."""
    names = [f"{name}_{kind}" for name in ("gain_mean", "gain_scale") for kind in KINDS if kind != "ascending"]
    own: Changes = {f"genome.{name}": "same" for name in names if getattr(base.genome, name) != "same"}
    return own | ({"plasticity.terms": []} if base.plasticity.terms else {})


def _evolved(base: Config, run: str) -> Changes:
    """Take genes of the last generation of a run, and select nothing."""
    source = run if base.evolution.until else f"{run}@{base.evolution.generations}"
    return {"evolution.turnover": "none", "transplant.source": source}


def _lacks_swaps(base: Config) -> str:
    if base.plasticity.rule in FORMULAS or RULES[base.plasticity.rule].transport:
        return "it has no feedback weights of its own that could be those of birth"
    probe = base.probe
    if not probe.every or (probe.name == "alignment" and SWAPPED not in probe.measures):
        return (
            'its probe does not look at swapped weights. Set probe.name = "instruments" (and probe.every above 0), or'
            f' name the measure: probe.measures = ["{SWAPPED}"]'
        )
    return ""


def _lacks_size(base: Config) -> str:
    if base.genome.descending_start != "transposed":
        return ""
    return 'V begins as the transpose of W (genome.descending_start = "transposed"), so it has no size of its own'


def _lacks_error_neurons(base: Config) -> str:
    if base.network.circuit == ERROR_NEURONS:
        return ""
    return f'only circuits with error neurons have teaching synapses (network.circuit = "{ERROR_NEURONS}")'


def _lacks_gains(base: Config) -> str:
    rule = base.plasticity.rule
    known = rule not in FORMULAS and "heterosynaptic" in RULES[rule].ascending
    return "" if known else f"the rule {rule!r} has no gains of learning signals"


def _lacks_own_signs(base: Config) -> str:
    if obstacle := _lacks_gains(base):
        return obstacle
    if base.plasticity.gains_shared:
        return (
            "hidden neurons and outputs have one gain (plasticity.gains_shared), whose sign is no hidden neuron's own"
        )
    return ""


def _selects_nobody(base: Config) -> str:
    if base.evolution.generations and base.evolution.turnover != "none":
        return ""
    return "nobody is replaced in it (evolution.generations, evolution.turnover), so that this is the base again"


def _has_viable_readout(base: Config) -> str:
    if base.genome.output_gains == "positive":
        return 'its outputs have positive gains already (genome.output_gains), so that "neutral" is the same'
    return _lacks_gains(base)


CONTROLS: dict[str, Control] = {
    "neutral": Control(
        "the same operators and budget, parents and elites drawn by lot",
        lambda base, run: BY_LOT,
        obstacle=_selects_nobody,
    ),
    "viable-readout": Control(
        "the same, and outputs keep positive gains, so that they learn: drift whose readout is alive",
        lambda base, run: {**BY_LOT, "genome.output_gains": "positive"},
        obstacle=_has_viable_readout,
    ),
    "birth": Control("the evolved networks before any plasticity", stage="birth"),
    "innate-feedback": Control(
        "the evolved networks at the end of life with V as it was at birth: W that turned towards V",
        stage="innate-descending",
        obstacle=_lacks_swaps,
    ),
    "innate-forward": Control(
        "the evolved networks at the end of life with W as it was at birth: V that turned towards W",
        stage="innate-ascending",
        obstacle=_lacks_swaps,
    ),
    "generation-zero": Control(
        "the founders, living through every generation's tasks",
        lambda base, run: {"evolution.turnover": "none"},
        obstacle=_selects_nobody,
    ),
    "no-plasticity": Control("nothing changes in life", _rule("none")),
    "hebbian": Control("each pathway changes by its own correlations", _rule("hebbian")),
    "hebbian-readout": Control(
        "hidden synapses change by their own correlations, the outputs' by their error", _rule("hebbian-hidden")
    ),
    "fixed-feedback": Control("V never changes (feedback alignment)", _rule("fixed-feedback")),
    "matched-feedback": Control(
        "V never changes, and has the size with the lowest loss of pilot runs on other seeds",
        _rule("fixed-feedback"),
        matched=True,
        obstacle=_lacks_size,
    ),
    "teaching-alone": Control(
        "of the synapses that bring errors only those from error to forward neurons change",
        lambda base, run: {"error_neurons.plastic": ["ascending", "teaching"]},
        obstacle=_lacks_error_neurons,
    ),
    "readout-only": Control("only the outputs' synapses change", _rule("readout-only")),
    "equal-gains": Control(
        "the base's own rule with all gains equal, for good: how far the rule itself can get",
        _equal_gains(),
        obstacle=_lacks_gains,
    ),
    "transported": Control("V is the transpose of W, all gains equal: the ceiling", _equal_gains("transported")),
    "sign-flipped": Control("the same with the wrong sign in hidden neurons: the floor", _equal_gains("sign-flipped")),
    "shuffled-signal": Control("learning signals of another sample", _rule("shuffled-signal")),
    "transplant": Control(
        "the evolved gains and decays in new wirings, with new innate weights, without selection",
        lambda base, run: {
            **_evolved(base, run),
            **({"transplant.genes": ["bits"]} if base.plasticity.rule in FORMULAS else {}),
        },
        follows=True,
    ),
    "signs-by-coin": Control(
        "the evolved networks with the signs of hidden ascending gains by coin, without selection",
        lambda base, run: {**_evolved(base, run), "transplant.genes": WHOLE, "transplant.signs": "coin"},
        follows=True,
        obstacle=_lacks_own_signs,
    ),
}
"""Controls by the name used in ``controls`` of a sweep."""
