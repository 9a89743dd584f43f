"""Claims of the theory, one a file: each a list of predictions that the runs of a sweep can refute.

To add one, write a `claim.Claim` in a file, a preset and a sweep of its name, and name it in `CLAIMS`; ``make verify``
and ``hetevo claims`` run over every entry.
"""

from hetevo.analysis.claims import (
    cerebellum,
    chalmers,
    cortical_loop,
    ecology,
    emergence,
    feedback_alignment,
    flexibility,
    graphs,
    hardware,
    hebbian,
    injury,
    kolen_pollack,
    many_tasks,
    metaplasticity,
    minimal,
    optimisers,
    recurrent,
    rewired,
    rule_discovery,
    symmetric_start,
    transfer,
)
from hetevo.analysis.claims.claim import Claim, check, markdown, table, verdict
from hetevo.analysis.claims.contrast import Contrast, Found, measure
from hetevo.analysis.claims.pages import overview, page
from hetevo.analysis.claims.picture import draw, picture

CLAIMS: dict[str, Claim] = {
    claim.name: claim
    for claim in (
        emergence.CLAIM,
        minimal.CLAIM,
        cerebellum.CLAIM,
        cortical_loop.CLAIM,
        kolen_pollack.CLAIM,
        feedback_alignment.CLAIM,
        *graphs.CLAIMS,
        rewired.CLAIM,
        recurrent.CLAIM,
        symmetric_start.CLAIM,
        optimisers.CLAIM,
        hebbian.CLAIM,
        metaplasticity.CLAIM,
        flexibility.CLAIM,
        injury.CLAIM,
        hardware.CLAIM,
        rule_discovery.CLAIM,
        chalmers.CLAIM,
        many_tasks.CLAIM,
        transfer.CLAIM,
        ecology.CLAIM,
    )
}
"""Claims by the name of their sweep."""

__all__ = [
    "CLAIMS",
    "Claim",
    "Contrast",
    "Found",
    "check",
    "draw",
    "markdown",
    "measure",
    "overview",
    "page",
    "picture",
    "table",
    "verdict",
]
