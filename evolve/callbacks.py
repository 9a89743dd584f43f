"""What a program may attach to a run: objects that are told what happens, and cannot change it."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from hetevo.evolve.messages import log
from hetevo.populations.errors import SettingError

if TYPE_CHECKING:  # they are told of these
    from hetevo.evolve.loop import LivedGeneration
    from hetevo.evolve.own_loop import OpenRun

MOMENTS = ("on_start", "on_generation", "on_checkpoint", "on_end")
"""Methods that a callback may have."""


class Callback:
    """Is told what happens to a run; override what you need.

    Any object with at least one of these methods will do. What a callback raises is logged, and the run goes on.

    Examples
    --------
    >>> class Best(Callback):
    ...     def on_generation(self, run, generation):
    ...         if generation.loss.min() < 0.05:
    ...             run.stop("good enough")
    """

    def on_start(self, run: "OpenRun") -> None:
        """Hear that a session begins; ``run.number`` is the last generation that has lived, or -1."""

    def on_generation(self, run: "OpenRun", generation: "LivedGeneration") -> None:
        """Hear that a generation has lived and was recorded."""

    def on_checkpoint(self, run: "OpenRun", number: int) -> None:
        """Hear that the run up to a generation is on the disk."""

    def on_end(self, run: "OpenRun") -> None:
        """Hear that the session has ended; ``run.outcome`` is ``"done"``, ``"stopped"`` or ``"failed"``."""


class Callbacks:
    """Calls the callbacks of a run, in order.

    Parameters
    ----------
    members : sequence
        The callbacks.

    Raises
    ------
    SettingError
        If one has none of the methods, or is a class.
    """

    def __init__(self, members: Sequence[Any] = ()) -> None:
        for member in members:
            if isinstance(member, type) or not any(callable(getattr(member, name, None)) for name in MOMENTS):
                some = f"at least one of the methods {', '.join(MOMENTS)}"
                raise SettingError(
                    f"callbacks: expected objects with {some}, got {member!r}."
                    + (f" Give an object of it: {member.__name__}()." if isinstance(member, type) else "")
                )
        self._members = list(members)
        self._failed: set[tuple[int, str]] = set()

    def add(self, member: Any) -> None:
        """Add one that is told last."""
        self._members.append(member)

    def call(self, moment: str, *arguments: Any) -> None:
        """Call a method of all that have it; its first failure is logged. KeyboardInterrupt passes through."""
        for place, member in enumerate(self._members):
            method: Callable[..., Any] | None = getattr(member, moment, None)
            if method is None:
                continue
            try:
                method(*arguments)
            except Exception as error:
                if (place, moment) not in self._failed:  # said once: it may fail in every generation
                    self._failed.add((place, moment))
                    name, kind = type(member).__name__, type(error).__name__
                    log.warning("%s.%s has failed, and the run goes on: %s: %s", name, moment, kind, error)
