"""Write what ``hetevo COMMAND --help`` says of every command: ``python docs/builders/commands.py > FILE``."""

import re

from typer.main import get_command
from typer.testing import CliRunner

from hetevo.scripts.main import app

WIDTH = "96"


def ask_help(*command: str) -> str:
    """Return what a command says of itself, as plain text."""
    result = CliRunner().invoke(app, [*command, "--help"], env={"COLUMNS": WIDTH, "TERM": "dumb", "NO_COLOR": "1"})
    return "\n".join(line.rstrip() for line in re.sub(r"\x1b\[[\d;]*m", "", result.stdout).strip().splitlines())


def main() -> None:
    """Print the page."""
    for name in sorted(get_command(app).commands):  # type: ignore[attr-defined]
        print(f"## hetevo {name}\n\n```text\n{ask_help(name)}\n```\n")


if __name__ == "__main__":
    main()
