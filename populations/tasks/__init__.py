"""Tasks: what a network is taught during its life.

One task family a file, a frozen dataclass whose fields are its options. To add one, write a class with `draw` (see
`task.Task`) and name it in `TASKS`; the contract tests run over every entry. A task of another package needs no entry
here: see `hetevo.populations.registry`.
"""

from typing import Any

from hetevo.populations.registry import Registry, accept_family
from hetevo.populations.tasks.digits import Digits
from hetevo.populations.tasks.glyphs import Glyphs
from hetevo.populations.tasks.history import Exposure, History
from hetevo.populations.tasks.linear import Linear
from hetevo.populations.tasks.patterns import Patterns
from hetevo.populations.tasks.reach import Reach
from hetevo.populations.tasks.separable import Separable
from hetevo.populations.tasks.sine import Sine
from hetevo.populations.tasks.table import Table
from hetevo.populations.tasks.task import Samples, Synthetic, Task, TaskInstance
from hetevo.populations.tasks.teacher import Teacher
from hetevo.populations.tasks.xor import Xor


def _accept(found: Any) -> type[Task]:
    return accept_family(found, ("inputs", "outputs"), ("classification", "draw", "prepare"))  # type: ignore[no-any-return]


TASKS: Registry[type[Task]] = Registry(
    "task",
    {
        "sine": Sine,
        "xor": Xor,
        "teacher": Teacher,
        "linear": Linear,
        "separable": Separable,
        "patterns": Patterns,
        "reach": Reach,
        "history": History,
        "exposure": Exposure,
        "digits": Digits,
        "glyphs": Glyphs,
        "table": Table,
    },
    _accept,
)
"""Task families by the name used in ``[task] name``."""

__all__ = [
    "TASKS",
    "Digits",
    "Exposure",
    "Glyphs",
    "History",
    "Linear",
    "Patterns",
    "Reach",
    "Samples",
    "Separable",
    "Sine",
    "Synthetic",
    "Table",
    "Task",
    "TaskInstance",
    "Teacher",
    "Xor",
]
