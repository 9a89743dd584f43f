"""Mistakes in the words of a command, which quote them."""

import contextlib
from collections.abc import Iterator
from typing import Any

from typer.core import TyperGroup

from hetevo.populations.text import for_terminal


class Commands(TyperGroup):
    """All subcommands; what a message of theirs quotes is text."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the words before the subcommand."""
        with _quoted():
            return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Read the words after it, and call it."""
        with _quoted():
            return super().invoke(ctx)


@contextlib.contextmanager
def _quoted() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        message = getattr(error, "message", None)
        if isinstance(message, str):  # `--help` ends by an exception too, and has none
            error.message = for_terminal(message)  # type: ignore[attr-defined]
        raise
