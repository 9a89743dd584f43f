"""Sizes of a network and the order of its units."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hetevo.populations.errors import SettingError
from hetevo.populations.types import Mask


@dataclass(frozen=True)
class Layout:
    """Input units, hidden levels and outputs of a network.

    Units that send up are ordered *inputs, hidden level 1, hidden level 2, ...*: columns of ``W``. Neurons that
    receive are ordered *hidden level 1, ..., outputs*: rows of ``W``, columns of ``V``. Everything below a level is
    therefore a prefix and everything above it a suffix, which the kernel uses.

    Parameters
    ----------
    inputs : int
        Sensory inputs, without the bias.
    levels : tuple of int
        Neurons in each hidden level, lowest first. Circuits have at least one; none is a single layer.
    outputs : int
        Output neurons.
    bias : bool, optional
        Whether the last input unit is a constant 1.

    Raises
    ------
    SettingError
        If a size is below 1.
    """

    inputs: int
    levels: tuple[int, ...]
    outputs: int
    bias: bool = True

    def __post_init__(self) -> None:
        # no level at all is a single layer
        if min(self.levels, default=1) < 1:
            raise SettingError(
                f"A hidden level has at least 1 neuron, got levels = {list(self.levels)}."
                " Give for example levels = [8, 8]."
            )
        if self.inputs < 1 or self.outputs < 1:
            raise SettingError(
                f"A network needs at least 1 input and 1 output, got inputs = {self.inputs}, outputs = {self.outputs}."
            )

    @cached_property
    def input_units(self) -> int:
        """Input units ``I``, the bias included."""
        return self.inputs + int(self.bias)

    @cached_property
    def hidden(self) -> int:
        """Hidden neurons ``H``, over all levels."""
        return sum(self.levels)

    @cached_property
    def neurons(self) -> int:
        """Neurons that receive, ``H + O``."""
        return self.hidden + self.outputs

    @cached_property
    def units(self) -> int:
        """Units that send up, ``I + H``."""
        return self.input_units + self.hidden

    @cached_property
    def level_slices(self) -> tuple[slice, ...]:
        """Slice of the neurons of each hidden level."""
        # levels lie one after another, lowest first
        ends = np.cumsum(self.levels)
        return tuple(slice(int(end) - size, int(end)) for end, size in zip(ends, self.levels, strict=True))

    @cached_property
    def unit_level(self) -> np.ndarray:
        """Level of each sending unit, shape (I + H,): 0 for inputs, 1, 2, ... for hidden ones."""
        return np.repeat(np.arange(len(self.levels) + 1), (self.input_units, *self.levels))

    @cached_property
    def neuron_level(self) -> np.ndarray:
        """Level of each neuron, shape (H + O,): 1, 2, ... for hidden ones, one more for the outputs."""
        return np.repeat(np.arange(1, len(self.levels) + 2), (*self.levels, self.outputs))

    @property
    def unit_names(self) -> list[str]:
        """Names of all units from below.

        >>> Layout(inputs=1, levels=(2,), outputs=1).unit_names
        ['in1', 'bias', 'h1', 'h2', 'out1']
        """
        inputs = [f"in{number + 1}" for number in range(self.inputs)] + (["bias"] if self.bias else [])
        hidden = [f"h{number + 1}" for number in range(self.hidden)]
        return [*inputs, *hidden, *(f"out{number + 1}" for number in range(self.outputs))]

    def below(self) -> Mask:
        """Where a unit lies on a lower level than a neuron, shape (H + O, I + H)."""
        return np.asarray(self.unit_level[None, :] < self.neuron_level[:, None])

    def above(self) -> Mask:
        """Where a neuron lies on a higher level than a hidden neuron, shape (H, H + O)."""
        return np.asarray(self.neuron_level[None, :] > self.neuron_level[: self.hidden, None])
