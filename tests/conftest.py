import functools
import os
import re
import sys

import pytest
import typer.testing
from fontTools import subset
from hypothesis import settings

# the tests compare bits and share two cores: one thread each
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "Agg")

# hundreds of processes are started: without bytecode each of them compiles all of Hetevo once more
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# each call of a command builds the tree of all commands: once is enough
typer.testing._get_command = functools.cache(typer.testing._get_command)

# letters are laid out before a PDF is written: the tables for that need not be read and cut
subset.Options._drop_tables_default = [*subset.Options._drop_tables_default, "GDEF", "GPOS", "GSUB"]

settings.register_profile("hetevo", deadline=None, derandomize=True, max_examples=25)
settings.load_profile("hetevo")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--part", default="1/1", help="K/N: every N-th of the chosen tests, beginning with the K-th")


def pytest_runtest_setup(item: pytest.Item) -> None:
    if sys.platform != "linux" and item.get_closest_marker("linux"):
        pytest.skip("needs what only Linux has")


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw nothing, which takes long: images and reports are written all the same."""
    from hetevo.analysis.figures import plot
    from hetevo.analysis.report import page
    from hetevo.analysis.report.drawings import Drawings

    monkeypatch.setattr(plot, "render", lambda *arguments: b"\0\0\0\0IEND\xaeB`\x82")
    monkeypatch.setattr(page, "draw_all", lambda study: Drawings())


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    # by turns, so that long and short ones are spread over all parts; after pytest's own choice by mark
    found = re.fullmatch(r"([1-9]\d*)/([1-9]\d*)", given := config.getoption("part"))
    if not found or int(found[1]) > int(found[2]):
        raise pytest.UsageError(f"--part: expected K/N with K from 1 to N, such as 2/4, got {given!r}")
    first, step = int(found[1]) - 1, int(found[2])
    kept = items[first::step]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(kept)])
    items[:] = kept
