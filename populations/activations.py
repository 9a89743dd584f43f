"""Activation functions, each with its derivative written in terms of the activity.

Every function here has an inverse or a derivative that depends on ``x = f(p)`` alone, so the lifetime never has to
keep the potentials ``p``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from hetevo.populations.registry import Registry, accept_instance
from hetevo.populations.types import Floats


@dataclass(frozen=True)
class Activation:
    """A function ``x = f(p)`` and its derivative.

    Parameters
    ----------
    apply : callable
        ``apply(p, out)`` writes ``f(p)`` into ``out``; both may be the same array, of any shape.
    slope : callable
        ``slope(x, out)`` writes ``f'(p)``, computed from ``x = f(p)``, into ``out``, another array of the same shape.
    """

    apply: Callable[[Floats, Floats], None]
    slope: Callable[[Floats, Floats], None]


def _tanh(potential: Floats, out: Floats) -> None:
    np.tanh(potential, out=out)


def _slope_tanh(activity: Floats, out: Floats) -> None:
    np.square(activity, out=out)
    np.subtract(1, out, out=out)


def _relu(potential: Floats, out: Floats) -> None:
    np.maximum(potential, 0, out=out)


def _slope_relu(activity: Floats, out: Floats) -> None:
    np.greater(activity, 0, out=out)


def _softplus(potential: Floats, out: Floats) -> None:
    np.logaddexp(potential, 0, out=out)


def _slope_softplus(activity: Floats, out: Floats) -> None:
    # f = log(1 + exp(p)), so f' = 1 - exp(-f)
    np.negative(activity, out=out)
    np.expm1(out, out=out)
    np.negative(out, out=out)


def _linear(potential: Floats, out: Floats) -> None:
    if out is not potential:
        np.copyto(out, potential)


def _slope_linear(activity: Floats, out: Floats) -> None:
    out.fill(1)


ACTIVATIONS: Registry[Activation] = Registry(
    "activation",
    {
        "tanh": Activation(_tanh, _slope_tanh),
        "relu": Activation(_relu, _slope_relu),
        "softplus": Activation(_softplus, _slope_softplus),
        "linear": Activation(_linear, _slope_linear),
    },
    partial(accept_instance, Activation),
)
"""Activation functions by the name used in ``[network] activation``."""
