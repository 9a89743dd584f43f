"""Trackers that reach beyond a run take the word of who gives the command."""

import pytest
from faults import tiny

from hetevo.evolve import ConfigError, load_config, resume
from hetevo.evolve.config.reaching import reaches, without_reach
from hetevo.evolve.experiment import Experiment
from hetevo.evolve.rundir import RunDirectory
from hetevo.evolve.saved import read_saved_config


@pytest.mark.parametrize("line", ["online = true", 'uri = "/tmp/mlflow"', 'uri = "../../mlflow"'])
def test_a_file_alone_reaches_nowhere(tmp_path, line):
    file = tmp_path / "own.toml"
    file.write_text(f"seed = 1\n[track]\n{line}\n")
    with pytest.raises(ConfigError, match=r"stands in this file alone.*--trust"):
        load_config(file)
    trusted = load_config(file, trust=True)
    said = [("track.online", trusted.track.online), ("track.uri", trusted.track.uri)]
    assert load_config(file, said).track == trusted.track
    # a folder beside the run is near enough
    file.write_text('seed = 1\n[track]\nuri = "mlflow"\n')
    assert load_config(file).track.uri == "mlflow"


@pytest.mark.parametrize(
    ("uri", "why"),
    [
        ("https://jane:hidden@example.org", "address alone"),
        ("https://example.org/?token=hidden", "address alone"),
        ("sqlite:///hidden.db", "http:// or https://"),
    ],
)
def test_an_address_with_a_secret_is_refused_and_not_shown(uri, why):
    with pytest.raises(ConfigError, match=why) as caught:
        tiny(("track.uri", uri), "track.online=true")
    assert "hidden" not in str(caught.value)


def test_a_server_is_for_who_is_online():
    with pytest.raises(ConfigError, match=r"so expected track.online = true, got false"):
        tiny("track.uri=https://example.org")


def test_a_run_of_a_stranger_is_tracked_in_its_own_directory(tmp_path):
    run = Experiment(tiny("evolution.generations=0", "track.online=true")).run(tmp_path / "run")
    said = []
    config = run.path / "config.toml"
    config.write_text(
        config.read_text().replace("figures = true", "figures = false").replace("to = []", 'to = ["tensorboard"]')
    )
    resume(run.path, 1, notice=said.append)
    assert sum("without track.online: see --trust" in line for line in said) == 1


def test_without_reach_leaves_the_rest():
    content = {"track": {"to": ["mlflow"], "online": True, "uri": "x"}, "seed": 1}
    assert reaches(content) == ["track.online"]
    assert without_reach(content) == {"track": {"to": ["mlflow"]}, "seed": 1}
    assert without_reach({"seed": 1}) == {"seed": 1}


def test_a_run_is_read_without_trackers_that_are_not_here_or_not_trusted(tmp_path):
    run = Experiment(tiny("evolution.generations=0")).run(tmp_path / "run")
    config = run.path / "config.toml"
    text = config.read_text().replace("figures = true", "figures = false")
    config.write_text(text.replace("to = []", 'to = ["gone_trackers:Any", "no-longer-installed"]'))
    directory = RunDirectory.open(run.path)
    for trust in (False, True):
        assert read_saved_config(directory, trust=trust).track.to == ()
    said = []
    assert resume(run.path, 1, notice=said.append).generation == 1
    assert sum("without gone_trackers:Any and no-longer-installed" in line for line in said) == 1
    # a new run is refused them
    with pytest.raises(ConfigError, match="gone_trackers"):
        tiny('track.to=["gone_trackers:Any"]')
