"""How mistakes end: one clear message, no traceback, and the documented exit status."""

import contextlib
import os
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Annotated, Any, ParamSpec, TypeVar

import typer
from typer.core import TyperGroup

from hetevo._deprecated import HetevoDeprecationWarning
from hetevo.populations.text import for_terminal

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
Force = Annotated[bool, typer.Option("--force", help="Replace files too that Hetevo did not make.")]
Oversubscribe = Annotated[
    bool, typer.Option("--oversubscribe", help="Start as many processes as were asked for, also more than four a core.")
]
Portable = Annotated[
    bool,
    typer.Option(
        "--portable",
        help="Let all runs be portable: every x86-64-v3 processor computes the same bits (backend.portable).",
    ),
]
TrustRun = Annotated[
    bool, typer.Option("--trust", help="Import modules that the run's configuration alone names; they can do anything.")
]

Samples = Annotated[
    int | None,
    typer.Option(min=1, help="Conditions that are drawn, where -s names a distribution. Default: 10, or the file's."),
]
SamplingSeed = Annotated[
    int | None, typer.Option("--sampling-seed", min=0, help="Seed of what is drawn, not of the runs. Default: 0.")
]

WRONG_USE, FAILED, MACHINE_FAILED, INTERRUPTED = 2, 1, 3, 130


def explain_errors(command: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Turn errors that are meant for the user into a message and an exit status.

    2: the command or configuration is wrong. 1: the run failed. 3: the machine or the cluster failed, and what was
    saved can go on. 130: interrupted at once.
    """

    @wraps(command)
    def guarded(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        from hetevo.populations.errors import HetevoError, MachineFailedError, RunFailedError

        try:
            from hetevo.evolve.rundir import DamagedError, NothingIntactError  # not on every system

            with _print_deprecations():
                return command(*args, **kwargs)
        except MachineFailedError as error:
            fail(str(error), MACHINE_FAILED)
        except (RunFailedError, DamagedError, NothingIntactError) as error:
            fail(str(error), FAILED)
        except HetevoError as error:
            fail(str(error), WRONG_USE)
        except KeyboardInterrupt:
            fail("interrupted; what had been saved is there", INTERRUPTED)
        except MemoryError as error:
            fail(
                f"memory ran out{f' ({error})' if str(error) else ''}. What was saved is there: free some, and repeat"
                " the command; or make smaller what it works on, such as evolution.size, the networks, or the number"
                " of runs, and take fewer processes",
                MACHINE_FAILED,
            )
        raise AssertionError  # fail() has left

    return guarded


@contextlib.contextmanager
def _print_deprecations() -> Iterator[None]:
    """Print in one line on the error stream, and once, what the command was given that is to go."""
    with warnings.catch_warnings():
        warnings.simplefilter("default", HetevoDeprecationWarning)
        show = warnings.showwarning

        def show_plainly(message: Warning | str, category: type[Warning], *place: Any, **more: Any) -> None:
            if issubclass(category, HetevoDeprecationWarning):
                print(for_terminal(str(message)), file=sys.stderr)
            else:
                show(message, category, *place, **more)

        warnings.showwarning = show_plainly
        yield


VALIDATOR = {
    "Input should be a valid integer, unable to parse string as an integer": "expected a whole number",
    "Input should be a valid number, unable to parse string as a number": "expected a number",
    "Input should be ": "expected a value ",
}
"""Words for wrong values of options, by those of the validator."""


class Commands(TyperGroup):
    """All subcommands; what a message of theirs quotes is text."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the words before the subcommand."""
        with _quote():
            return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Read the words after it, and call it."""
        with _quote():
            return super().invoke(ctx)


@contextlib.contextmanager
def _quote() -> Iterator[None]:
    """Make text of the words that a message about the command line quotes."""
    try:
        yield
    except Exception as error:
        message = getattr(error, "message", None)
        if isinstance(message, str):  # `--help` ends by an exception too, and has none
            error.message = _reword(for_terminal(message))  # type: ignore[attr-defined]
        raise


def _reword(message: str) -> str:
    """Say what was expected of an option as everywhere else, not in the validator's words."""
    for theirs, ours in VALIDATOR.items():
        message = message.replace(theirs, ours)
    return message


def load_matplotlib() -> None:
    """Load Matplotlib for a command that draws, and shows no window.

    Raises
    ------
    SettingError
        If settings of the user's, which Matplotlib reads when it is loaded, hinder that.
    """
    from hetevo.populations.errors import SettingError

    os.environ["MPLBACKEND"] = "agg"
    try:
        import matplotlib  # noqa: F401
    except (ValueError, OSError) as error:
        raise SettingError(
            f"Matplotlib cannot be loaded: {error}. It reads the file matplotlibrc, first from the current folder:"
            " correct that, or remove it."
        ) from None


def fail(message: str, status: int) -> None:
    """Print a message to stderr and leave with a status."""
    tell(f"hetevo: error: {message}")
    raise typer.Exit(status)


def report_failed_thread(failed: threading.ExceptHookArgs) -> None:
    """Say in one line that a thread has failed: whoever waits for it says more, and that must not be hidden."""
    name = failed.thread.name if failed.thread else "unknown"
    warn(f"the thread {name!r} has ended: {failed.exc_type.__name__}: {failed.exc_value}")


def warn(message: str) -> None:
    """Print what somebody should know to stderr, and go on."""
    tell(f"hetevo: warning: {message}")


def tell(message: str) -> None:
    """Print a message to stderr; a line that a name in it begins does not pass for one of ours."""
    print(indent(message), file=sys.stderr, flush=True)


def indent(message: str) -> str:
    """Write a message as text for a terminal, all lines but the first one indented."""
    return "\n  ".join(for_terminal(line.removeprefix("  ")) for line in message.split("\n"))
