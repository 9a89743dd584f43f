"""Rich on a terminal: styles and escapes are ours, and whatever is named is text."""

import sys
from collections.abc import Callable
from functools import partial
from typing import IO, Any

from rich.console import Console
from rich.file_proxy import FileProxy
from rich.text import Text

from hetevo.populations.text import LINES, for_terminal


class Messages(Console):
    """Rich's console. Text that it is given has no markup, no highlights and no escapes.

    Parameters
    ----------
    stream : file, optional
        By default stderr.
    width : int, optional
        Columns; by default those of the terminal.
    """

    def __init__(self, stream: IO[str] | None = None, width: int | None = None) -> None:
        stream = stream or sys.stderr
        # the stream as it is now: a live display puts itself in its place, and would send its escapes around as text
        stream = getattr(stream, "rich_proxied_file", stream)
        super().__init__(file=stream, width=width, markup=False, emoji=False, highlight=False)

    def render_str(self, text: str, **options: Any) -> Text:
        """Make Rich's text of a text: every one comes through here, also cells of tables."""
        return super().render_str(for_terminal(text, keep=LINES), **options)


def guard_streams() -> None:
    """Make text of what is printed while a live display has taken the place of the standard streams."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, FileProxy):
            # an attribute of the object is found before the method of its class
            object.__setattr__(stream, "write", partial(_write_text, stream.write))


def _write_text(write: Callable[[str], int], text: str) -> int:
    return write(for_terminal(text, keep=LINES))
