"""Random graphs: alignment emerges in them, and plastic V adds to what fixed feedback reaches."""

from analysis.claims.claim import Claim
from analysis.claims.contrast import Contrast

END = "alignment_end"


def _graph(name: str, graph: str) -> Claim:
    return Claim(
        name,
        f"In {graph}, alignment emerges by selection, and more with heterosynaptic plasticity of V than with fixed"
        " feedback.",
        (
            Contrast("more than with fixed feedback", ((1, "heterosynaptic", END), (-1, "fixed-feedback", END))),
            Contrast("more than by drift", ((1, "heterosynaptic", END), (-1, "neutral", END))),
        ),
    )


CLAIMS = (
    _graph("amorphous", "networks with synapses from any lower to any higher level"),
    _graph("small-world", "small worlds"),
    _graph("scale-free", "networks with hubs"),
    _graph("lattice", "networks with local receptive fields"),
)
