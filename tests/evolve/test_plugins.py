"""Runs with members of other packages: whose word it takes, what is remembered, and what is said if they change."""

import os
import shutil
import signal
import subprocess
import sys
import tomllib
from importlib.metadata import EntryPoint, version
from pathlib import Path

import numpy as np
import pytest
from faults import go, outcome, tiny
from typer.testing import CliRunner

import hetevo
from hetevo._contracts import let_live
from hetevo.analysis.measures import MEASURES
from hetevo.evolve import Experiment, resume
from hetevo.evolve.backends.worker import NotLoadableError
from hetevo.evolve.config import ConfigError
from hetevo.evolve.config.plugins import plugins_of
from hetevo.evolve.objectives import OBJECTIVES
from hetevo.evolve.plugins import describe_plugins
from hetevo.evolve.rundir import RunDirectory
from hetevo.evolve.selection import SELECTIONS
from hetevo.evolve.species import build_species
from hetevo.evolve.sweeps import load_plan
from hetevo.evolve.sweeps.controls import CONTROLS
from hetevo.evolve.variation import CROSSOVERS, MUTATIONS
from hetevo.evolve.verify import verify
from hetevo.populations import registry
from hetevo.populations.activations import ACTIVATIONS
from hetevo.populations.circuits import CIRCUITS
from hetevo.populations.errors import SettingError
from hetevo.populations.rules import RULES, Rule
from hetevo.populations.tasks import TASKS
from hetevo.populations.wiring import WIRINGS
from hetevo.scripts.main import app

OWN = Path(__file__).parents[2] / "docs" / "examples" / "plugin"
NAMES = {
    "task.name": "hetevo_cosine.task:Cosine",
    "network.wiring": "hetevo_cosine.wiring:Ring",
    "network.activation": "hetevo_cosine.activation:ARCTAN",
    "plasticity.rule": "hetevo_cosine.rule:Bounded",
    "plasticity.options": {"limit": 0.03},
    "probe.measures": ["hetevo_cosine.measure:speed"],
    "evolution.select": {"name": "hetevo_cosine.selection:half", "share": 0.6},
    "evolution.cross": {"name": "hetevo_cosine.variation:Between"},
    "evolution.mutate": {"name": "hetevo_cosine.variation:Turning", "turn": 0.1},
    "evolution.objectives": ["loss", "+hetevo_cosine.objective:descending"],
}
BROKEN = """
from dataclasses import dataclass
from hetevo.populations.tasks import Sine
@dataclass(frozen=True)
class Broken(Sine):
    def draw(self, rng):
        raise RuntimeError("no waves today")
def make():
    @dataclass(frozen=True)
    class Hidden(Sine):
        pass
    return Hidden
Hidden = make()
"""
MORE = "evolution.generations=5"
FORGET = "import sys; print([name for name in sys.modules if 'hetevo_cosine' in name])"


def forget():
    """Let a process be one that has not imported anything of another package."""
    for name in [name for name in sys.modules if name.startswith(("hetevo_cosine", "own_"))]:
        del sys.modules[name]
    registry._loaded.clear()
    search = SELECTIONS, OBJECTIVES, CROSSOVERS, MUTATIONS
    for known in (TASKS, WIRINGS, RULES, ACTIVATIONS, CIRCUITS, *search, MEASURES):
        known._found.clear()


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A current folder with a package of one's own in it."""
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.chdir(tmp_path)
    shutil.copytree(OWN / "hetevo_cosine", tmp_path / "hetevo_cosine")
    forget()
    yield tmp_path
    forget()


@pytest.fixture
def announced(own, monkeypatch):
    """The package is installed: it announces its task and its wiring."""
    project = tomllib.loads((OWN / "pyproject.toml").read_text())["project"]["entry-points"]
    groups = {group: list(points.items()) for group, points in project.items()}
    monkeypatch.syspath_prepend(str(own))
    real = registry.entry_points

    def entry_points(group):
        return (*real(group), *(EntryPoint(*point, group) for point in groups.get(group, ())))

    for module in ("populations.registry", "evolve.config.plugins", "evolve.config.sources"):
        monkeypatch.setattr(f"hetevo.{module}.entry_points", entry_points)
    hetevo.evolve.config.sources.shipped.cache_clear()
    yield groups
    hetevo.evolve.config.sources.shipped.cache_clear()


