"""What messages print to go on with a run is a command, and a call, that works."""

import shlex

import pytest
from faults import tiny
from planted import plant

from hetevo.evolve import Experiment, load_config
from hetevo.evolve.config import ConfigError
from hetevo.evolve.going_on import explain_resume, spell_resume
from hetevo.evolve.rundir import RunDirectory, RunExistsError


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    plant(tmp_path / "run", seed=0, generations=1)
    return "run"


def name_own_task(run):
    with RunDirectory(run).config_file.open("a") as file:
        file.write('\n[task]\nname = "own_task:Wave"\n')


@pytest.mark.parametrize("own", [False, True])
def test_modules_of_ones_own_need_trust_on_either_way(run, own):
    if own:
        name_own_task(run)
    trust = ["--trust"] * own
    assert shlex.split(spell_resume(run, "--generations", "9"))[1:] == ["resume", run, "--generations", "9", *trust]
    call = f"hetevo.resume('run', force=True{', trust=True' * own})"
    told = explain_resume(run, "force")
    assert told.startswith(f"{call} in Python, or ")
    assert told.endswith(f"hetevo resume run --force{' --trust' * own}")
    # where a run is in the way of a new one, and where it is given for a configuration
    with pytest.raises(RunExistsError) as caught:
        Experiment(tiny()).run(run)
    assert str(caught.value).endswith(explain_resume(run))
    with pytest.raises(ConfigError) as caught:
        load_config("./run")
    first, second = str(caught.value).splitlines()
    assert first.endswith(explain_resume(run))
    assert second.endswith(f"run run/config.toml{' --trust' * own} -o ANOTHER")


def test_what_is_no_run_is_in_the_way_too(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(RunExistsError, match="exists already"):
        Experiment(tiny()).run(tmp_path / "file")
