"""Plasticity rules: which products of the two signals change a synapse.

A rule is a list of terms for each pathway (`rule.Rule`); the terms are explained in `terms`. To add a rule, name it in
`RULES`; the contract tests run over every entry. Rules that are inherited themselves (`formula.Formula`) are in
`FORMULAS`.
"""

from dataclasses import replace

from hetevo.populations.rules.formula import CHALMERS, Formula
from hetevo.populations.rules.rule import PATHWAYS, Pathway, Rule
from hetevo.populations.rules.terms import HOMOSYNAPTIC

RULES: dict[str, Rule] = {
    "heterosynaptic": Rule(),
    "fixed-feedback": Rule(descending=()),
    "transported": Rule(descending=(), transport=True),
    "sign-flipped": Rule(descending=(), transport=True, flipped=True),
    "shuffled-signal": Rule(shuffled=True),
    "hebbian": Rule(ascending=("hebbian",), descending=("hebbian",)),
    "readout-only": Rule(descending=(), readout_only=True),
    "none": Rule(ascending=(), descending=()),
}
"""Plasticity rules by the name used in ``[plasticity] rule``."""

FORMULAS: dict[str, Formula] = {"chalmers": CHALMERS}
"""Inherited rules of a single layer by the name used in ``[plasticity] rule``."""

TERMS = HOMOSYNAPTIC


def with_terms(rule: Rule, extra: tuple[str, ...]) -> Rule:
    """Return the rule with more homosynaptic terms in each pathway that is plastic."""

    def extend(terms: tuple[str, ...]) -> tuple[str, ...]:
        return terms + tuple(term for term in extra if term not in terms) if terms else terms

    return replace(rule, ascending=extend(rule.ascending), descending=extend(rule.descending))


__all__ = ["FORMULAS", "HOMOSYNAPTIC", "PATHWAYS", "RULES", "TERMS", "Formula", "Pathway", "Rule", "with_terms"]
