"""The `hetevo` command: all subcommands, of which heavy imports happen inside them."""

import signal
import sys
import threading
from typing import Annotated

import typer

from hetevo.scripts.bench.command import bench
from hetevo.scripts.check import verify
from hetevo.scripts.claims import claims
from hetevo.scripts.compare import compare
from hetevo.scripts.draw import draw, figure, plot, report
from hetevo.scripts.errors import Commands, report_failed_thread
from hetevo.scripts.export import assess, export, trace
from hetevo.scripts.keeping import archive, prune
from hetevo.scripts.presets import init, presets
from hetevo.scripts.run import resume, run
from hetevo.scripts.serve import serve
from hetevo.scripts.status import status
from hetevo.scripts.streams import OutputError, secure
from hetevo.scripts.sweep import sweep

app = typer.Typer(
    name="hetevo",
    cls=Commands,
    help="Evolve randomly wired heterosynaptic networks, and watch whether gradient alignment emerges.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (
    run,
    resume,
    status,
    plot,
    figure,
    compare,
    draw,
    report,
    serve,
    trace,
    assess,
    export,
    verify,
    prune,
    archive,
    presets,
    init,
    sweep,
    claims,
):
    app.command()(command)
app.add_typer(bench, name="bench")


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version as installed_version

        print(f"hetevo {installed_version('hetevo')}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    del version


def main() -> None:
    """Run the command line."""
    secure()
    threading.excepthook = report_failed_thread
    code = 0
    try:
        app()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except OutputError as error:
        code = _explain_unwritten(error)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # one more of an impatient user must not change how it ended
    try:
        sys.stdout.flush()
    except OutputError as error:
        code = code or _explain_unwritten(error)
    sys.exit(code)


def _explain_unwritten(error: OutputError) -> int:
    """Say that results were not written, unless their reader had simply seen enough; return the exit status."""
    if isinstance(error.reason, BrokenPipeError):
        return 128 + signal.SIGPIPE
    print(f"hetevo: error: {error}", file=sys.stderr)
    return 1