def named(*more):
    return tiny(*NAMES.items(), *more)


def command(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_everything_by_place_lives_alike_with_one_worker_two_and_after_a_stop(own):
    whole = Experiment(named(MORE)).run("whole")
    two = Experiment(named(MORE, "backend.workers=2")).run("two")
    assert outcome(two) == outcome(whole)

    def stop(report):
        if report.generation == 1:
            os.kill(os.getpid(), signal.SIGTERM)

    stopped = Experiment(named(MORE)).run("parts", progress=stop)
    assert 1 <= stopped.generation < 5
    assert outcome(resume("parts")) == outcome(whole)
    assert verify("parts", replay=True).ok
    assert "speed_end" in hetevo.load_run("whole").individuals


def test_a_file_alone_makes_nobody_import_a_module(own):
    Experiment(named()).run("run")
    forget()
    for act in (
        lambda: hetevo.load_config("run/config.toml"),
        lambda: resume("run", 4),
        lambda: verify("run", replay=True),
    ):
        with pytest.raises(ConfigError, match=r"config.toml: task.name: .* stands in this file alone") as caught:
            act()
        assert "--trust" in str(caught.value)
        assert not [name for name in sys.modules if name.startswith("hetevo_cosine")]
    assert hetevo.load_config("run/config.toml", trust=True).task.name == NAMES["task.name"]
    assert verify("run", replay=True, workers=1, trust=True).ok
    assert resume("run", 4, trust=True).generation == 4


def test_what_was_said_beside_a_file_is_trusted_key_by_key(own):
    Path("c.toml").write_text(
        '[task]\nname = "hetevo_cosine.task:Cosine"\n[network]\nwiring = "hetevo_cosine.wiring:Ring"\n'
    )
    with pytest.raises(ConfigError, match=r"c.toml: network.wiring: 'hetevo_cosine.wiring:Ring' stands in this file"):
        hetevo.load_config("c.toml", ["task.name=hetevo_cosine.task:Cosine"])
    given = ["task.name=hetevo_cosine.task:Cosine", "network.wiring=layered"]
    assert hetevo.load_config("c.toml", given).network.wiring == "layered"


def test_a_sweep_is_a_file_too(own):
    Path("s.toml").write_text('base = "smoke"\n[conditions.own]\n"task.name" = "hetevo_cosine.task:Cosine"\n')
    with pytest.raises(ConfigError, match=r"own-seed0: its changes: task.name: .* stands in this file alone"):
        load_plan("s.toml")
    assert load_plan("s.toml", trust=True).members[0].config.task.name == NAMES["task.name"]


def test_looking_at_a_run_never_imports_anything(own):
    Experiment(named()).run("run")
    commands = [["status", "run"], ["status", "run", "--json"], ["plot", "run"], ["report", "run"], ["verify", "run"]]
    code = f"from hetevo.scripts.main import app\nfor words in {commands!r}:\n    app(words, standalone_mode=False)"
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{FORGET}"], capture_output=True, text=True, timeout=120, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]", done.stderr


def test_what_an_installed_package_announces_needs_no_trust(announced):
    config = hetevo.preset("cosine")
    assert (config.task.name, config.network.wiring) == ("cosine", "ring")


def test_a_run_whose_package_is_gone_says_which(announced, monkeypatch):
    run = Experiment(tiny("task.name=cosine", "network.wiring=ring")).run("run")
    assert verify("run").ok
    forget()
    announced.clear()
    with pytest.raises(
        ConfigError, match=r"expected one of sine.*\n.*not installed here: task.name = 'cosine' came from"
    ):
        resume("run", 4)
    report = verify("run")
    assert report.ok
    assert "cosine, ring" in report.notes[0]
    assert RunDirectory(run.path).status()["state"] == "done"


def test_a_changed_source_is_named(own):
    Experiment(named()).run("run")
    with open("hetevo_cosine/task.py", "a") as file:
        file.write("# another line\n")
    forget()
    notices = []
    resume("run", 3, trust=True, notice=notices.append)
    changed = [notice for notice in notices if "was changed since" in notice]
    assert len(changed) == 1  # once a package
    assert changed[0].startswith("hetevo_cosine was changed")
    assert "task.name = hetevo_cosine.task:Cosine" in changed[0]
    sessions = RunDirectory("run").provenance.read()["sessions"]
    assert sessions[0]["plugins"][0]["sha256"] != sessions[1]["plugins"][0]["sha256"]
    assert not any("was changed since" in note for note in verify("run").notes)
    # who only verifies has not the folder on the path
    code = "from hetevo.evolve.verify import verify; print(verify('run').notes)"
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, timeout=120, check=True)
    assert "was changed since" not in done.stdout


