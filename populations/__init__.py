"""Living: what evolves, and how it lives.

==============================  =======================================================
`model`                         the equations, plainly: read this first
`settings`                      every biological setting
`layout`, `species`             sizes, and everything that individuals have in common
`rules`, `formulas`             which terms change a synapse; rules that are inherited themselves
`wiring`, `tasks`               what is connected; what is learned, one a file
`activations`                   activation functions
`genome`, `birth`               inherited arrays, innate weights
`error_neurons`, `error_model`  circuits with separate error neurons: synapses; the equations, plainly
`experience`                    tasks and samples of a generation
`kernel`                        the same as the model, fast
`circuits`                      kinds of circuits, one a file: genome, birth, life, test
`evaluation`                    fitness
`random_streams`                addressed random numbers
`elementary`                    exponentials that are the same on every processor
`isolation`                     what else goes on in the process changes no result
==============================  =======================================================
"""

from typing import TYPE_CHECKING

from hetevo._names import find_in

if TYPE_CHECKING:
    from hetevo.populations.circuits import draw_founders
    from hetevo.populations.evaluation import Evaluation, Probe, Status, evaluate
    from hetevo.populations.genome import Population
    from hetevo.populations.kernel.life import live_block
    from hetevo.populations.kernel.snapshot import Snapshot
    from hetevo.populations.layout import Layout
    from hetevo.populations.settings import Environment, Genome, Lifetime, Network, Plasticity
    from hetevo.populations.species import Species

__all__ = [
    "Environment",
    "Evaluation",
    "Genome",
    "Layout",
    "Lifetime",
    "Network",
    "Plasticity",
    "Population",
    "Probe",
    "Snapshot",
    "Species",
    "Status",
    "draw_founders",
    "evaluate",
    "live_block",
]

if not TYPE_CHECKING:
    __getattr__ = find_in(
        (
            "hetevo.populations.settings",
            "hetevo.populations.species",
            "hetevo.populations.genome",
            "hetevo.populations.circuits",
            "hetevo.populations.evaluation",
            "hetevo.populations.kernel.life",
            "hetevo.populations.layout",
        ),
        __name__,
        __all__,
    )


def __dir__() -> list[str]:
    return sorted(__all__)
