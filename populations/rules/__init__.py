"""Plasticity rules: what changes a synapse, one family of rules a file.

============  ===============================================================================
`rule`        what a rule is: which products of the two signals change a synapse
`feedback`    the feedback follows the forward weights: sign symmetry, the weight mirror
`perturbing`  noise that is kept where it helped: node perturbation
`unrelated`   learning signals that know of no error
============  ===============================================================================

A rule is a list of terms for each pathway. To add a rule, name it in `RULES`; the contract tests run over every entry.
A rule of another package needs no entry (see `hetevo.populations.registry`). One that is no sum of these terms
overrides `Rule.update`. Fields that a class has beside those of `Rule` are its options (``[plasticity] options``).

Rules that are inherited themselves are in `hetevo.populations.formulas`.
"""

from dataclasses import replace

from hetevo.populations.registry import Registry
from hetevo.populations.rules.feedback import SignSymmetry, WeightMirror
from hetevo.populations.rules.perturbing import NodePerturbation
from hetevo.populations.rules.rule import HOMOSYNAPTIC, PATHWAYS, Pathway, Rule, accept_rule, with_terms
from hetevo.populations.rules.unrelated import RandomSignal
from hetevo.populations.settings import Plasticity, freeze

RULES: Registry[Rule] = Registry(
    "rule",
    {
        "heterosynaptic": Rule(),
        "fixed-feedback": Rule(descending=()),
        "transported": Rule(descending=(), transport=True),
        "sign-flipped": Rule(descending=(), transport=True, flipped=True),
        "shuffled-signal": Rule(shuffled=True),
        "sign-symmetry": SignSymmetry(),
        "weight-mirror": WeightMirror(),
        "node-perturbation": NodePerturbation(),
        "random-signal": RandomSignal(),
        "hebbian": Rule(ascending=("hebbian",), descending=("hebbian",)),
        "hebbian-hidden": Rule(ascending=("heterosynaptic", "hebbian"), descending=(), hebbian_hidden=True),
        "readout-only": Rule(descending=(), readout_only=True),
        "none": Rule(ascending=(), descending=()),
    },
    accept_rule,
)
"""Plasticity rules by the name used in ``[plasticity] rule``."""


def build_rule(plasticity: Plasticity) -> Rule:
    """Return the rule that settings describe, which is none that is inherited; its options were checked before."""
    options = {name: freeze(value) for name, value in plasticity.options.items()}
    rule = with_terms(replace(RULES[plasticity.rule], **options), tuple(plasticity.terms))
    return replace(rule, momentum=plasticity.momentum, signs=plasticity.signals == "signs")


__all__ = [
    "HOMOSYNAPTIC",
    "PATHWAYS",
    "RULES",
    "NodePerturbation",
    "Pathway",
    "Rule",
    "SignSymmetry",
    "WeightMirror",
    "build_rule",
    "with_terms",
]
