"""Names are text: what others wrote, such as names, paths and messages, made safe for where it is shown.

===================  ==========================================================================
`for_terminal`       no control characters, in messages and on standard streams (`Terminal`)
`for_file`           a name for a file or folder
`for_cell`           a cell of a table that a spreadsheet may open
`write_ranges`       whole numbers, in messages
`write_duration`     how long something takes
`without_places`     without absolute paths, in what others may read
===================  ==========================================================================

Figures have `hetevo.analysis.figures.style.for_figure`, pages the template of `hetevo.analysis.report.page`.
"""

import io
import re
from collections.abc import Callable, Collection, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

LONGEST = 100
"""Letters of a name of a file at most: file systems allow 255, and endings are added."""

LINES = "\n\t"
FEW = 3
"""Equal steps among numbers from which on they are written as a range."""

_FORMULA = tuple("=+-@＝＋－＠")
"""With what a cell begins that spreadsheets compute."""

_WORD = r"[^\s\"'`,;:<>|(){}\[\]/]+"
_BEFORE = r"(?<![^\s\"'`=(\[{,;:<>|@])"
_PATH = re.compile(rf"{_BEFORE}/{_WORD}(?:/+{_WORD})+/*")


def for_terminal(text: str, keep: str = "") -> str:
    r"""Write whatever cannot be seen as an escape: control characters, and those that turn the direction of writing.

    Parameters
    ----------
    text : str
        A name, or a message with names in it.
    keep : str, optional
        Characters that stay.

    Examples
    --------
    >>> for_terminal("a\x1b[31mb")
    'a\\x1b[31mb'
    """
    # almost every text, so that this costs nothing
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char in keep else escaped(char) for char in text)


def write_ranges(numbers: Sequence[int]) -> str:
    """Write rising whole numbers with equal steps among them as ranges.

    Examples
    --------
    >>> write_ranges([0, 5, 10, 15, 401, 405])
    'every 5th from 0 to 15, 401, 405'
    >>> write_ranges([2, 3, 4, 5, 9])
    '2 to 5, 9'
    >>> write_ranges([])
    'none'
    """
    parts, begin = list[str](), 0
    while begin < len(numbers):
        # as far as the step stays the same
        step = numbers[begin + 1] - numbers[begin] if begin + 1 < len(numbers) else 1
        end = begin
        while end + 1 < len(numbers) and numbers[end + 1] - numbers[end] == step:
            end += 1
        if end - begin < FEW:
            parts.append(str(numbers[begin]))
            begin += 1
            continue
        parts.append(f"{'' if step == 1 else f'every {_ordinal(step)} from '}{numbers[begin]} to {numbers[end]}")
        begin = end + 1
    return ", ".join(parts) or "none"


def _ordinal(number: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th") if number // 10 % 10 != 1 else "th"
    return f"{number}{ending}"


def escaped(char: str) -> str:
    r"""Write a character as an escape, such as ``\u4e2d``."""
    return char.encode("unicode_escape").decode()


class Messages(io.FileIO):
    """Standard error: whether anybody reads it is no business of a run."""

    def write(self, content: Any, /) -> int:
        """Write, or do nothing if that cannot be done."""
        try:
            return super().write(content)
        except OSError:
            return len(content)


class Terminal(io.TextIOWrapper):
    """A stream that may end at a terminal: whatever is printed there is text, in lines."""

    def write(self, text: str, /) -> int:
        """Write text, with escapes for what cannot be seen; return the number of characters."""
        super().write(for_terminal(text, keep=LINES))
        return len(text)


def for_file(name: str, taken: Collection[str] = ()) -> str:
    """Turn a name into one of a file or folder: letters, digits and ``.=_-``, a letter or digit first, not too long.

    Parameters
    ----------
    name : str
        Any text.
    taken : collection of str, optional
        Names that others have. A name that is taken, has no letter, or is too long, ends with a hash of the whole.

    Examples
    --------
    >>> for_file("_rate=0.1, 8x8"), for_file("中文")
    ('rate=0.1-8x8', 'run-72726d8818f6')
    """
    # letters of other alphabets go; the digest below keeps such names apart
    kept = re.sub(r"[^A-Za-z0-9.=_-]+", "-", name).strip("-.").lstrip("-._=")
    if kept and len(kept) <= LONGEST and kept not in taken:
        return kept
    # too long, taken or empty: a part that tells which name it was
    digest = sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{kept[: LONGEST - 13].rstrip('-.') or 'run'}-{digest}"


def write_duration(seconds: float) -> str:
    """Write how long something takes, in the two largest units, such as ``2h05m``.

    Parameters
    ----------
    seconds : float
        From 0 on.

    Examples
    --------
    >>> write_duration(59.4), write_duration(65), write_duration(7500), write_duration(93_600)
    ('59s', '1m05s', '2h05m', '1d02h')
    """
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days}d{hours:02d}h"
    return f"{hours}h{minutes:02d}m" if hours else f"{minutes}m{rest:02d}s" if minutes else f"{rest}s"


def for_cell(text: str) -> str:
    """Write a text for a table: no spreadsheet takes it for a formula, or for two lines; numbers stay numbers."""
    shown = for_terminal(text)
    return f"'{shown}" if shown.startswith(_FORMULA) and not _is_number(shown) else shown


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def without_places(text: str) -> str:
    """Shorten absolute paths: they tell who somebody is, and mean nothing elsewhere.

    What lies in the current folder is called from there, and the home folder ``~``; of other paths the last part stays.

    Examples
    --------
    >>> without_places('source = "/home/jane/runs/one@20"')
    'source = "…/one@20"'
    """
    # the current folder lies in the home folder as a rule, so it goes first
    for folder, name in ((_folder(Path.cwd), ""), (_folder(Path.home), "~/")):
        if folder and folder in text:
            text = re.sub(rf"{_BEFORE}{re.escape(folder)}/", name, text)
    return _PATH.sub(_last, text)


def _folder(find: Callable[[], Path]) -> str:
    try:
        folder = find()
    except (OSError, RuntimeError):  # deleted; nobody's
        return ""
    return str(folder) if len(folder.parts) > 1 else ""


def _last(path: re.Match[str]) -> str:
    names = [name for name in path[0].split("/") if name]
    return f"…/{names[-1]}" if len(names) > 2 else "…"  # /home/jane is a name
