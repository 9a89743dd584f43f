"""Registries: members by name, Hetevo's own and those of other packages.

A name is one of ours, one that an installed package announces by an entry point (``cosine``), or the place of the
member itself (``own_task:Cosine``). Nothing of another package is imported before its name is looked up.
"""

import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields as dataclass_fields
from dataclasses import is_dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from hetevo.populations.errors import SettingError, nearest, point_to_page

if TYPE_CHECKING:  # few runs need it, and it takes its time
    from importlib.machinery import ModuleSpec
    from importlib.metadata import EntryPoint

Member = TypeVar("Member")

PLACE = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")
"""How the place of a member is written: ``package.module:Name``."""

_loaded: set[str] = set()


class Registry(Mapping[str, Member], Generic[Member]):
    """Members of one kind by their names.

    Iterating gives the names of our own members, then those that installed packages announce. A name of ours always
    means our own member.

    Parameters
    ----------
    kind : str
        Word for a member: ``"task"``. Packages announce theirs in the entry-point group ``hetevo.tasks``.
    own : mapping
        Our own members by name.
    accept : callable, optional
        Turns what was found in another package into a member; raises TypeError, saying what was expected.

    Examples
    --------
    >>> colours = Registry("colour", {"red": 1, "green": 2})
    >>> list(colours), colours["green"], "own_colours:BLUE" in colours
    (['red', 'green'], 2, True)
    """

    def __init__(
        self, kind: str, own: Mapping[str, Member], accept: Callable[[Any], Member] | None = None, group: str = ""
    ) -> None:
        self.kind, self.own, self.group = kind, dict(own), group or f"hetevo.{kind}s"
        self.accept = accept or _as_found
        self._found: dict[str, Member] = {}

    def __getitem__(self, name: str) -> Member:
        if name in self.own:
            return self.own[name]
        # what others announce is imported only when it is asked for
        if name not in self._found:
            if name not in self:
                raise KeyError(name)
            self._found[name] = self._load(name)
        return self._found[name]

    def __contains__(self, name: object) -> bool:
        return name in self.own or (isinstance(name, str) and (is_place(name) or name in self.announced()))

    def __iter__(self) -> Iterator[str]:
        yield from self.own
        yield from sorted(self.announced().keys() - self.own.keys())

    def __len__(self) -> int:
        return len({*self.own, *self.announced()})

    def find(self, name: str) -> Member:
        """Return the member of a name.

        Raises
        ------
        SettingError
            If there is none, with the names that are near.
        """
        if name not in self:
            there = f"one of {', '.join(self)}, or " if len(self) else ""
            raise SettingError(
                f"There is no {self.kind} {name!r}.{nearest(name, self)} Expected {there}the place of your own, such as"
                " 'own_module:Name'."
            )
        return self[name]

    def announced(self) -> "dict[str, EntryPoint]":
        """Return the entry points of installed packages by their names; nothing is imported."""
        # of two with one name the first counts, as it does when Python imports
        return {point.name: point for point in reversed(entry_points(self.group))}

    def place_of(self, name: str) -> str:
        """Return where the member of a name stands, ``package.module:Name``; empty for our own.

        Raises
        ------
        SettingError
            If two packages announce different members under this name.
        """
        if name in self.own or is_place(name):
            return name if is_place(name) else ""
        # the same package may be found twice on the path, which is no matter
        places = list(dict.fromkeys(point.value for point in entry_points(self.group) if point.name == name))
        if len(places) > 1:
            raise SettingError(
                f"Installed packages announce different {self.kind}s called {name!r}: {' and '.join(places)}. Name the"
                " one that you mean by its place, or uninstall a package."
            )
        return places[0]

    def _load(self, name: str) -> Member:
        found = load_place(self.place_of(name), f"the {self.kind} {name!r}")
        try:
            return self.accept(found)
        except TypeError as error:
            raise SettingError(f"The {self.kind} {name!r}: {error}. {point_to_page(self.kind)}") from None


def _as_found(found: Any) -> Any:
    return found


def accept_family(found: Any, fields: Sequence[str], parts: Sequence[str]) -> Any:
    """Return a family of tasks or wirings that was found in another package.

    Parameters
    ----------
    found : object
        What was found.
    fields, parts : sequence of str
        Names of fields and of other attributes that it must have.

    Raises
    ------
    TypeError
        Saying what was expected.
    """
    if not (isinstance(found, type) and is_dataclass(found)):
        raise TypeError(f"expected a dataclass whose fields are its options, got {_describe(found)}")
    # fields without a default are no attributes of the class
    there = {field.name for field in dataclass_fields(found)} | set(dir(found))
    if missing := [name for name in (*fields, *parts) if name not in there]:
        raise TypeError(f"expected a class with {', '.join((*fields, *parts))}, but it has no {', '.join(missing)}")
    return found


