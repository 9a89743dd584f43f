"""Separate error neurons (Ziyin, Chuang and Poggio 2025, figure 2b1): kinds of synapses, wiring, birth.

Beside each hidden level of forward neurons stands a level of error neurons. There are four kinds of synapses, each with
gains, a decay, a wiring and innate weights of its own:

============  ======  ============================================================================
kind          weight  from and to
============  ======  ============================================================================
ascending     ``W``   inputs and forward neurons to higher forward neurons and outputs
sensing       ``L``   forward neurons to the error neurons of their own level
teaching      ``V``   error neurons to the forward neurons of their own level
descending    ``U``   the outputs' errors and error neurons to lower error neurons
============  ======  ============================================================================

How they live is in `hetevo.populations.error_model`. In arrays, error neurons are ordered as forward neurons are: level
by level, lowest first, the outputs' errors last. ``M`` is the number of error neurons, those errors not counted.
"""

from typing import TYPE_CHECKING, NamedTuple, get_args

from numpy.random import Generator

from hetevo.populations.errors import SettingError
from hetevo.populations.layout import Layout
from hetevo.populations.rules import Rule
from hetevo.populations.settings import ErrorNeurons, Genome, Network, SynapseKind
from hetevo.populations.types import Floats, Mask
from hetevo.populations.wiring import WIRINGS

if TYPE_CHECKING:  # a species checks itself by this
    from hetevo.populations.species import Species

NAME = "error-neurons"
"""Of this kind of circuit in ``[network] circuit``."""

KINDS: tuple[SynapseKind, ...] = get_args(SynapseKind)
"""In the order in which genes are drawn, saved and hashed."""


class ErrorWeights(NamedTuple):
    """Synaptic weights, zero where there is no synapse.

    Parameters
    ----------
    ascending : ndarray of float, shape (P, H + O, I + H)
        ``W``.
    sensing : ndarray of float, shape (P, M, H)
        ``L``.
    teaching : ndarray of float, shape (P, H, M)
        ``V``.
    descending : ndarray of float, shape (P, M, M + O)
        ``U``.
    """

    ascending: Floats
    sensing: Floats
    teaching: Floats
    descending: Floats


def error_layout(species: "Species") -> Layout:
    """Return the sizes of the levels of error neurons, as if they were hidden ones."""
    layout, sizes = species.layout, species.error_neurons.sizes
    return layout if sizes == "same" else Layout(layout.inputs, sizes, layout.outputs, layout.bias)


def weight_shapes(species: "Species") -> dict[SynapseKind, tuple[int, int]]:
    """Return the shape of one individual's weights by kind of synapses; see `ErrorWeights`."""
    layout, errors = species.layout, error_layout(species)
    return {
        "ascending": (layout.neurons, layout.units),
        "sensing": (errors.hidden, layout.hidden),
        "teaching": (layout.hidden, errors.hidden),
        "descending": (errors.hidden, errors.neurons),
    }


def allowed_by_kind(species: "Species") -> dict[SynapseKind, Mask]:
    """Return the synapses that may exist, by kind; shapes as of `ErrorWeights`, without the individuals."""
    layout, errors = species.layout, error_layout(species)
    # the lateral ones stay within a level
    beside = errors.neuron_level[: errors.hidden, None] == layout.neuron_level[None, : layout.hidden]
    return {
        "ascending": species.family.allowed(layout).ascending,
        "sensing": beside,
        "teaching": beside.T,
        "descending": species.family.allowed(errors).descending,
    }


def draw_wiring(species: "Species", rng: Generator) -> dict[SynapseKind, Mask]:
    """Draw the wiring of one individual, by kind of synapses.

    The wiring family draws what ascends between forward neurons and what descends between error neurons; lateral
    synapses are present with the probabilities of their kinds.
    """
    layout, errors = species.layout, error_layout(species)
    network, own, allowed = species.network, species.error_neurons, allowed_by_kind(species)
    densities = network.density_ascending, network.density_descending
    drawn: dict[SynapseKind, Mask] = {"ascending": species.family.draw(layout, densities, rng).ascending}
    lateral: dict[SynapseKind, float] = {"sensing": own.density_sensing, "teaching": own.density_teaching}
    for kind, density in lateral.items():
        drawn[kind] = allowed[kind] & (rng.random(allowed[kind].shape) < density)
    drawn["descending"] = species.family.draw(errors, densities, rng).descending
    return drawn


def plastic_kinds(species: "Species") -> tuple[SynapseKind, ...]:
    """Return the kinds of synapses that change: those that the settings name, where the rule lets them."""
    rule = species.rule
    free: dict[SynapseKind, bool] = {kind: bool(rule.descending) for kind in KINDS} | {
        "ascending": bool(rule.ascending)
    }
    return tuple(kind for kind in KINDS if free[kind] and kind in species.error_neurons.plastic)


def check_error_neurons(network: Network, rule: Rule, genome: Genome, errors: ErrorNeurons) -> None:
    """Check that circuits with error neurons have nothing that they do not know, and others nothing of theirs.

    Parameters
    ----------
    network, rule, genome, errors
        Settings of a species.

    Raises
    ------
    SettingError
        With what was expected, what was given, and how to correct it.
    """
    if network.circuit != NAME:
        _check_unused(genome, errors)
        return
    levels, remedy = tuple(network.levels), f'or another network.circuit than "{NAME}"'
    if not levels:
        raise SettingError(
            f"network.levels: error neurons stand beside hidden levels, so expected some, got []; {remedy}"
        )
    if errors.sizes != "same" and len(errors.sizes) != len(levels):
        raise SettingError(
            f'error_neurons.sizes: expected "same" or a size for each of the {len(levels)} hidden levels, got'
            f" {list(errors.sizes)}"
        )
    # what would need an idea of its own here
    if network.wiring in WIRINGS and WIRINGS[network.wiring].recurrent:
        raise SettingError(
            "network.wiring: error neurons stand beside levels, and signals do not settle in loops, so expected a"
            f' wiring without loops, such as "layered" or "amorphous", got "{network.wiring}"; {remedy}'
        )
    known = rule in (Rule(), Rule(descending=()), Rule(ascending=(), descending=()))
    if not known:
        raise SettingError(
            "plasticity: the four kinds of synapses of circuits with error neurons know one rule, so expected rule ="
            ' "heterosynaptic", "fixed-feedback" or "none", without further terms, momentum or signs as signals;'
            f" {remedy}"
        )
    for key, given, expected in (
        ("network.feedback", network.feedback, "independent"),
        ("network.dale", network.dale, False),
        ("genome.descending_start", genome.descending_start, "random"),
    ):
        if given != expected:
            raise SettingError(
                f"{key}: forward neurons hear of errors from neurons that are not theirs, so expected {expected!r}, got"
                f" {given!r}; {remedy}"
            )


def _check_unused(genome: Genome, errors: ErrorNeurons) -> None:
    """Check that settings of error neurons are left out where there are none: one that does nothing is a slip."""
    usual = {"error_neurons": (errors, ErrorNeurons()), "genome": (genome, Genome())}
    for table, (given, default) in usual.items():
        for key in vars(default):
            if table == "genome" and not key.endswith(("_sensing", "_teaching")):
                continue
            if getattr(given, key) != getattr(default, key):
                raise SettingError(
                    f'{table}.{key}: only circuits with error neurons have such a thing (network.circuit = "{NAME}"),'
                    f" so expected the key to be left out, got {getattr(given, key)!r}"
                )
