"""Activation functions, each with its derivative written in terms of the activity.

Every function here has an inverse or a derivative that depends on ``x = f(p)`` alone, so the lifetime never has to
keep the potentials ``p``.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from populations.types import Floats


@dataclass(frozen=True)
class Activation:
    """A function ``x = f(p)`` and its derivative.

    Parameters
    ----------
    apply : callable
        ``apply(p, out)`` writes ``f(p)`` into ``out``; both may be the same array, of any shape.
    modulate : callable
        ``modulate(signal, x, scratch)`` multiplies ``signal`` in place by ``f'(p)``, computed from ``x = f(p)``;
        ``scratch`` is an array of the same shape that may be overwritten.
    """

    apply: Callable[[Floats, Floats], None]
    modulate: Callable[[Floats, Floats, Floats], None]


def _tanh(potential: Floats, out: Floats) -> None:
    np.tanh(potential, out=out)


def _modulate_tanh(signal: Floats, activity: Floats, scratch: Floats) -> None:
    np.multiply(activity, activity, out=scratch)
    np.subtract(1, scratch, out=scratch)
    np.multiply(signal, scratch, out=signal)


def _relu(potential: Floats, out: Floats) -> None:
    np.maximum(potential, 0, out=out)


def _modulate_relu(signal: Floats, activity: Floats, scratch: Floats) -> None:
    np.greater(activity, 0, out=scratch)
    np.multiply(signal, scratch, out=signal)


def _softplus(potential: Floats, out: Floats) -> None:
    np.logaddexp(potential, 0, out=out)


def _modulate_softplus(signal: Floats, activity: Floats, scratch: Floats) -> None:
    # f = log(1 + exp(p)), so f' = 1 - exp(-f)
    np.negative(activity, out=scratch)
    np.expm1(scratch, out=scratch)
    np.negative(scratch, out=scratch)
    np.multiply(signal, scratch, out=signal)


def _linear(potential: Floats, out: Floats) -> None:
    if out is not potential:
        np.copyto(out, potential)


def _modulate_linear(signal: Floats, activity: Floats, scratch: Floats) -> None:
    pass  # f' = 1


ACTIVATIONS: dict[str, Activation] = {
    "tanh": Activation(_tanh, _modulate_tanh),
    "relu": Activation(_relu, _modulate_relu),
    "softplus": Activation(_softplus, _modulate_softplus),
    "linear": Activation(_linear, _modulate_linear),
}
"""Activation functions by the name used in ``[network] activation``."""
