import os
from collections.abc import Callable
from pathlib import Path

import pytest

from hetevo.analysis.conditions import load_all
from hetevo.analysis.runs import LoadedRun
from hetevo.evolve.config import BackendTable
from hetevo.evolve.sweeps import Plan, conduct


@pytest.fixture(scope="session")
def lived() -> Callable[[Plan], list[LoadedRun]]:
    """Live through a sweep in runs/verification, which `make verify` empties first, and load its runs.

    By `make verify PORTABLE=1` all of them are portable.
    """
    place = BackendTable(portable=os.environ.get("PORTABLE", "") not in ("", "0"))

    def get(plan: Plan) -> list[LoadedRun]:
        folder = Path("runs/verification") / plan.name
        outcomes, _ = conduct(plan, folder, backend=place)
        assert {outcome.state for outcome in outcomes} == {"done"}
        return load_all([folder])

    return get