def test_what_a_member_raises_it_raises_before_anything_is_written(own):
    Path("own_broken.py").write_text(BROKEN)
    with pytest.raises(ConfigError, match=r"RuntimeError: no waves today \(own_broken.py, line 7\) was raised"):
        Experiment(tiny("task.name=own_broken:Broken")).run("run")
    done = command("run", "smoke", "-s", "task.name=own_broken:Broken", "-o", "run")
    assert done.exit_code == 2
    assert not Path("run").exists()


CHILDLESS = """
from dataclasses import dataclass
from hetevo.evolve.variation import Gaussian, Uniform
@dataclass(frozen=True)
class Tired(Uniform):
    def cross(self, children, second, crossed, species, rng):
        raise RuntimeError("no children today")
@dataclass(frozen=True)
class Wild(Gaussian):
    def rewire(self, children, species, rng):
        children["decay_ascending"][:] = -1
@dataclass(frozen=True)
class Idle(Uniform):
    kinds = frozenset({"sign"})
"""


@pytest.mark.parametrize(
    ("key", "name", "message"),
    [
        ("cross", "Tired", r"no children today \(own_children.py, line 7\) was raised. Correct it there"),
        ("mutate", "Wild", r"Children by 'uniform' and 'own_children:Wild': decay_ascending: expected numbers of 0"),
        ("cross", "Idle", "'own_children:Idle' crosses sign, of which these individuals have no genes"),
    ],
)
def test_operators_of_variation_are_rehearsed_before_anything_is_written(own, key, name, message):
    Path("own_children.py").write_text(CHILDLESS)
    with pytest.raises(SettingError, match=message):
        Experiment(tiny((f"evolution.{key}", {"name": f"own_children:{name}"}))).run("run")
    assert not Path("run").exists()


def test_a_class_that_workers_cannot_load_is_refused_before_anything_is_written(own):
    Path("own_broken.py").write_text(BROKEN)
    config = tiny("task.name=own_broken:Hidden", "backend.workers=2")
    with pytest.raises(NotLoadableError, match="put it into a module of its own"):
        Experiment(config).run("run")
    assert not Path("run").exists()


def test_what_is_installed_is_looked_through_once_for_all_plugins(monkeypatch):
    looks = []

    def look():
        looks.append("all files that are installed")
        return {"pluggy": ["pluggy"], "iniconfig": ["iniconfig"]}

    monkeypatch.setattr("importlib.metadata.packages_distributions", look)
    found = describe_plugins({"task": {"name": "pluggy:X"}, "network": {"wiring": "iniconfig:X"}})
    assert [plugin["version"] for plugin in found] == [f"{name} {version(name)}" for name in ("pluggy", "iniconfig")]
    assert len(looks) == 1


