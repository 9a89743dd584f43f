"""What a measure looks at, and how it compares two directions."""

from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from functools import cached_property, wraps
from typing import Any, ParamSpec, TypeVar

import numpy as np

from hetevo.analysis.gradient import snapshot_gradients
from hetevo.populations.errors import SettingError
from hetevo.populations.kernel.snapshot import Snapshot
from hetevo.populations.species import Stage
from hetevo.populations.types import Floats

FLOOR = 1e-12
"""Norm below which a direction is undefined: its cosine is NaN, never 0 or 1."""

Given = ParamSpec("Given")
Result = TypeVar("Result")


def also_single(axes: int) -> Callable[[Callable[Given, Result]], Callable[Given, Result]]:
    """Let a function of N networks take one network, too: arrays without the axis N, which its results lack then.

    Parameters
    ----------
    axes : int
        Axes of the function's first argument, N included; it is the largest of them.

    Examples
    --------
    >>> @also_single(axes=3)
    ... def total(weights):
    ...     return weights.sum(axis=(1, 2))
    >>> total(np.ones((4, 2, 3))).tolist(), float(total(np.ones((2, 3))))
    ([6.0, 6.0, 6.0, 6.0], 6.0)
    """

    def decorate(function: Callable[Given, Result]) -> Callable[Given, Result]:
        @wraps(function)
        def call(*given: Given.args, **named: Given.kwargs) -> Result:
            # the first array tells which of the two it is
            every: list[Any] = [*given, *named.values()]
            first = np.shape(every[0])
            if len(first) == axes:
                return function(*given, **named)
            if len(first) != axes - 1:
                raise SettingError(
                    f"{function.__name__}: expected an array with {axes} axes, networks first, or with {axes - 1} for a"
                    f" single network; got shape {first}."
                )
            # a population of one, and back
            widened: Any = [_widen(value) for value in given]
            found: Result = _first(function(*widened, **{name: _widen(value) for name, value in named.items()}))
            return found

        return call

    return decorate


def _widen(value: Any) -> Any:
    """Put the axis N before an array, or a number that stands for one network."""
    return np.asarray(value)[None] if isinstance(value, np.ndarray | float) else value


def _first(found: Any) -> Any:
    if isinstance(found, tuple):
        return tuple(map(_first, found))
    if is_dataclass(found) and not isinstance(found, type):
        return type(found)(**{field.name: _first(getattr(found, field.name)) for field in fields(found)})
    return found[0]


@dataclass(frozen=True)
class View:
    """A lifetime snapshot together with its true gradients.

    Parameters
    ----------
    snapshot : Snapshot
        N circuits on S samples.
    potential_gradient : ndarray of float, shape (N, H + O, S)
        Negative gradient at the potentials.
    weight_gradient : ndarray of float, shape (N, H + O, I + H)
        Negative gradient at the ascending weights, as if every synapse were present.
    """

    snapshot: Snapshot
    potential_gradient: Floats
    weight_gradient: Floats

    @classmethod
    def of(cls, snapshot: Snapshot) -> "View":
        """Compute the gradients of a snapshot."""
        return cls(snapshot, *snapshot_gradients(snapshot))

    @cached_property
    def products(self) -> Floats:
        """Update times gradient, and the square of each, at hidden neurons' synapses, (3, N, H, I + H).

        They are 0 where there is no synapse. Cosines are made of sums of these, and several measures need them: they
        are computed once.
        """
        hidden = self.snapshot.species.layout.hidden
        mask = self.snapshot.mask_ascending[:, :hidden]
        update, gradient = self.snapshot.update[:, :hidden] * mask, self.weight_gradient[:, :hidden] * mask
        return multiply_out(update, gradient)

    @cached_property
    def neuron_sums(self) -> Floats:
        """Sums of the `products` over each hidden neuron's synapses, (3, N, H) in double precision."""
        with np.errstate(all="ignore"):
            return np.asarray(self.products.sum(axis=3, dtype=np.float64))


@dataclass(frozen=True)
class Measure:
    """A measure and the stages of life at which it is recorded.

    Parameters
    ----------
    columns : callable
        Maps a `View` to named columns, each of shape (N,), NaN where undefined.
    stages : frozenset of str or None
        Where it is taken, besides moments that a configuration asks for: by default at all stages that the probe looks
        at.
    instrument : bool
        Only the probe ``instruments`` takes it: the default probe must not take more than a fifth of a generation.
    bounded : bool
        Whether its values lie in -1..1.
    named : bool
        Only probes that name it in ``[probe] measures`` take it: of other runs it changes no probe digest.
    package, extra : str
        A package that it needs, without which a run that names it is refused, and Hetevo's extra that has it.
    """

    columns: Callable[[View], dict[str, Floats]]
    stages: frozenset[Stage] | None = None
    instrument: bool = False
    bounded: bool = True
    named: bool = False
    package: str = ""
    extra: str = ""

    def taken(self, stage: Stage) -> bool:
        """Whether it is taken at a stage."""
        return self.stages is None or stage in self.stages or stage.startswith("life_")


def cosine(first: Floats, second: Floats, axis: int | tuple[int, ...] = -1) -> Floats:
    """Cosine between two arrays, NaN where either norm is below `FLOOR` or not finite.

    Parameters
    ----------
    first, second : ndarray of float
        Arrays of one shape.
    axis : int or tuple of int, optional
        Axes that make up the vectors.

    Returns
    -------
    ndarray of float64
        In [-1, 1], without the given axes.

    Examples
    --------
    >>> cosine(np.array([[3.0, 4.0], [0.0, 0.0]]), np.array([[4.0, 3.0], [1.0, 0.0]])).tolist()
    [0.96, nan]
    """
    return cosine_of_products(multiply_out(first, second), axis)


def multiply_out(first: Floats, second: Floats) -> Floats:
    """Return the product of two arrays of one shape, and the square of each, (3, ...)."""
    products = np.empty((3, *first.shape), np.result_type(first, second))
    with np.errstate(all="ignore"):  # lives that diverge overflow
        for product, (left, right) in zip(products, ((first, second), (first, first), (second, second)), strict=True):
            np.multiply(left, right, out=product)
    return products


def cosine_of_products(products: Floats, axis: int | tuple[int, ...] = -1) -> Floats:
    """Like `cosine`, of two arrays of which `multiply_out` is known, (3, ...); axes are counted without the first."""
    axes = tuple(place if place < 0 else place + 1 for place in (axis if isinstance(axis, tuple) else (axis,)))
    with np.errstate(all="ignore"):
        # sums in double precision, whatever the life had
        inner, *powers = products.sum(axis=axes, dtype=np.float64)
        norms = [np.sqrt(power) for power in powers]
        defined = (norms[0] > FLOOR) & (norms[1] > FLOOR) & np.isfinite(inner)
        value = inner / np.where(defined, norms[0] * norms[1], 1)
    return np.where(defined, np.clip(value, -1, 1), np.nan)
