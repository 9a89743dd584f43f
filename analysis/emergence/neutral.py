"""Which runs are neutral."""

from collections.abc import Mapping, Sequence

from hetevo.analysis.loading import LoadedRun
from hetevo.populations.errors import SettingError, nearest

LOT = "selRandom"
"""DEAP's selection by lot."""


def by_lot(run: LoadedRun) -> bool:
    """Tell whether the parents and elites of a run were drawn by lot."""
    evolution = run.config.get("evolution", {})
    return all(_name(evolution.get(key)) == LOT for key in ("select", "select_elites"))


def neutral_condition(groups: Mapping[str, Sequence[LoadedRun]], wanted: str | None = None) -> str:
    """Name the neutral condition.

    Parameters
    ----------
    groups : mapping of str to sequence of LoadedRun
        Runs by condition.
    wanted : str, optional
        A condition chosen by the user. Default: the only one in which parents are drawn by lot.

    Raises
    ------
    SettingError
        If there is none, or more than one.
    """
    names = ", ".join(groups)
    if wanted is not None:
        if wanted not in groups:
            raise SettingError(f"neutral: expected one of {names}, got {wanted!r}.{nearest(wanted, groups)}")
        return wanted
    found = [name for name, group in groups.items() if all(map(by_lot, group))]
    if len(found) == 1:
        return found[0]
    if not found:
        raise SettingError(
            f"None of the conditions ({names}) is neutral: in a neutral run parents and elites are drawn by lot."
            " Add runs of the preset 'neutral' (or of your configuration with evolution.select.name ="
            f' "{LOT}" and evolution.select_elites.name = "{LOT}"): without them, nothing says what drift alone does.'
        )
    raise SettingError(f"Several conditions are neutral: {', '.join(found)}. Choose the one to compare with (neutral).")


def _name(operator: object) -> object:
    return operator.get("name") if isinstance(operator, dict) else operator
