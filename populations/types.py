"""Array types, named after what they hold."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
"""Real numbers; float32 on the fast path, float64 in tests."""

Mask = NDArray[np.bool_]
"""Synapses that are present."""

Indices = NDArray[np.int64]
"""Positions of individuals in a population."""

Lists = NDArray[np.object_]
"""Synapses of several individuals, each an array of int64 positions in order; see `hetevo.populations.synapses`."""
