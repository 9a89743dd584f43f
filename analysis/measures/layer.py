"""What a single layer's inherited rule does, beside gradient descent."""

from hetevo.analysis.gradient import layer_gradient
from hetevo.analysis.measures.alignment import cosine
from hetevo.populations.circuits.layer import LayerSnapshot
from hetevo.populations.types import Floats


def layer_columns(snapshot: LayerSnapshot) -> dict[str, Floats]:
    """Return the measures of N layers, each of shape (N,).

    ``alignment``: cosine of the change that the probe batch would cause with the negative gradient of half the squared
    error, all synapses pooled; NaN for a rule that changes nothing, and
    where outputs are saturated, so that there is no gradient. It is no triviality at these outputs, because the
    rule that acts on them is inherited (Chalmers 1990).

    At the end of life also the coefficients of the formula, its rate included: ``coefficient_input_target`` and so on.
    """
    columns = {"alignment": cosine(snapshot.update, layer_gradient(snapshot), axis=(1, 2))}
    formula = snapshot.species.formula
    if snapshot.stage == "end" and formula is not None:
        for term, values in zip(formula.terms, snapshot.coefficients.T, strict=True):
            columns[f"coefficient_{'_'.join(term)}"] = values
    return columns
