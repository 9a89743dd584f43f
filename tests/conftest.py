import os
import re
import sys

import pytest
from hypothesis import settings

# the tests compare bits and share two cores: one thread each
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MPLBACKEND", "Agg")

settings.register_profile("hetevo", deadline=None, derandomize=True, max_examples=25)
settings.load_profile("hetevo")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--part", default="1/1", help="K/N: every N-th of the chosen tests, beginning with the K-th")


def pytest_runtest_setup(item: pytest.Item) -> None:
    if sys.platform != "linux" and item.get_closest_marker("linux"):
        pytest.skip("needs what only Linux has")


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
