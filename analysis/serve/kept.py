"""Values that are kept in memory as long as there is room, so that who asks again need not wait."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

PATIENCE = 10.0
"""So many times as long as it took to make, a value is new enough whatever has changed: a page that asks for what
changes all the time keeps a tenth of a core busy at most."""

Value = TypeVar("Value")


@dataclass(frozen=True)
class _Made(Generic[Value]):
    """A value, what it weighs, of what it was made, and until when it is new enough whatever has changed since."""

    value: Value
    weight: int
    version: Hashable
    until: float


class Kept(Generic[Value]):
    """The values that were asked for last; threads may ask at the same time, and wait for each other.

    Parameters
    ----------
    most : int
        What all of them may weigh, such as bytes; the newest is kept in any case.
    weigh : callable
        Returns what a value weighs.

    Examples
    --------
    >>> kept = Kept(4, len)
    >>> kept.get("a", 1, lambda: "aaa"), kept.get("a", 1, lambda: "other"), kept.get("b", 1, lambda: "bb")
    ('aaa', 'aaa', 'bb')
    >>> kept.get("a", 1, lambda: "other")
    'other'
    """

    def __init__(self, most: int, weigh: Callable[[Value], int]) -> None:
        self._most, self._weigh = most, weigh
        self._made: OrderedDict[Hashable, _Made[Value]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, version: Hashable, make: Callable[[], Value]) -> Value:
        """Return the value of a key; it is made where there is none, or one of another version and not new enough."""
        with self._lock:
            made = self._made.get(key)
            if made is None or (made.version != version and time.monotonic() >= made.until):
                begun = time.monotonic()
                value = make()
                ended = time.monotonic()
                made = _Made(value, self._weigh(value), version, ended + PATIENCE * (ended - begun))
                self._made[key] = made
            self._made.move_to_end(key)
            # what was not asked for longest goes first
            while len(self._made) > 1 and sum(one.weight for one in self._made.values()) > self._most:
                self._made.popitem(last=False)
            return made.value
