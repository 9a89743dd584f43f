from pathlib import Path

import pytest

from analysis.loading import LoadedRun, load_run
from evolve import Experiment, preset

ROOM = Path("runs/verification")


@pytest.fixture(scope="session")
def runs():
    """Run presets over seeds, once a session, and keep the directories in runs/verification for the docs."""

    def get(name: str, seeds: range) -> list[LoadedRun]:
        loaded = []
        for seed in seeds:
            config = preset(name, seed=seed)
            path = ROOM / f"{name}-{config.hash()[:12]}"
            if not path.exists():
                Experiment(config).run(path)
            loaded.append(load_run(path))
            assert int(loaded[-1].generations["generation"].iloc[-1]) == config.evolution.generations, (
                f"{path} is unfinished: delete it and verify again"
            )
        return loaded

    return get


@pytest.fixture(scope="session")
def verification_folder() -> Path:
    """Folder for sweeps; `make verify` empties it first."""
    return ROOM
