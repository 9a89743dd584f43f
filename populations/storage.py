"""How wirings are kept: as matrices (dense), or as lists of synapses (sparse), and what each of them can do.

What ``network.storage = "auto"`` means follows from the configuration alone, never from the machine, and must stay what
it is: a run that was saved is read by it.
"""

from typing import TYPE_CHECKING, Literal

from hetevo.populations.layout import Layout
from hetevo.populations.rules import Rule
from hetevo.populations.settings import Genome, Network
from hetevo.populations.wiring import WIRINGS, WiringFamily
from hetevo.populations.wiring.file import FromFile

if TYPE_CHECKING:  # a species chooses its storage by this
    from hetevo.populations.species import Species

Storage = Literal["dense", "sparse"]

LARGE = 1 << 20
"""Places of both pathways' matrices from which on networks are large: smaller ones are fast and cheap in any case."""

SPARSE = 0.05
"""Density up to which lists of large networks are faster than matrices, whatever the batch; from about 0.07 to 0.1 on
they are slower with 16 samples and more (``python -m benchmarks sparse``), and from 0.125 on they take more memory."""

REMEDY = 'Or keep matrices: network.storage = "dense"'


def is_large_and_sparse(layout: Layout, network: Network) -> bool:
    """Tell whether networks are so large and so sparse that lists of synapses are faster than matrices.

    Examples
    --------
    >>> is_large_and_sparse(Layout(6, (8, 8), 2), Network((8, 8)))
    False
    >>> network = Network((5000, 5000), density_ascending=0.01, density_descending=0.01)
    >>> is_large_and_sparse(Layout(6, network.levels, 2), network)
    True
    """
    places = layout.neurons * layout.units + layout.hidden * layout.neurons
    return places >= LARGE and max(network.density_ascending, network.density_descending) <= SPARSE


def find_obstacle(network: Network, rule: Rule, genome: Genome, family: WiringFamily, *, perturbed: bool) -> str:
    """Say what of an experiment only matrices know, by its key, with the reason and what to do; empty: nothing.

    Parameters
    ----------
    network, genome
        Settings.
    rule : Rule
        Plasticity rule.
    family : WiringFamily
        How networks are wired.
    perturbed : bool
        Whether something befalls lives: injury, or imperfect hardware.
    """
    if network.circuit not in ("auto", "two-pathway") or rule.is_plain:
        return (
            "network.circuit: only two-pathway circuits whose rule is a sum of known terms know lists of synapses."
            f" Leave the circuit out, or choose another rule. {REMEDY}"
        )
    if perturbed:
        return (
            "injury, hardware: what befalls lives acts on matrices of weights, so expected both tables to be left out."
            f" {REMEDY}"
        )
    if genome.innate == "inherited":
        return (
            "genome.innate: inherited innate weights are a number for each place of a matrix, also where there is no"
            f' synapse, so expected "redrawn". {REMEDY}'
        )
    if not has_lists(family):
        others = ", ".join(name for name, other in WIRINGS.own.items() if other.listed)
        return (
            f"network.wiring: networks of the wiring {network.wiring!r} with these options are drawn as whole matrices."
            f" Expected one of {others}. {REMEDY}"
        )
    return _find_obstacle_of_file(family) if isinstance(family, FromFile) else ""


def _find_obstacle_of_file(family: FromFile) -> str:
    if family.null != "none":
        return (
            f"network.options.null: a rewired control is drawn as a whole matrix, so expected none, got"
            f" {family.null!r}. {REMEDY}"
        )
    weighted = any(graph is not None and graph.weights is not None for graph in (family.graph, family.graph_descending))
    if weighted and family.weights == "innate":
        return (
            f"network.options.weights: the weights in {family.file} are kept as matrices, so expected"
            f' network.options.weights = "ignore". {REMEDY}'
        )
    return ""


def has_lists(family: WiringFamily) -> bool:
    """Tell whether a family can draw lists of synapses; one of another package may know nothing of them."""
    return bool(getattr(family, "listed", False))


def choose_storage(species: "Species") -> Storage:
    """Return how the wirings of a species are kept."""
    network = species.network
    if network.storage != "auto":
        return network.storage
    fits = species.formula is None and is_large_and_sparse(species.layout, network)
    return "sparse" if fits and not species.obstacle else "dense"
