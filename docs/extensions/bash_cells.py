"""What a kernel of the tutorials runs first, about cells that start with ``%%bash``.

They print in order, and fail with any of their commands. IPython's own magic prints both streams piece by piece, and
fails with the last command alone.
"""

import subprocess
from pathlib import Path

from IPython.core.magic import register_cell_magic


@register_cell_magic
def bash(line: str, cell: str) -> None:
    """Run commands, and print what they say, with paths as they are from the current folder."""
    done = subprocess.run(["bash", "-ec", cell], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    print(done.stdout.replace(f"{Path.cwd()}/", ""), end="")
    done.check_returncode()
