"""Coefficients of the plasticity rule: where the rule itself evolves, they are what evolution found."""

from hetevo.analysis.measures.view import View
from hetevo.populations.genome import term_gene
from hetevo.populations.rules import PATHWAYS
from hetevo.populations.types import Floats


def coefficient_columns(view: View) -> dict[str, Floats]:
    """Return the mean over receiving neurons of every term's coefficient, with its sign.

    Columns ``coefficient_<term>_<pathway>``, for example ``coefficient_heterosynaptic_ascending`` for the gains ``gA``,
    and ``coefficient_decay_<pathway>``.
    """
    genes, rule = view.snapshot.genes, view.snapshot.species.rule
    columns = {}
    for pathway in PATHWAYS:
        for term in rule.terms(pathway):
            columns[f"coefficient_{term}_{pathway}"] = genes[term_gene(pathway, term)].mean(axis=1, dtype=float)
        columns[f"coefficient_decay_{pathway}"] = genes[f"decay_{pathway}"].astype(float)
    return columns
