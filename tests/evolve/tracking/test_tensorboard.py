"""What TensorBoard reads of a run."""

import pytest
from faults import go
from own_trackers import rows_of

from hetevo.evolve import resume

pytest.importorskip("tensorboardX")


def test_event_files_hold_every_generation_once(tmp_path):
    run = go(tmp_path / "run", 'track.to=["tensorboard"]', "evolution.generations=3")
    resume(run.path, 4)
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    events = accumulator.EventAccumulator(str(run.path / "tracking" / "tensorboard"))
    events.Reload()
    for name, recorded in rows_of(run.path).items():
        assert [(event.step, pytest.approx(event.value, rel=1e-6)) for event in events.Scalars(name)] == recorded
    assert [event.step for event in events.Images("figures/overview")] == [3, 4]
    assert events.Tags()["tensors"] == ["settings/text_summary"]
