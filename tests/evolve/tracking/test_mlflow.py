"""What MLflow's own client reads of runs."""

import pytest
from faults import tiny
from own_trackers import rows_of

from hetevo.evolve import resume
from hetevo.evolve.sweeps import conduct, plan_of_seeds

pytest.importorskip("mlflow")


def test_a_store_holds_a_sweep_with_every_generation_once(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    monkeypatch.setenv("MLFLOW_DISABLE_TELEMETRY", "true")
    plan = plan_of_seeds("plain", tiny('track={to=["mlflow"],uri="store"}', "evolution.generations=3"), "4..5")
    conduct(plan, tmp_path / "mine")
    first = tmp_path / "mine" / "plain-seed4"
    resume(first, 4)
    from mlflow.tracking import MlflowClient

    client = MlflowClient((tmp_path / "mine" / "store").as_uri())
    experiment = client.get_experiment_by_name("mine")
    assert sorted(one.name for one in client.search_experiments()) == ["Default", "mine"]
    runs = {run.info.run_name: run for run in client.search_runs([experiment.experiment_id])}
    assert {*runs} == {"plain-seed4", "plain-seed5"}
    run = runs["plain-seed4"]
    assert (run.info.status, run.data.params["seed"], run.data.tags["network.levels"]) == ("FINISHED", "4", "2")
    for name, recorded in rows_of(first).items():
        history = client.get_metric_history(run.info.run_id, name)
        assert sorted((metric.step, metric.value) for metric in history) == recorded
    assert [file.path for file in client.list_artifacts(run.info.run_id, "figures")] == ["figures/overview.png"]
