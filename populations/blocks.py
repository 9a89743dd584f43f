"""How many individuals live side by side: speed only, never a bit of the result."""

import numpy as np

from hetevo.populations.kernel.memory import panels
from hetevo.populations.species import Species

BLOCK_BYTES = 5 << 20
"""Working memory of a block of lives: beyond it, passes over the weights slow down (measured, one core of two)."""

BLOCK_NETWORKS = (32, 256)
"""Fewest and most lives in a block: with fewer the interpreter's share grows, with more nothing is gained."""

ONLINE_NETWORKS = (128, 512)
"""The same for one sample a presentation, where networks are the fastest axis."""

LAYER_NETWORKS = 1024
"""Most lives in a block of single layers, which are small: a pass over them should cost more than its call."""

PROBED_SAMPLES = 128
"""Samples that a layer may meet at once, if its test has fewer."""


def block_size(species: Species) -> int:
    """Choose how many individuals live side by side so that a block's working memory stays in cache.

    Parameters
    ----------
    species : Species
        Names the sizes.
    """
    layout, life = species.layout, species.life
    if species.formula is not None:
        products = 8 * layout.outputs * layout.units * max(life.test_samples, PROBED_SAMPLES)
        return max(1, min(LAYER_NETWORKS, BLOCK_BYTES // products) // life.tasks)
    cells = sum(panel.cells for panel in panels(species))
    signals = (3 * layout.units + 3 * layout.neurons) * life.batch
    bytes_each = 4 * (2 * 4 * cells + signals)  # weights, drive, scale and keep of two pathways
    fewest, most = ONLINE_NETWORKS if life.batch == 1 else BLOCK_NETWORKS
    return max(1, int(np.clip(BLOCK_BYTES // bytes_each, fewest, most)) // life.tasks)