def test_a_folder_of_anything_is_not_gone_through(own, monkeypatch):
    for name in ("everything/inner", "lab/tasks"):
        Path(name).mkdir(parents=True)
    Path("everything/inner/big.py").write_text("x = 1\n")
    Path("lab/tasks/__init__.py").write_text("x = 1\n")
    found = describe_plugins({"task": {"name": "everything:X"}, "network": {"wiring": "lab.tasks:X"}})
    assert [(plugin["package"], bool(plugin["sha256"])) for plugin in found] == [
        ("everything", False),
        ("lab.tasks", True),
    ]


def test_wrong_members_are_refused_with_what_was_expected(own):
    Path("own_broken.py").write_text("Sine = 3\nclass Odd:\n    pass\n")
    for key, place, message in (
        ("task.name", "own_broken:Sine", "expected a dataclass whose fields are its options, got an object of int"),
        ("network.wiring", "own_broken:Odd", "expected a dataclass whose fields are its options, got the class Odd"),
        ("plasticity.rule", "own_broken:Odd", "expected an instance of hetevo's Rule, got the class Odd"),
        ("network.activation", "own_broken:Sine", "expected an instance of hetevo's Activation"),
        ("network.circuit", "own_broken:Odd", "it has no inherits, genome"),
        ("evolution.select.name", "own_broken:Odd", "expected a function of individuals, k, rng"),
        (
            "evolution.cross.name",
            "own_broken:Odd",
            "expected a dataclass whose fields are its options, got the class Odd",
        ),
        ("evolution.mutate.name", "own_broken:Sine", "expected a dataclass"),
        ("task.name", "own_broken:Sin", "own_broken has no 'Sin'. Did you mean 'Sine'?"),
        ("task.name", "own_task:Sin", "there is no module 'own_task'"),
    ):
        table = key.removesuffix(".name")
        with pytest.raises(SettingError, match="own_") as caught:
            tiny((table, {"name": place}) if key.startswith("evolution") else (key, place))
        assert message in str(caught.value), key


RULES_OF_ONES_OWN = """
from dataclasses import dataclass, field, KW_ONLY
from hetevo.populations.rules import NodePerturbation, Rule, SignSymmetry
class Same(Rule):
    pass
class Prepared(SignSymmetry):
    note = "nothing that changes what it does"
class Begun(Rule):
    def begin(self, circuits):
        circuits.W *= 0
class Reborn(NodePerturbation):
    def begin(self, circuits):
        circuits.V *= 0
@dataclass(frozen=True)
class Needy(Rule):
    _: KW_ONLY
    limit: float
    def update(self, circuits):
        pass
@dataclass(frozen=True)
class Oja(Rule):
    ascending: tuple[str, ...] = ("heterosynaptic", "oja")
"""


def test_a_class_of_rules_that_changes_nothing_is_refused_with_what_to_define(own):
    Path("own_rules.py").write_text(RULES_OF_ONES_OWN)
    for name, message in (
        ("Same", r"update\(self, circuits\).*Same does all as Rule does"),
        ("Prepared", "Prepared does all as SignSymmetry does"),
        ("Begun", "Begun does all as Rule does"),
        ("Needy", "options all have defaults, but limit has none"),
    ):
        with pytest.raises(SettingError, match=message):
            tiny(f"plasticity.rule=own_rules:{name}")
    for name in ("Oja", "Reborn"):
        assert tiny(f"plasticity.rule=own_rules:{name}").plasticity.rule == f"own_rules:{name}"


def test_options_of_a_rule_reach_lives_and_are_kept(own):
    rule = ("plasticity.rule", NAMES["plasticity.rule"])
    configs = [tiny(rule, f"plasticity.options.limit={limit}") for limit in (0.001, 0.2)]
    narrow, wide = (let_live(build_species(config), None, blocks=0).loss for config in configs)
    assert (narrow != wide).any()
    Experiment(configs[0]).run("run")
    assert hetevo.load_run("run").config["plasticity"]["options"] == {"limit": 0.001}
    with pytest.raises(ConfigError, match=r"another experiment(.|\n)*plasticity.options: .*0.001.* is saved, .*0.2"):
        Experiment(configs[1]).run("run", or_resume=True)
    # a control with another rule knows nothing of them
    changed = CONTROLS["hebbian"].changes(named(), "run")
    assert changed == {"plasticity.rule": "hebbian", "plasticity.options": {}}


