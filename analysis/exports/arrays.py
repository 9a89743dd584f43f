"""An individual as arrays (NPZ) and as lists (JSON)."""

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hetevo.analysis.individuals import Individual
from hetevo.analysis.individuals.individual import sizes
from hetevo.analysis.individuals.tracing import pack

FORMAT = 1
"""Version of what is written: names are added, never changed."""


def describe(individual: Individual) -> dict[str, Any]:
    """Return what is to be known of an individual besides its arrays, as plain values.

    ``id``, ``generation``, ``seed``, ``loss``, ``operator``, ``parents``; ``circuit``, ``activation``, ``rule``,
    ``task``; sizes: ``inputs``, ``bias`` (0 or 1), ``levels``, ``outputs``, ``settle`` (steps of settling; 0 without
    loops).
    """
    saved, species = individual.saved, individual.species
    return {
        "format": FORMAT,
        "id": individual.id,
        "generation": individual.generation,
        "seed": saved.seed,
        "loss": individual.loss,
        "operator": saved.operator,
        "parents": list(saved.parents),
        # what it takes to compute with the arrays
        "circuit": species.circuit,
        "activation": "logistic" if individual.rule else species.network.activation,
        "rule": saved.config.plasticity.rule,
        "task": saved.config.task.name,
        **sizes(individual),
    }


def arrays(individual: Individual) -> dict[str, NDArray[Any]]:
    """Return an individual's arrays by name.

    ``gene_NAME`` for every gene; ``mask_ascending`` (H + O, I + H), ``mask_descending`` (H, H + O);
    ``innate_ascending``, ``innate_descending``: weights at birth, of the same shapes; ``learned_ascending``,
    ``learned_descending``: the same for each of K tasks, (K, ...). Circuits with error neurons have ``sensing`` and
    ``teaching`` besides, in the shapes of `hetevo.populations.error_neurons.ErrorWeights`.
    """
    kinds = individual.kinds
    return {
        **{f"gene_{name}": values for name, values in individual.genes.items()},
        **{f"mask_{kind}": mask for kind, mask in zip(kinds, individual.masks, strict=True)},
        **{f"innate_{kind}": values for kind, values in zip(kinds, individual.innate, strict=True)},
        **{f"learned_{kind}": values for kind, values in zip(kinds, individual.learned, strict=True)},
    }


def to_npz(individual: Individual, task: int = 0) -> dict[str, bytes]:
    """Write all of `describe` and `arrays`, each under its name; `numpy.load` reads it, without pickle."""
    del task  # all of them
    facts = {name: np.asarray(value) for name, value in describe(individual).items()}
    facts["parents"] = facts["parents"].astype(np.int64)  # also where there are none
    facts["levels"] = facts["levels"].astype(np.int64)
    return {".npz": pack({**facts, **arrays(individual)})}


def to_json(individual: Individual, task: int = 0) -> dict[str, bytes]:
    """Write `describe` and, as nested lists, the `arrays`; what is not finite is null."""
    del task
    listed = {name: finite(values.tolist()) for name, values in arrays(individual).items()}
    return {".json": dump({**describe(individual), "arrays": listed})}


def dump(content: Mapping[str, Any]) -> bytes:
    """Return plain values as the content of a JSON file."""
    return (json.dumps(content, allow_nan=False) + "\n").encode()


def finite(value: Any) -> Any:
    """Return nested lists with None in the place of numbers that JSON has not."""
    if isinstance(value, list):
        return [finite(part) for part in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
