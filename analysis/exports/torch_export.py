"""An individual for PyTorch: a state dict, and beside it the module that reads it, which needs no Hetevo."""

import io
from pathlib import Path

import numpy as np

from hetevo.analysis.exports.arrays import describe
from hetevo.analysis.individuals import Individual
from hetevo.populations.errors import SettingError
from hetevo.populations.extras import load_extra

KNOWN = ("tanh", "relu", "softplus", "linear", "logistic")
MODULE = Path(__file__).with_name("torch_circuit.py")
"""The module, which is copied."""

LOAD = '''

def load(path: "str | Path" = Path(__file__).with_suffix(".pt")) -> Circuit:
    """Return individual {id}, generation {generation}, as it is after its life in task {of_task}."""
    circuit = Circuit({inputs}, {levels}, {outputs}, bias={bias}, activation={activation!r}, settle={settle})
    circuit.load_state_dict(torch.load(path, weights_only=True))
    return circuit
'''


def to_torch(individual: Individual, task: int = 0) -> dict[str, bytes]:
    """Write the ascending weights and their wiring, float32 and bool, and a module with a function ``load``.

    Raises
    ------
    SettingError
        If torch is not installed, or it is a circuit or has an activation function of another package.
    """
    facts = describe(individual)
    if facts["activation"] not in KNOWN:
        raise SettingError(
            f"--to torch knows the activation functions {', '.join(KNOWN)}, got {facts['activation']!r}. Use --to npz."
        )
    torch = load_extra("torch", "torch", "--to torch")
    weights = np.ascontiguousarray(individual.learned.ascending[task], np.float32)
    sink = io.BytesIO()
    torch.save({"weight": torch.from_numpy(weights), "mask": torch.from_numpy(individual.masks[0].copy())}, sink)
    values = {**facts, "bias": bool(facts["bias"]), "of_task": task}
    source = MODULE.read_text().replace("import torch\n", "from pathlib import Path\n\nimport torch\n", 1)
    return {".pt": sink.getvalue(), ".py": (source + LOAD.format(**values)).encode()}
