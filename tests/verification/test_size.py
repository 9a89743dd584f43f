"""Many individuals: recorded and measured in part, the same however they are cut, and saved as they are."""

import pytest

from hetevo.evolve import Experiment, preset, resume
from hetevo.evolve.verify import verify
from hetevo.scripts.bench.generation import SHORT

pytestmark = pytest.mark.verification

MANY = [
    *SHORT,
    "evolution.size=20000",
    "evolution.generations=1",
    "probe.share=0.01",
    "records.share=0.01",
    "backend.name=local",
]


def test_twenty_thousand_evolve_and_go_on_with_other_workers_and_blocks(tmp_path):
    runs = [
        Experiment(preset("emergence", overrides=[*MANY, f"backend.workers={workers}", f"backend.block={block}"])).run(
            tmp_path / str(workers)
        )
        for workers, block in ((1, 0), (2, 77))
    ]
    assert runs[0].digest == runs[1].digest
    assert runs[0].probe_digest == runs[1].probe_digest
    assert verify(runs[1].path, replay=True).ok
    assert resume(runs[0].path, 2).digest == resume(runs[1].path, 2).digest
