import os
from collections.abc import Callable
from pathlib import Path

import pytest

from hetevo.analysis.conditions import load_all
from hetevo.analysis.runs import LoadedRun
from hetevo.evolve.config import BackendTable
from hetevo.evolve.sweeps import Plan, conduct


@pytest.fixture(scope="session")
def room(pytestconfig: pytest.Config) -> Path:
    """Folder of this part of `make verify`, which empties it first."""
    folder = Path("runs/verification/part-" + pytestconfig.getoption("part").replace("/", "-of-"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def lived(room: Path) -> Callable[[Plan], list[LoadedRun]]:
    """Live through a sweep, or read it where another test has, and load its runs.

    By `make verify PORTABLE=1` all of them are portable.
    """
    place = BackendTable(portable=os.environ.get("PORTABLE", "") not in ("", "0"))

    def get(plan: Plan) -> list[LoadedRun]:
        outcomes, _ = conduct(plan, room / plan.name, backend=place)
        assert {outcome.state for outcome in outcomes} == {"done"}
        return load_all([room / plan.name])

    return get
