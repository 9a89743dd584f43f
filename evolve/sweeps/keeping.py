"""What a sweep's directory calls the conditions of a file whose keys have another order by now."""

from collections import Counter
from collections.abc import Callable, Collection, Sequence

from hetevo.evolve.identity import value_of
from hetevo.evolve.rundir.planned import Content
from hetevo.evolve.rundir.sweep import SweepList
from hetevo.evolve.sweeps.controls import Changes
from hetevo.evolve.sweeps.file import SweepFile, conditions_of, list_bases, name_control
from hetevo.evolve.sweeps.making import Make, Member, describe_settings
from hetevo.populations.text import for_file

Same = Callable[[Changes, str], bool | None]
"""Tells whether changes and a condition of the directory vary the same keys, with the same values; None: unknown."""


def keep_conditions(
    file: SweepFile, samples: Sequence[Changes], there: SweepList, source: str, make: Make
) -> tuple[list[tuple[str, Changes]], SweepFile]:
    """Combine the conditions of a sweep, and call each as its directory does; so do ``labels``, and names of donors.

    Parameters
    ----------
    file : SweepFile
        What is run.
    samples : sequence of dict
        What was drawn, by dotted key.
    there : SweepList
        What the directory holds.
    source : str
        What to call the sweep in messages.
    make : callable
        See `hetevo.evolve.sweeps.making.Make`.

    Raises
    ------
    ConfigError
        If a condition that may be one of the directory cannot be made.
    """
    asked = list(conditions_of(file, samples))
    varied = [*file.grid, *file.zip, *file.random.values]
    # several conditions of the directory may be compared with one
    made: dict[int, Content] = {}

    def same(changes: Changes, known: str) -> bool | None:
        settings = there.settings.expect(known)
        if not settings:
            return None
        if id(changes) not in made:
            config = make(file.base, changes, source)
            made[id(changes)] = describe_settings(Member("", known, config.seed, config))
        return all(value_of(made[id(changes)], key) == value_of(settings, key) for key in varied)

    kept = keep_names(asked, {entry.condition for entry in there.entries}, same)
    renamed = {name: new for (name, _), (new, _) in zip(asked, kept, strict=True) if new != name}
    if not renamed:
        return kept, file
    # what the file says of a condition by its name, it says of that one
    folders = {for_file(name): for_file(new) for name, new in renamed.items()}
    kept = [(name, _rename_donor(changes, folders)) for name, changes in kept]
    for (name, _), (new, _) in zip(list_bases(file, asked), list_bases(file, kept), strict=True):
        renamed |= {name_control(file, control, name): name_control(file, control, new) for control in file.controls}
    labels = {renamed.get(name, name): label for name, label in file.labels.items()}
    return kept, file.model_copy(update={"labels": labels})


def keep_names(
    conditions: Sequence[tuple[str, Changes]], known: Collection[str], same: Same = lambda changes, name: None
) -> list[tuple[str, Changes]]:
    """Call conditions as a sweep's directory does that has the same with their parts in another order.

    So a sweep goes on with its runs in whatever order keys are given. A name has the last part of each key alone: where
    two keys share that, as ``size=1, size=2`` of two tables may, only the same settings make it the same condition.

    Parameters
    ----------
    conditions : sequence of (str, dict)
        From `hetevo.evolve.sweeps.file.conditions_of`.
    known : collection of str
        Conditions in the directory.
    same : callable, optional
        See `Same`; by default nothing is known of the directory's settings.

    Examples
    --------
    >>> keep_names([("batch=4, size=8", {})], ["size=8, batch=4"])
    [('size=8, batch=4', {})]
    """
    there: dict[tuple[str, ...], list[str]] = {}
    for name in known:
        there.setdefault(_sort_parts(name), []).append(name)
    asked = Counter(_sort_parts(name) for name, _ in conditions)
    kept = []
    for name, changes in conditions:
        parts = _sort_parts(name)
        alike = there.get(parts, [])
        unclear = _is_unclear(parts)
        # nothing is asked where the name can mean but one
        if not alike or (name in alike and not unclear):
            kept.append((name, changes))
            continue
        found = {other: same(changes, other) for other in alike}
        likely = [other for other in alike if found[other]]
        if not likely and not unclear and asked[parts] == len(alike) == 1 and found[alike[0]] is None:
            likely = alike
        kept.append((likely[0] if likely and name not in likely else name, changes))
    return kept


def _sort_parts(condition: str) -> tuple[str, ...]:
    return tuple(sorted(condition.split(", ")))


def _is_unclear(parts: tuple[str, ...]) -> bool:
    """Tell whether two parts of a name begin alike: they are keys of different tables."""
    keys = [part.partition("=")[0] for part in parts if "=" in part]
    return len(set(keys)) < len(keys)


def _rename_donor(changes: Changes, folders: dict[str, str]) -> Changes:
    key = "transplant.source"
    folder, seed, rest = str(changes.get(key, "")).rpartition("-seed")
    return {**changes, key: f"{folders[folder]}{seed}{rest}"} if folder in folders else changes
