"""Values that a sweep draws, or spaces evenly, written as ``loguniform(0.01, 1)`` and ``logspace(0.01, 1, 5)``.

Each sample of each key has a random stream of its own, so that more samples, or one more key, change no other values.
Numbers have four significant digits: names of runs hold them, and what is computed is what stands there.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from hetevo.evolve.identity import MOST_SEEDS
from hetevo.evolve.rundir.sweep import Drawn
from hetevo.evolve.toml import inline, read_toml
from hetevo.populations.random_streams import Purpose, random_stream

DIGITS = 4
"""Significant digits of drawn and spaced numbers."""

TRIES = 100
"""Draws for each sample that is wanted, after which there are not enough different ones."""

DISTRIBUTIONS = ("uniform", "loguniform", "integers", "choice")
SPACINGS = ("linspace", "logspace")

EXAMPLES = "uniform(0, 1), loguniform(0.01, 1), integers(8, 64) or choice(4, 8, 16)"

_CALL = re.compile(rf"\s*({'|'.join((*DISTRIBUTIONS, *SPACINGS))})\s*\((.*)\)\s*", re.DOTALL)


@dataclass(frozen=True)
class Distribution:
    """What values are drawn from.

    Parameters
    ----------
    name : str
        One of `DISTRIBUTIONS`.
    values : tuple
        Smallest and largest value; of ``choice`` all of them.
    """

    name: str
    values: tuple[Any, ...]

    def __str__(self) -> str:
        """Write it as it is read."""
        return f"{self.name}({', '.join(map(inline, self.values))})"

    def at(self, share: float) -> Any:
        """Return the value below which a share of all draws lies; ``share``: in [0, 1)."""
        if self.name == "choice":
            return self.values[int(share * len(self.values))]
        from scipy import stats  # only who draws waits for it

        low, high = self.values
        if self.name == "integers":
            return int(stats.randint(low, high + 1).ppf(share)) if share else low
        found = stats.uniform(low, high - low) if self.name == "uniform" else stats.loguniform(low, high)
        return min(max(_shorten(float(found.ppf(share))), float(low)), float(high))

    def has(self, value: object) -> bool:
        """Tell whether a value can be drawn."""
        if self.name == "choice":
            return value in self.values
        wanted = int if self.name == "integers" else int | float
        return isinstance(value, wanted) and not isinstance(value, bool) and self.values[0] <= value <= self.values[1]


def _shorten(number: float) -> float:
    return float(f"{number:.{DIGITS}g}")


def read_call(text: str, key: str) -> Distribution | list[Any] | None:
    """Read a distribution, or evenly spaced values as a list; None if a text is neither.

    Raises
    ------
    ValueError
        If it is called like one, and has other arguments than that.

    Examples
    --------
    >>> read_call("logspace(0.01, 1, 3)", "genome.gain_scale")
    [0.01, 0.1, 1.0]
    >>> str(read_call("integers(8, 64)", "evolution.size"))
    'integers(8, 64)'
    """
    found = _CALL.fullmatch(text)
    if found is None:
        return None
    name = found[1]
    try:
        values = read_toml(f"values = [{found[2]}]")["values"]
    except (ValueError, KeyError):
        # bare words are texts, as elsewhere
        values = [word.strip() for word in found[2].split(",")] if name == "choice" else []
    if name in SPACINGS:
        return _space(name, values, f"{key}: {text}")
    if name == "choice":
        if not values or len({repr(value) for value in values}) < len(values):
            raise ValueError(f"{key}: {text}: expected values, each once, such as choice(4, 8, 16)")
        return Distribution(name, tuple(values))
    kind = int if name == "integers" else int | float
    _check_bounds(name, values, kind, f"{key}: {text}: expected {name}(smallest, largest)", 2)
    return Distribution(name, tuple(values))


def _check_bounds(name: str, values: list[Any], kind: Any, expected: str, count: int) -> None:
    """Check smallest and largest value, which come first."""
    numbers = all(isinstance(value, kind) and not isinstance(value, bool) and abs(value) < 1e300 for value in values)
    if len(values) != count or not numbers or not values[0] < values[1] or (name.startswith("log") and values[0] <= 0):
        above = ", both above 0" if name.startswith("log") else ", both whole" if name == "integers" else ""
        raise ValueError(f"{expected}{above}, such as {EXAMPLES} or logspace(0.01, 1, 5)")


def _space(name: str, values: list[Any], given: str) -> list[Any]:
    expected = f"{given}: expected {name}(smallest, largest, how many)"
    _check_bounds(name, values, int | float, expected, 3)
    low, high, count = values
    if not isinstance(count, int) or not 2 <= count <= MOST_SEEDS:
        raise ValueError(f"{expected}, a whole number from 2 on, such as logspace(0.01, 1, 5)")
    shares = [number / (count - 1) for number in range(count)]
    if name == "linspace":
        inner = [low + (high - low) * share for share in shares[1:-1]]
    else:
        inner = [low * (high / low) ** share for share in shares[1:-1]]
    return [float(low), *map(_shorten, inner), float(high)]


class RandomTable(BaseModel):
    """``[random]`` of a sweep file.

    Parameters
    ----------
    samples : int
        Conditions that are drawn.
    seed : int
        Of the draws, not of the runs.
    values : dict of str to str
        Distributions by dotted key.
    """

    model_config = ConfigDict(extra="forbid", strict=True)

    samples: int = Field(10, ge=1, le=MOST_SEEDS, description="conditions that are drawn")
    seed: int = Field(0, ge=0, lt=2**63, description="seed of the draws, not of the runs")
    values: dict[str, str] = Field(
        {}, examples=[{"genome.gain_scale": "loguniform(0.01, 1)"}], description="distributions by key"
    )

    @field_validator("values")
    @classmethod
    def _read(cls, values: dict[str, str]) -> dict[str, str]:
        for key, text in values.items():
            if not isinstance(read_call(text, f"random.values.{key}"), Distribution):
                raise ValueError(f"random.values.{key}: expected a distribution such as {EXAMPLES}, got {text!r}")
        return values

    @property
    def distributions(self) -> dict[str, Distribution]:
        """What the values are drawn from, by key."""
        read = {key: read_call(text, key) for key, text in self.values.items()}
        return {key: found for key, found in read.items() if isinstance(found, Distribution)}

    def draw(self, before: Sequence[Drawn] = ()) -> Drawn:
        """Draw, or take what was drawn before of the same.

        Parameters
        ----------
        before : sequence of Drawn
            What a sweep's directory remembers.

        Raises
        ------
        ValueError
            If there are fewer different samples than are wanted.
        """
        kinds = self.distributions
        texts = {key: str(kind) for key, kind in kinds.items()}
        known = next((each.samples for each in before if each.seed == self.seed and each.values == texts), ())
        # a list is anybody's: only what can be drawn counts
        drawn = [
            dict(each)
            for each in known
            if each.keys() == kinds.keys() and all(kind.has(each[key]) for key, kind in kinds.items())
        ][: self.samples]
        if len(drawn) < self.samples:
            seen = {repr(sorted(each.items())) for each in drawn}
            for sample in self._draw_all(kinds):
                if (what := repr(sorted(sample.items()))) not in seen:
                    seen.add(what)
                    drawn.append(sample)
                if len(drawn) == self.samples:
                    break
            else:
                raise ValueError(
                    f"random.samples: expected no more samples than there are different ones, got {self.samples}, and"
                    f" {len(drawn)} different ones in {TRIES * self.samples:,} draws. Give fewer samples (--samples),"
                    " or run every combination instead: list the values in [grid], or with commas between them"
                )
        return Drawn(self.seed, texts, tuple(drawn))

    def _draw_all(self, kinds: Mapping[str, Distribution]) -> Iterator[dict[str, Any]]:
        # a place of its own for each key, whatever others there are
        places = {key: int.from_bytes(sha256(key.encode()).digest()[:4]) for key in kinds}
        for number in range(TRIES * self.samples):
            yield {
                key: kind.at(float(random_stream(self.seed, number, Purpose.SWEEP, places[key]).random()))
                for key, kind in kinds.items()
            }