def accept_instance(kind: type[Member], found: Any) -> Member:
    """Return an object of a kind, or make one of its class.

    Raises
    ------
    TypeError
        Saying what was expected.
    """
    if isinstance(found, type) and issubclass(found, kind):
        return found()
    if not isinstance(found, kind):
        raise TypeError(f"expected an instance of hetevo's {kind.__name__}, got {_describe(found)}")
    return found


def _describe(found: Any) -> str:
    return f"the class {found.__name__}" if isinstance(found, type) else f"an object of {type(found).__name__}"


def is_place(name: str) -> bool:
    """Tell whether a name is the place of a member, ``package.module:Name``."""
    return PLACE.fullmatch(name) is not None


@cache  # reproduction asks in every generation
def entry_points(group: str) -> "tuple[EntryPoint, ...]":
    """Return what installed packages announce in a group, found out once."""
    return tuple(_find_entry_points().select(group=group))


@cache
def _find_entry_points() -> Any:
    from importlib.metadata import entry_points

    return entry_points()


def was_loaded(place: str) -> bool:
    """Tell whether what stands at a place was imported in this process already."""
    return place in _loaded


def load_place(place: str, what: str) -> Any:
    """Import what stands at a place.

    A module that is not installed is looked for in the current folder too, after everything else.

    Parameters
    ----------
    place : str
        ``package.module:Name``.
    what : str
        What it is, for messages.

    Raises
    ------
    SettingError
        If it is not there, or raises while it is imported.
    """
    path, _, name = place.partition(":")
    if path.endswith(".py"):
        raise SettingError(
            f"Cannot find {what}: expected the name of a module, got that of a file. Write"
            f" {path.removesuffix('.py')}:{name}."
        )
    # only the top package has to be found, the rest lies in it
    _search_here(path.partition(".")[0])
    _refuse_running_script(path, what)
    try:
        found: Any = import_module(path)
    except ModuleNotFoundError as error:
        # the module itself is missing, not one that it imports
        if error.name and (path == error.name or path.startswith(f"{error.name}.")):
            raise SettingError(
                f"Cannot find {what}: there is no module {error.name!r}, neither installed nor beside the script, on"
                f" PYTHONPATH or in the current folder. Put it into a file {error.name.replace('.', '/')}.py there, or"
                " install its package."
            ) from None
        raise _raised(what, path, error) from None
    # a script that calls sys.exit must not end the run in silence
    except (Exception, SystemExit) as error:
        raise _raised(what, path, error) from None
    _loaded.add(place)
    # a name may lie in a class
    for part in name.split("."):
        if not hasattr(found, part):
            has = [other for other in vars(found) if not other.startswith("_")]
            raise SettingError(f"Cannot find {what}: {path} has no {part!r}.{nearest(part, has)}")
        found = getattr(found, part)
    return found


def _search_here(top: str) -> None:
    """Let a module be found in the current folder if it is nowhere else."""
    here = str(Path.cwd())
    try:
        missing = top not in sys.modules and find_spec(top) is None
    except ValueError:
        return  # a module without a specification, such as a script: it is there
    # at the end of the path, so that no file here hides an installed package
    if missing and here not in sys.path:
        sys.path.append(here)


def _refuse_running_script(path: str, what: str) -> None:
    """Refuse the script that is running: imported once more, it would run once more, and wait for itself."""
    running = getattr(sys.modules.get("__main__"), "__file__", None)
    spec = None if path in sys.modules or not running else _find_quietly(path)
    if spec and spec.origin and running and Path(spec.origin).resolve() == Path(running).resolve():
        raise SettingError(
            f"Cannot load {what}: {path} is the script that is running, and would run once more if it was imported. Put"
            " the class into a file of its own beside the script, and name that."
        )


def _find_quietly(path: str) -> "ModuleSpec | None":
    try:
        return find_spec(path)
    except Exception:  # the import itself says what is wrong
        return None


def describe_exception(error: BaseException) -> str:
    """Say what was raised and where: ``ZeroDivisionError: division by zero (own_task.py, line 3) was raised``."""
    trace, place = error.__traceback__, ""
    while trace is not None:  # the last line that ran says most
        file = trace.tb_frame.f_code.co_filename
        # the machinery of imports says nothing of the cause
        if "importlib" not in file:
            place = f" ({Path(file).name}, line {trace.tb_lineno})"
        trace = trace.tb_next
    # code that cannot be parsed never ran, so that the trace ends before it
    if isinstance(error, SyntaxError) and error.filename:
        place = f" ({Path(error.filename).name}, line {error.lineno})"
    reason = f"{type(error).__name__}: {error.msg if isinstance(error, SyntaxError) else error}"
    return f"{reason}{place} was raised"


def _raised(what: str, path: str, error: BaseException) -> SettingError:
    return SettingError(f"Cannot load {what}: when {path} was imported, {describe_exception(error)}. Correct it there.")
