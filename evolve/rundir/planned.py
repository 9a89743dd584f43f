"""What stands in ``sweep.json``, and in it the settings that runs will have: they are known before a run begins.

There is one configuration for all conditions, and of each condition what it has otherwise.
"""

from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from hetevo.evolve.rundir.schemas import ConfigFile, Loose

Stage = Literal["birth", "end", "innate-descending", "innate-ascending", "pilot"]

Content = dict[str, Any]
"""Nested values, as in ``config.toml``."""

ABSENT = None
"""Stands for a key that a condition has not, or whose value nobody knows before the run begins; TOML has no null."""


class Settings(Loose):
    """What runs have in common, and by condition what is other there."""

    common: dict[str, Any] = Field({})
    conditions: dict[str, dict[str, Any]] = Field({})

    def with_conditions(self, found: Mapping[str, Content]) -> "Settings":
        """Return the same with further conditions, or with other settings of known ones.

        Parameters
        ----------
        found : mapping of str to dict
            Nested values by condition.
        """
        # what stands there as common stays, so that nothing else has to be written anew
        common = self.common or next(iter(found.values()), {})
        own = {condition: dict(_subtract(content, common)) for condition, content in found.items()}
        return Settings(common=common, conditions={**self.conditions, **own})

    def all(self) -> dict[str, Content]:
        """Return the configurations of all conditions, but for their seeds."""
        return {condition: self.expect(condition) for condition in self.conditions}

    def expect(self, condition: str) -> Content:
        """Return the configuration of the runs of a condition, but for their seed; empty if nothing is known of it."""
        if condition not in self.conditions:
            return {}
        content = _add(self.common, self.conditions[condition])
        # anybody can write such a file: what is no configuration is nothing that is known
        try:
            # as strictly as the configuration of a run
            ConfigFile.model_validate(content)
        except ValidationError:
            return {}
        return content


class _Run(Loose):
    run: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9.=_-]*$", max_length=255)]
    condition: Annotated[str, Field(min_length=1)]
    seed: Annotated[int, Field(ge=0, lt=2**63)]
    stage: Stage = "end"
    shown_as: str = ""


class _Drawn(Loose):
    seed: Annotated[int, Field(ge=0, lt=2**63)]
    values: dict[str, str]
    samples: list[dict[str, Any]]


class SweepFile(Loose):
    """``sweep.json``."""

    version: Literal[1, 2] = Field(alias="schema")
    name: str = ""
    runs: list[_Run]
    drawn: tuple[_Drawn, ...] = Field((), strict=False)
    settings: Settings = Settings()
    ends: dict[str, Annotated[int, Field(ge=0, lt=2**63)]] = Field({})
    # of the first version of extended sweeps: one for all conditions
    generations: Annotated[int, Field(ge=0, lt=2**63)] | None = None

    def list_ends(self) -> dict[str, int]:
        """Return by condition the generation to which its runs were asked to go on."""
        if self.generations is None:
            return self.ends
        return {run.condition: self.generations for run in self.runs if run.stage == "end"} | self.ends


def _subtract(content: Content, common: Content) -> Iterable[tuple[str, Any]]:
    """Iterate over what is other than in the common values, key by key of tables."""
    for key in {**common, **content}:
        here, there = content.get(key, ABSENT), common.get(key, ABSENT)
        if isinstance(here, dict) and isinstance(there, dict):
            # what a key of a table holds counts as a whole
            changed = {name: here.get(name, ABSENT) for name in {**there, **here} if _differ(name, here, there)}
            if changed:
                yield key, changed
        elif here != there:
            yield key, here


def _differ(name: str, here: Content, there: Content) -> bool:
    return here.get(name, ABSENT) != there.get(name, ABSENT)


def _add(common: Content, changes: Content) -> Content:
    content = dict(common)
    for key, value in changes.items():
        table = content.get(key)
        merged = {**table, **value} if isinstance(table, dict) and isinstance(value, dict) else value
        content[key] = _without_absent(merged) if isinstance(merged, dict) else merged
    return _without_absent(content)


def _without_absent(content: Content) -> Content:
    return {key: value for key, value in content.items() if value is not ABSENT}
