"""Claims of the theory: predictions that the runs of a sweep can refute, written in the files of experiments.

To add one, write ``[claim]`` and ``[[prediction]]`` into a file: ``hetevo claims FILE.toml`` tests it, and of those in
``evolve/experiments`` also ``make verify``. `own` holds what claims need beyond that, `recorded` what came out.
"""

from hetevo.analysis.claims.claim import Claim, check, draw, judge, picture, table, verdict
from hetevo.analysis.claims.family import adjust
from hetevo.analysis.claims.freezing import Freezing, check_frozen
from hetevo.analysis.claims.frozen import freeze, list_seeds, read_frozen, read_shipped
from hetevo.analysis.claims.pages import markdown, overview, page
from hetevo.analysis.claims.prediction import Measured, Prediction, measure
from hetevo.analysis.claims.reading import check_conditions, read_claim, read_claims
from hetevo.analysis.claims.recorded import Recorded, are_portable, read_recorded, record, write_record

CLAIMS: dict[str, Claim] = read_claims()
"""Claims by the name of their sweep."""

__all__ = [
    "CLAIMS",
    "Claim",
    "Freezing",
    "Measured",
    "Prediction",
    "Recorded",
    "adjust",
    "are_portable",
    "check",
    "check_conditions",
    "check_frozen",
    "draw",
    "freeze",
    "judge",
    "list_seeds",
    "markdown",
    "measure",
    "overview",
    "page",
    "picture",
    "read_claim",
    "read_claims",
    "read_frozen",
    "read_recorded",
    "read_shipped",
    "record",
    "table",
    "verdict",
    "write_record",
]
