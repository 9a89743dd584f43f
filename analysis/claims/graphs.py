"""Random graphs: alignment emerges in them, and plastic V adds to what fixed feedback reaches."""

from analysis.claims.claim import Claim
from analysis.claims.contrast import Contrast

END = "alignment_end"


def _compared(plastic: str, fixed: str, drift: str, where: str = "") -> tuple[Contrast, ...]:
    return (
        Contrast(f"{where}more than with fixed feedback", ((1, plastic, END), (-1, fixed, END))),
        Contrast(f"{where}more than by drift", ((1, plastic, END), (-1, drift, END))),
    )


def _graph(name: str, graph: str, *more: Contrast) -> Claim:
    return Claim(
        name,
        f"In {graph}, alignment emerges by selection, and more with heterosynaptic plasticity of V than with fixed"
        " feedback.",
        (*_compared("heterosynaptic", "fixed-feedback", "neutral"), *more),
    )


CLAIMS = (
    _graph("amorphous", "networks with synapses from any lower to any higher level"),
    _graph("small-world", "small worlds"),
    _graph(
        "scale-free",
        "networks with hubs",
        *_compared("grown", "grown-fixed-feedback", "grown-neutral", "grown with preferential attachment: "),
    ),
    _graph("lattice", "networks with local receptive fields"),
)
