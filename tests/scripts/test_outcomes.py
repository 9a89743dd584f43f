"""What `hetevo sweep` says of its runs, and of those that it does not name."""

import re
import shutil
from dataclasses import replace

import pytest

from hetevo.evolve import Experiment, preset
from hetevo.evolve.rundir.sweep import write_entries
from hetevo.evolve.sweeps import Outcome, plan_of_seeds
from hetevo.scripts.outcomes import Display, find_done, find_others, tell_others

SMALL = {"evolution.size": 6, "evolution.generations": 1, "lifetime.presentations": 4, "probe.every": 0}


@pytest.fixture(scope="module")
def plan():
    return plan_of_seeds("smoke", preset("smoke", overrides=[*SMALL.items(), ("backend.workers", 1)]), "0..2")


@pytest.fixture(scope="module")
def sweep(plan, tmp_path_factory):
    """Make a sweep's directory of which one run is done."""
    folder = tmp_path_factory.mktemp("outcomes")
    write_entries(folder, plan.name, plan.entries, settings=plan.settings)
    Experiment(plan.members[0].config).run(folder / plan.members[0].name)
    return folder


def test_runs_that_were_done_before_are_not_shown_as_waiting(plan, sweep, tmp_path, capsys):
    copy = shutil.copytree(sweep, tmp_path / "copy")
    first, second = plan.members[:2]
    shutil.copytree(copy / first.name, copy / second.name)
    assert find_done(plan, copy) == {first.name, second.name}
    # one that is to go further is not done
    assert find_done(replace(plan, members=[replace(first, extended_to=2), second]), copy) == {second.name}
    Display(frozenset({first.name})).show([Outcome(each.name, "smoke", each.seed) for each in plan.members])
    assert capsys.readouterr().err == "3 runs: 1 done, 2 waiting\n"


def test_runs_that_a_command_does_not_name_are_told(plan, sweep, capsys):
    # all, or some, of those that are there are no news
    assert find_others(plan, sweep) == frozenset()
    some = find_others(replace(plan, members=plan.members[:1]), sweep)
    assert some == {"smoke-seed1", "smoke-seed2"}
    assert not capsys.readouterr().err
    new = [replace(plan.members[0], name=name) for name in ("other-seed0", "other-seed1")]
    others = find_others(replace(plan, members=new), sweep)
    assert f"{sweep}: 2 new runs beside 3 that this command does not name" in capsys.readouterr().err
    tell_others(others, sweep)
    assert re.search(r"not named by this command: 3 runs: 2 waiting, 1 done", capsys.readouterr().err)
