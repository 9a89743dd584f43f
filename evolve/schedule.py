"""When a run is saved, by what that costs."""

import time
from collections import deque
from statistics import median

from hetevo.evolve.config import Config

SHARE = 0.02
"""Share of a run's time that checkpoints may cost when ``checkpoint.every`` is ``"auto"``."""

COSTS = 9
"""Saves whose median says what the next one will cost: one alone may have met a busy disk."""

UNSAVED_BYTES = 256 << 20
"""Rows that take more memory than this are saved, whatever ``checkpoint.every`` says."""


class Schedule:
    """Decides when to save, from how long that took before."""

    def __init__(self, config: Config) -> None:
        self._settings = config.checkpoint
        self._begin = self.last = time.perf_counter()
        self._costs: deque[float] = deque(maxlen=COSTS)
        self._spent = 0.0
        self.lived = self.saved = 0

    def is_due(self, generation: int, unsaved: int) -> bool:
        """Tell whether a checkpoint should follow this generation; ``unsaved`` is in bytes."""
        settings, since = self._settings, time.perf_counter() - self.last
        # what is to be kept for good has to be saved, and so has what would fill the memory
        if settings.keep_every and generation % settings.keep_every == 0:
            return True
        if unsaved > UNSAVED_BYTES:
            return True
        # otherwise as the user says: every n generations, every few seconds, or by its share of the time
        if isinstance(settings.every, int):
            return generation % settings.every == 0
        if settings.every == "auto":
            return since >= settings.longest or not self._costs or median(self._costs) <= SHARE * since
        return since >= float(settings.every.removesuffix("s"))

    def add_cost(self, seconds: float) -> None:
        """Note what a save has cost."""
        self._costs.append(seconds)
        self._spent += seconds

    @property
    def summary(self) -> str:
        """How often the run was saved, and what that cost: processor time, and time that the run waited for it."""
        if not self.lived:
            return "nothing left to do"
        share = self._spent / (time.perf_counter() - self._begin)
        often = (
            "after every generation" if self.saved >= self.lived else f"{self.saved} times in {self.lived} generations"
        )
        return f"saved {often}, {share:.1%} of the time"
