"""`hetevo serve`: a page to look at runs, for a browser on this machine."""

from pathlib import Path
from typing import Annotated

import typer

from hetevo.scripts.errors import INTERRUPTED, explain_errors, fail, load_matplotlib, tell

Places = Annotated[
    list[Path], typer.Argument(metavar="DIR...", help="Folders with runs or sweeps, or with folders of either.")
]
Port = Annotated[int, typer.Option(min=0, max=65_535, help="Port on 127.0.0.1; 0: one that is free.")]


@explain_errors
def serve(folders: Places, port: Port = 0) -> None:
    """Let a browser on this machine look at runs: where they stand, curves, figures, verdicts. Nothing is changed."""
    import asyncio

    from hetevo.populations.extras import load_extra

    load_extra("aiohttp", "serve", "hetevo serve")
    load_matplotlib()
    from hetevo.analysis.serve.folders import Folders
    from hetevo.analysis.serve.server import serve as answer

    try:
        asyncio.run(answer(Folders(folders), port, _tell_address))
    except KeyboardInterrupt:
        fail("interrupted: nothing is served any more, and nothing was changed", INTERRUPTED)


def _tell_address(address: str, port: int) -> None:
    import getpass
    import platform

    print(address, flush=True)
    tell(
        f"hetevo: this machine alone is answered, and only with the token in this address. From another one:\n"
        f"  ssh -N -L {port}:127.0.0.1:{port} {getpass.getuser()}@{platform.node()}\n"
        f"and open the same address there. Ctrl-C ends it."
    )
