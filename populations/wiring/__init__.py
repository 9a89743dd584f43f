"""Wiring families: which synapses a network may have, and how they are drawn.

One family a file. To add one, write a class with `allowed` and `draw` (see `family.WiringFamily`) and name it in
`WIRINGS`; the contract tests run over every entry.
"""

from populations.wiring.amorphous import Amorphous
from populations.wiring.family import Pathways, WiringFamily
from populations.wiring.layered import Layered

WIRINGS: dict[str, WiringFamily] = {
    "amorphous": Amorphous(),
    "layered": Layered(),
}
"""Wiring families by the name used in ``[network] wiring``."""

__all__ = ["WIRINGS", "Amorphous", "Layered", "Pathways", "WiringFamily"]