def test_rules_that_live_plainly_refuse_what_only_the_kernel_knows(own):
    for table in ("injury.share=0.5", "hardware.noise=0.1"):
        with pytest.raises(ConfigError, match="only the fast kernel knows it"):
            named(table)
    with pytest.raises(ConfigError, match=r"network\.circuit: expected plain"):
        named("network.circuit=two-pathway")
    assert go("run", "network.circuit=plain").generation == 2


def test_plugins_of_reads_tables_and_dotted_keys():
    content = {"task": {"name": "a:B"}, "evolution.select": {"name": "c:d"}, "probe": {"measures": ["e:f", "hebbian"]}}
    assert [(plugin.key, plugin.place) for plugin in plugins_of(content)] == [
        ("task.name", "a:B"),
        ("evolution.select.name", "c:d"),
        ("probe.measures", "e:f"),
    ]
    assert not list(plugins_of({"task": {"name": ["sine"]}, "network": 3, "probe": {"name": "alignment"}}))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("return None", r"draw of Odd returned None; expected an object with training and test"),
        ("return Regression(2, lambda x: x[:, :1])", r"training of a task of Odd: expected targets of shape \(16, 2\)"),
        ("return Regression(2, lambda x: x * np.nan)", r"training of a task of Odd: expected finite targets"),
    ],
)
def test_samples_that_cannot_be_learned_are_refused_in_the_words_of_the_task(own, text, message):
    Path("own_odd.py").write_text(
        "from dataclasses import dataclass\nimport numpy as np\nfrom hetevo.populations.tasks import Sine\n"
        "from hetevo.populations.tasks.task import Regression\n"
        f"@dataclass(frozen=True)\nclass Odd(Sine):\n    def draw(self, rng):\n        {text}\n"
    )
    with pytest.raises(ConfigError, match=message):
        Experiment(tiny("task.name=own_odd:Odd")).run("run")
    assert not Path("run").exists()


def test_the_script_that_runs_is_not_imported_once_more(own):
    Path("script.py").write_text(
        "import hetevo\nprint('once')\n"
        "try:\n    hetevo.load_config('smoke', ['task.name=script:Mine'])\n"
        "except hetevo.SettingError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "script.py"], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.count("once\n") == 1
    assert "script is the script that is running" in done.stdout


def test_commands_that_go_on_are_said_as_they_work(own):
    done = command(
        "run",
        "smoke",
        "-s",
        f"task.name={NAMES['task.name']}",
        "-s",
        "evolution.size=4",
        "-s",
        "evolution.elites=1",
        "--generations",
        "1",
        "-o",
        "run",
        "--workers",
        "1",
    )
    assert done.exit_code == 0, done.output
    forget()
    refused = command("resume", "run")
    assert refused.exit_code == 2
    assert "--trust" in refused.output
    assert "-s task.name" not in refused.output
    assert command("draw", "run", "--trust", "-o", "d.png").exit_code == 0


def test_circuits_on_the_plain_model_are_drawn(own):
    assert command("draw", "smoke", "-s", f"plasticity.rule={NAMES['plasticity.rule']}", "-o", "d.png").exit_code == 0
    assert Path("d.png").stat().st_size > 1000


class Lifeless(Rule):
    def update(self, circuits):
        circuits.W = circuits.W * np.nan


def test_a_run_in_which_everybody_diverges_says_so_at_its_end(tmp_path, monkeypatch):
    monkeypatch.setitem(RULES.own, "lifeless", Lifeless())
    notices = []
    go(tmp_path / "dead", "plasticity.rule=lifeless", "evolution.generations=1", notices=notices)
    assert [notice for notice in notices if "all lives of the last generation diverged" in notice] == notices[-1:]
    go(tmp_path / "alive", "evolution.generations=0", notices=notices)
    assert sum("diverged" in notice for notice in notices) == 1
