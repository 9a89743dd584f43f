from collections.abc import Callable
from pathlib import Path

import pytest

from hetevo.analysis.conditions import load_all
from hetevo.analysis.runs import LoadedRun
from hetevo.evolve.sweeps import Plan, conduct


@pytest.fixture(scope="session")
def lived() -> Callable[[Plan], list[LoadedRun]]:
    """Live through a sweep in runs/verification, which `make verify` empties first, and load its runs."""

    def get(plan: Plan) -> list[LoadedRun]:
        folder = Path("runs/verification") / plan.name
        outcomes, _ = conduct(plan, folder)
        assert {outcome.state for outcome in outcomes} == {"done"}
        return load_all([folder])

    return get
