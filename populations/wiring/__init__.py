"""Wiring families: which synapses a network may have, and how they are drawn.

One family a file, a frozen dataclass whose fields are its options. To add one, write a class with `allowed` and `draw`
(see `family.WiringFamily`) and name it in `WIRINGS`; the contract tests run over every entry.
"""

from populations.wiring.amorphous import Amorphous
from populations.wiring.barabasi_albert import BarabasiAlbert
from populations.wiring.cerebellum import Cerebellum
from populations.wiring.cortical import Cortical
from populations.wiring.family import Pathways, WiringFamily
from populations.wiring.lattice import Lattice
from populations.wiring.layered import Layered
from populations.wiring.recurrent import Recurrent
from populations.wiring.rewired import Rewired
from populations.wiring.scale_free import ScaleFree
from populations.wiring.small_world import SmallWorld

WIRINGS: dict[str, type[WiringFamily]] = {
    "amorphous": Amorphous,
    "layered": Layered,
    "rewired": Rewired,
    "lattice": Lattice,
    "small-world": SmallWorld,
    "scale-free": ScaleFree,
    "barabasi-albert": BarabasiAlbert,
    "cerebellum": Cerebellum,
    "cortical": Cortical,
    "recurrent": Recurrent,
}
"""Wiring families by the name used in ``[network] wiring``."""

__all__ = ["WIRINGS", "Pathways", "WiringFamily"]
