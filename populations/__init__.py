"""Living: what evolves, and how it lives.

======================  =======================================================
`layout`, `species`     sizes, and everything that individuals have in common
`wiring`                wiring families, one a file
`tasks`                 task families, one a file
`rules`, `plasticity`   which terms change a synapse, and the change itself
`activations`           activation functions
`genome`, `birth`       inherited arrays, innate weights
`experience`            tasks and samples of a generation
`circuits`              the two-pathway circuit, batched
`lifetime`              birth to test, for a block of networks
`evaluation`            fitness
`streams`               addressed random numbers
`isolation`             what else goes on in the process changes no result
======================  =======================================================
"""

from hetevo.populations.evaluation import Probe, evaluate
from hetevo.populations.genome import Population, draw_founders
from hetevo.populations.kernel.life import Snapshot, live_block
from hetevo.populations.layout import Layout
from hetevo.populations.outcome import Evaluation, Status
from hetevo.populations.species import Founders, Life, Species, Wiring

__all__ = [
    "Evaluation",
    "Founders",
    "Layout",
    "Life",
    "Population",
    "Probe",
    "Snapshot",
    "Species",
    "Status",
    "Wiring",
    "draw_founders",
    "evaluate",
    "live_block",
]
