"""Wiring families: which synapses a network may have, and how they are drawn.

One family a file, a frozen dataclass whose fields are its options. To add one, write a class with `allowed` and `draw`
(see `family.WiringFamily`) and name it in `WIRINGS`; the contract tests run over every entry. A family of another
package needs no entry here: see `hetevo.populations.registry`.
"""

from typing import Any

from hetevo.populations.registry import Registry, accept_family
from hetevo.populations.wiring.amorphous import Amorphous
from hetevo.populations.wiring.barabasi_albert import BarabasiAlbert
from hetevo.populations.wiring.cerebellum import Cerebellum
from hetevo.populations.wiring.cortical import Cortical
from hetevo.populations.wiring.family import Pathways, WiringFamily
from hetevo.populations.wiring.file import FromFile
from hetevo.populations.wiring.lattice import Lattice
from hetevo.populations.wiring.layered import Layered
from hetevo.populations.wiring.recurrent import Recurrent
from hetevo.populations.wiring.rewired import Rewired
from hetevo.populations.wiring.scale_free import ScaleFree
from hetevo.populations.wiring.small_world import SmallWorld


def _accept(found: Any) -> type[WiringFamily]:
    return accept_family(found, (), ("allowed", "draw", "check", "recurrent"))  # type: ignore[no-any-return]


WIRINGS: Registry[type[WiringFamily]] = Registry(
    "wiring",
    {
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
        "file": FromFile,
    },
    _accept,
)
"""Wiring families by the name used in ``[network] wiring``."""

__all__ = ["WIRINGS", "Pathways", "WiringFamily"]
