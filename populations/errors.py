"""Errors whose message is written for the person at the keyboard, and what such messages are made of."""

import contextlib
import shlex
import shutil
import sys
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path


class HetevoError(Exception):
    """A mistake or fault that the user can act on; the message says what to do.

    >>> from hetevo.evolve import preset
    >>> try:
    ...     preset("emergense")
    ... except HetevoError as error:
    ...     print(str(error).partition(" Presets:")[0])
    There is no preset 'emergense'. Did you mean 'emergence'?
    """

    def __reduce__(self) -> tuple[object, ...]:
        # in another process it is the same: its message is not made once more
        return _restore, (type(self), self.args, self.__dict__)


class SettingError(HetevoError):
    """A setting has a value that cannot work.

    >>> from hetevo.populations import Layout
    >>> try:
    ...     Layout(inputs=0, levels=(8,), outputs=2)
    ... except SettingError as error:
    ...     print(error)
    A network needs at least 1 input and 1 output, got inputs = 0, outputs = 2.
    """


class RunFailedError(HetevoError):
    """A run could not go on, although what was asked for was right."""


class MachineFailedError(RunFailedError):
    """The machine or the cluster failed, not what was asked for: what was saved is there, and the run can go on."""


def _restore(kind: type[HetevoError], args: tuple[object, ...], state: dict[str, object]) -> HetevoError:
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


def nearest(name: str, valid: Iterable[str], *, likeness: float = 0.5) -> str:
    """Suggest the valid name that is closest to a misspelt one.

    Parameters
    ----------
    name : str
        What was given.
    valid : iterable of str
        What would have been accepted.
    likeness : float, optional
        How like it a name must be, from 0 to 1.

    Returns
    -------
    str
        ``" Did you mean 'x'?"``, or an empty string if nothing comes close.
    """
    close = get_close_matches(name, list(valid), n=1, cutoff=likeness)
    return f" Did you mean '{close[0]}'?" if close else ""


PAGES: Mapping[str, str] = {
    "task": "docs/tutorials/own-task.md",
    "rule": "docs/tutorials/own-task.md",
    "algorithm": "docs/searching.md",
    "crossover": "docs/searching.md",
    "mutation": "docs/searching.md",
    "tracker": "docs/tracking.md",
    "circuit": "docs/extending.md",
    "probe": "docs/extending.md",
}
"""Where it stands what a kind of member needs, if not in docs/own.md."""


def point_to_page(kind: str) -> str:
    """Say where a page has an example of a kind of member, such as ``"task"``, or says what one needs."""
    page = PAGES.get(kind, "docs/own.md")
    return f"{page} {'says what one needs' if page == 'docs/extending.md' else 'has an example of one'}."


def spell(*words: str | Path) -> str:
    """Spell a command of Hetevo as it can be typed here: the program as it was called, words quoted for a shell.

    Parameters
    ----------
    *words : str or Path
        Subcommand, options and their values, such as ``"resume", path``.

    Returns
    -------
    str
        Such as ``hetevo resume 'runs/my run'``.
    """
    typed = [*_program(), *(_typed(word) if isinstance(word, Path) else word for word in words)]
    return " ".join(shlex.quote(word) if word.isprintable() else _visible(word) for word in typed)


def spell_both(path: str | Path, *flags: str) -> str:
    """Spell what goes on with a run, as a call in Python and as a command, which comes last: it can be copied.

    Parameters
    ----------
    path : str or Path
        The run.
    *flags : str
        Options that are on, such as ``"trust"``.

    Examples
    --------
    >>> spell_both("run", "trust")
    "hetevo.resume('run', trust=True) in Python, or ...hetevo resume run --trust"
    """
    call = ", ".join([repr(str(path)), *(f"{flag}=True" for flag in flags)])
    return f"hetevo.resume({call}) in Python, or {spell('resume', Path(path), *(f'--{flag}' for flag in flags))}"


def _visible(word: str) -> str:
    """Quote a word with characters that cannot be seen, as bash and zsh read them."""
    codes = (char if char.isprintable() and char not in "\\'" else _bytes(char) for char in word)
    return f"$'{''.join(codes)}'"


def _bytes(char: str) -> str:
    errors = "surrogateescape" if "\udc80" <= char <= "\udcff" else "replace"
    return "".join(f"\\x{code:02x}" for code in char.encode("utf-8", errors))


def _typed(path: Path) -> str:
    with contextlib.suppress(OSError, ValueError):  # the working directory is gone, or the path lies elsewhere
        path = path.relative_to(Path.cwd())
    # a path that begins with a dash would be taken for an option
    return f"./{path}" if str(path).startswith("-") else str(path)


def _program() -> list[str]:
    called = next(iter(sys.argv), "")
    path = Path(called)
    if path.parts[-2:] == ("hetevo", "__main__.py"):
        return [sys.orig_argv[0], "-m", "hetevo"]
    found = shutil.which("hetevo")
    if path.stem == "hetevo" and path.name != called and path.is_file() and not (found and path.samefile(found)):
        return [called]  # a clone's, whose folder is not searched for commands
    return ["hetevo"]
