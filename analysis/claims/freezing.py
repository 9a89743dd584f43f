"""Whether the runs of a claim are those that were frozen, and what the claim's page and record say of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from hetevo.analysis.claims.claim import Claim
from hetevo.analysis.claims.frozen import Conditions, Frozen, hash_configuration, hash_predictions, is_spent
from hetevo.analysis.runs import LoadedRun
from hetevo.evolve.identity import seed_range
from hetevo.evolve.rundir import RunDirectory
from hetevo.populations.errors import HetevoError, SettingError


@dataclass(frozen=True)
class Freezing:
    """Whether a claim's runs are those that were frozen.

    Parameters
    ----------
    frozen : Frozen or None
        What was fixed; None: nothing.
    problems : tuple of str
        What is not as it was fixed.
    """

    frozen: Frozen | None = None
    problems: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """What the page says of it."""
        if self.frozen is None:
            return "Not frozen: exploratory."
        said = f"rozen on {self.frozen.date[:10]} for seeds {self.frozen.seeds}, hash {self.frozen.hash[:12]}"
        return f"Not as it was f{said}: {'; '.join(self.problems)}. Exploratory." if self.problems else f"F{said}."

    def record(self) -> dict[str, Any]:
        """Return what a recorded table keeps of it."""
        return {} if self.frozen is None else {**self.frozen.record(), "problems": self.problems}

    @classmethod
    def from_record(cls, record: Mapping[str, Any], claim: Claim, conditions: Conditions) -> Self:
        """Restore it; predictions and configurations may have changed since."""
        if not record:
            return cls()
        values = dict(record)
        try:
            problems = values.pop("problems")
            frozen = Frozen(**{**values, "keys": tuple(values["keys"])})
        except (KeyError, TypeError):
            raise SettingError(f"The record of {claim.name} does not say what was frozen. Record it again.") from None
        return cls(frozen, tuple(dict.fromkeys([*problems, *_compare(frozen, claim, conditions)])))


def check_frozen(claim: Claim, conditions: Conditions, runs: Sequence[LoadedRun], frozen: Frozen | None) -> Freezing:
    """Say whether runs are as was frozen: predictions, configurations, plug-ins and seeds, and that they began later.

    Parameters
    ----------
    claim : Claim
        What is claimed.
    conditions : mapping
        The configuration of every condition of its sweep.
    runs : sequence of LoadedRun
        All of them.
    frozen : Frozen or None
        What was fixed.
    """
    if frozen is None:
        return Freezing()
    problems = _compare(frozen, claim, conditions)
    problems += [f"the source of {package} has changed" for package in _find_changed(runs, frozen.sources)]
    seeds = {run.seed for run in runs}
    if seeds != set(seed_range(frozen.seeds)):
        problems.append("the seeds are others")
    if any(map(is_spent, seeds)):
        problems.append("some seeds were spent")
    early = [run for run in runs if not _began_after(run, datetime.fromisoformat(frozen.date))]
    if early:
        problems.append(f"{len(early)} of {len(runs)} runs began before, or nobody knows when")
    return Freezing(frozen, tuple(problems))


def _compare(frozen: Frozen, claim: Claim, conditions: Conditions) -> list[str]:
    """Say what has changed."""
    same = {
        "the predictions have changed": frozen.predictions == hash_predictions(claim),
        "the configuration has changed": frozen.configuration == hash_configuration(conditions, frozen.keys),
    }
    return [problem for problem, is_same in same.items() if not is_same]


def _find_changed(runs: Sequence[LoadedRun], sources: Mapping[str, str]) -> list[str]:
    """List packages with other sources of which runs were lived, as their provenance says, whatever lies here today."""
    if not sources:
        return []
    lived = [RunDirectory(run.path).provenance.plugin_sources() for run in runs]
    return [
        package for package, source in sources.items() if any({*found.get(package, [])} - {source} for found in lived)
    ]


def _began_after(run: LoadedRun, date: datetime) -> bool:
    """Tell whether the provenance of a run says that it began after a date."""
    try:
        first = RunDirectory(run.path).provenance.read()["sessions"][0]
        return datetime.fromisoformat(str(first["started"])) >= date
    except (HetevoError, ValueError, KeyError, IndexError, TypeError):
        return False
