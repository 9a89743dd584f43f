"""Any wiring, depth, width and density."""

from collections.abc import Sequence
from itertools import product

from hetevo.analysis.claims.claim import Claim
from hetevo.analysis.claims.contrast import Contrast, Term
from hetevo.analysis.figures.phase import phase_diagram
from hetevo.analysis.figures.plot import Plot
from hetevo.analysis.runs import LoadedRun

END, LOSS = "alignment_end", "loss_median"
CELLS = list(product(("amorphous", "layered"), ("8", "8x8", "16"), (0.3, 1.0)))


def _cell(rule: str, wiring: str, levels: str, density: float) -> str:
    both = f"density_ascending={density}, density_descending={density}"
    return f"rule={rule}, wiring={wiring}, levels={levels}, {both}"


def _mean(rule: str, weight: float, column: str = END, **wanted: object) -> tuple[Term, ...]:
    """Mean over the cells with the wanted wiring and density."""
    names = ("wiring", "levels", "density")
    cells = [cell for cell in CELLS if all(dict(zip(names, cell, strict=True))[k] == v for k, v in wanted.items())]
    return tuple((weight / len(cells), _cell(rule, *cell), column) for cell in cells)


def _against(rule: str, says: str, sign: int = 1, column: str = END, **wanted: object) -> Contrast:
    terms = *_mean("heterosynaptic", 1, column, **wanted), *_mean(rule, -1, column, **wanted)
    return Contrast(says, terms, sign=sign)


def _drawn(runs: Sequence[LoadedRun]) -> Plot:
    own = [run for run in runs if run.setting("plasticity.rule") == "heterosynaptic"]
    x, y = "network.density_ascending", "network.wiring"
    return phase_diagram(own, x=x, y=y, names={x: "density, both pathways (mean over three sizes)", y: "wiring"})


CLAIM = Claim(
    "flexibility",
    "Alignment emerges whatever the wiring, depth, width and density, more than with fixed feedback and less than with"
    " transported weights.",
    (
        *(
            Contrast(
                f"{wiring}, levels {levels}, density {density}",
                ((1, _cell("heterosynaptic", wiring, levels, density), END),),
                value=0.1,
            )
            for wiring, levels, density in CELLS
        ),
        _against(
            "fixed-feedback", "more than with fixed feedback, amorphous and sparse", wiring="amorphous", density=0.3
        ),
        _against(
            "fixed-feedback", "more than with fixed feedback, amorphous and complete", wiring="amorphous", density=1.0
        ),
        _against("fixed-feedback", "more than with fixed feedback, layered and sparse", wiring="layered", density=0.3),
        _against(
            "fixed-feedback", "more than with fixed feedback, layered and complete", wiring="layered", density=1.0
        ),
        _against("transported", "less than with transported weights, all cells", sign=-1),
        _against("fixed-feedback", "the loss is lower than with fixed feedback, all cells", -1, LOSS),
        _against("transported", "the loss is higher than with transported weights, all cells", 1, LOSS),
    ),
    draw=_drawn,
    note=(
        "Alignment emerges everywhere, but plastic V adds to it only in complete amorphous networks. In sparse layered"
        " ones it costs alignment: where most synapses of one pathway have no counterpart in the other, V does not"
        " come nearer to W by following its own correlations."
    ),
    came_out="holds in part",
)
