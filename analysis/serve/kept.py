"""Values that are kept in memory as long as there is room, so that who asks again need not wait."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Value = TypeVar("Value")


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
    >>> kept.get("a", lambda: "aaa"), kept.get("a", lambda: "other"), kept.get("b", lambda: "bb")
    ('aaa', 'aaa', 'bb')
    >>> kept.get("a", lambda: "other")
    'other'
    """

    def __init__(self, most: int, weigh: Callable[[Value], int]) -> None:
        self._most, self._weigh = most, weigh
        self._values: OrderedDict[Hashable, tuple[Value, int]] = OrderedDict()
        self._total = 0
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """Return the value of a key, which is made if it is not there."""
        with self._lock:
            if key not in self._values:
                value = make()
                size = self._weigh(value)
                self._values[key] = value, size
                self._total += size
            self._values.move_to_end(key)
            # what was not asked for longest goes first
            while self._total > self._most and len(self._values) > 1:
                self._total -= self._values.popitem(last=False)[1][1]
            return self._values[key][0]
