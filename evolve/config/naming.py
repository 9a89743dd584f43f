"""What to call a configuration: by the preset that it was made from, and by what was changed."""

from functools import cache
from typing import Any

from hetevo.evolve.config.config import Config
from hetevo.evolve.config.sources import read_source, shipped
from hetevo.evolve.identity import condition_values, labels

MOST_NAMED = 3
"""Changes that a name spells out; of more, all but one of so many, and how many others there are."""


def named(config: Config) -> Config:
    """Return a configuration whose ``preset`` names what was changed: ``"emergence, task=xor"``.

    What makes no condition (seed, number of generations, what is kept, where lives are computed) is no change. A name
    that is not that of a preset is the user's own, and stays.

    Parameters
    ----------
    config : Config
        Its ``preset`` may name changes already, of which it has other ones by now.
    """
    base = config.preset.partition(",")[0]
    if not _values(base):
        return config
    now, keys = changes_of(config)
    told = labels(now, keys if len(keys) <= MOST_NAMED else keys[: MOST_NAMED - 1])
    if len(keys) > MOST_NAMED:
        told.append(f"{len(keys) - len(told)} more changes")
    return config.model_copy(update={"preset": ", ".join([base, *told])})


def changes_of(config: Config) -> tuple[dict[str, Any], list[str]]:
    """Return the values that make a configuration's condition, and the keys of those that its preset has otherwise.

    Parameters
    ----------
    config : Config
        One that is made from no preset is compared with the default, `emergence`.
    """
    before = _values(config.preset.partition(",")[0]) or condition_values(Config().model_dump(mode="json"))
    now = condition_values(config.model_dump(mode="json"))
    absent = object()
    keys = [key for key in {**now, **before} if now.get(key, absent) != before.get(key, absent)]
    keys = [key for key in keys if not key.endswith("sha256")]  # beside it stands the name of the file
    # arguments of another operator need no mention that those of the former are gone
    tables = {key.removesuffix("name") for key in keys if key.endswith(".name")}
    return now, [key for key in keys if key in now or not key.startswith(tuple(tables))]


@cache
def _values(preset: str) -> dict[str, Any]:
    """Return what makes the condition of a preset; nothing if there is none of that name."""
    if preset not in shipped("presets"):
        return {}
    content = read_source(preset, "presets")
    return condition_values(Config.model_validate(content).model_dump(mode="json"))
