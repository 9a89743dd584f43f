"""The standard streams: messages that cannot be written are lost, results that cannot be written are an error."""

import io
import os
import sys
from typing import Any, TextIO

from hetevo.populations.text import Messages, Terminal

BUFFER = 8192


class OutputError(Exception):
    """What a command printed on standard output cannot be written; ``reason`` is the system's error."""

    def __init__(self, reason: OSError) -> None:
        super().__init__(f"Cannot write to standard output: {reason.strerror}. Send it elsewhere.")
        self.reason = reason


class _Results(io.FileIO):
    """Standard output: the first thing that cannot be written is an error, and nothing is tried after it."""

    def write(self, content: Any, /) -> int:
        try:
            return super().write(content)
        except OSError as error:
            nothing = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nothing, self.fileno())
            os.close(nothing)
            raise OutputError(error) from None


class _Terminal(Terminal):
    """Whatever is printed is text, in lines.

    Rich, which writes escapes of its own and no names (`hetevo.scripts.console`), takes ``rich_proxied_file``.
    """

    @property
    def rich_proxied_file(self) -> "_Styled":
        return _Styled(self)


class _Styled:
    """The same stream, as it is."""

    def __init__(self, stream: _Terminal) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        return io.TextIOWrapper.write(self._stream, text)

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)


def secure() -> None:
    """Make the streams of this process safe to print on.

    A descriptor that was closed (``2>&-``) is opened on nothing first, or the next file of a run would get its number,
    and with it what libraries print. Characters that the encoding of a stream does not know are written as escapes, and
    so are those that would steer a terminal (`hetevo.populations.text.for_terminal`).
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the system gives the lowest free number
    sys.stdin = sys.stdin or io.TextIOWrapper(io.FileIO(0, closefd=False))
    sys.stdout = _text(_Results(1, "w", closefd=False), sys.stdout)
    sys.stderr = _text(Messages(2, "w", closefd=False), sys.stderr)


def _text(raw: io.FileIO, before: TextIO | None) -> io.TextIOWrapper:
    encoding = getattr(before, "encoding", None) or "utf-8"
    buffer = io.BufferedWriter(raw, BUFFER)
    return _Terminal(buffer, encoding, errors="backslashreplace", line_buffering=raw.isatty() or raw.fileno() == 2)
