"""Losses in single tasks: what is recorded of them, and that records are held against each other."""

import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from faults import go

from hetevo.evolve import resume
from hetevo.evolve.record_lives import find_wrong_losses
from hetevo.evolve.rundir.parts import parts, read_part
from hetevo.evolve.verify import verify

THREE = "lifetime.tasks=3"


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    return go(tmp_path_factory.mktemp("cases") / "run", THREE)


def test_losses_of_tasks_are_recorded_where_there_are_several(finished, tmp_path):
    rows = read_part(parts(finished.path / "individuals")[0])
    tasks = [name for name in rows.column_names if name.startswith("loss_task_")]
    assert tasks == ["loss_task_1", "loss_task_2", "loss_task_3"]
    mean = np.mean([rows[name].to_numpy() for name in tasks], axis=0)
    np.testing.assert_allclose(mean, rows["loss"].to_numpy())
    assert verify(finished.path).ok
    single = go(tmp_path / "single", "lifetime.tasks=1")
    assert not any("task" in name for name in read_part(parts(single.path / "individuals")[0]).column_names)


def test_a_loss_that_is_not_the_mean_over_its_tasks_is_found(finished):
    rows = read_part(parts(finished.path / "individuals")[0])
    place = rows.column_names.index("loss_task_2")
    losses = rows["loss_task_2"].to_numpy().copy()
    losses[-1] += 1e-3
    assert find_wrong_losses(rows) == []
    wrong = rows.set_column(place, "loss_task_2", pa.array(losses))
    assert find_wrong_losses(wrong) == [rows["generation"].to_pylist()[-1]]


def test_parents_are_counted_without_elites(finished):
    rows = read_part(parts(finished.path / "individuals")[0]).to_pylist()
    counted = read_part(parts(finished.path / "generations")[0])["parents"].to_pylist()
    for generation, parents in enumerate(counted):
        children = [row for row in rows if row["generation"] == generation and row["operator"] != "elite"]
        assert parents == len({row[name] for row in children for name in ("parent_a", "parent_b")} - {-1})
    assert counted[0] == 0 < counted[-1]


def test_a_run_of_the_first_version_counts_parents_from_where_it_goes_on(tmp_path):
    path = shutil.copytree(Path(__file__).parent / "fixtures" / "schema-1", tmp_path / "old")
    before = read_part(parts(path / "generations")[0]).num_rows
    assert "parents" not in read_part(parts(path / "generations")[0]).column_names
    resume(path, before + 1)
    counted = read_part(parts(path / "generations")[0])["parents"].to_pylist()
    assert [value is None for value in counted] == [True] * before + [False] * 2
    assert verify(path).ok
