"""Configurations: round trips, and messages for everything that can be wrong."""

import re
import tomllib
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hetevo.evolve import Experiment
from hetevo.evolve.config import (
    Config,
    ConfigError,
    commented_toml,
    dump_toml,
    from_mapping,
    load_config,
    preset,
    preset_names,
)
from hetevo.evolve.species import build_species
from hetevo.populations.kernel.hardware import Hardware
from hetevo.populations.kernel.injury import Injury


@pytest.mark.parametrize("name", sorted(preset_names()))
def test_presets_are_valid_and_round_trip(name):
    config = preset(name)
    assert config.preset == name
    assert from_mapping(tomllib.loads(dump_toml(config))) == config
    assert from_mapping(tomllib.loads(commented_toml(config))) == config
    assert build_species(config).layout.outputs == config.task.outputs


NAMES = {
    "emergence": [],
    "emergence, task=xor": ["task.name=xor"],
    "emergence, select=selRandom": ['evolution.select={name="selRandom"}'],
    "emergence, tournsize=7": ["evolution.select.tournsize=7"],
    "emergence, wiring=small-world, rewiring=0.3": ["network.wiring=small-world", "network.options={rewiring=0.3}"],
    "emergence, environment.every=3": ["environment.every=3"],
    "emergence, terms=hebbian+oja, levels=4x4": ["network.levels=[4,4]", 'plasticity.terms=["hebbian","oja"]'],
    "emergence, task=xor, levels=4x4, 2 more changes": [
        "task.name=xor", "network.levels=[4,4]", "evolution.size=32", "genome.decay=false"
    ],
}  # fmt: skip
UNNAMED = ["seed=3", "evolution.generations=7", "backend.workers=1", "checkpoint.keep=9", "probe.every=0"]
UNNAMED += ["records.individuals_every=2", "records.share=0.5", "probe.share=0.5", "heldout.tasks=3"]


@pytest.mark.parametrize("name", NAMES)
def test_a_configuration_is_called_by_its_preset_and_what_was_changed(name, tmp_path):
    config = preset("emergence", overrides=[*NAMES[name], *UNNAMED])
    assert sorted(config.preset.split(", ")) == sorted(name.split(", "))
    assert tomllib.loads(dump_toml(config))["preset"] == config.preset
    stale = config.model_copy(update={"preset": "emergence"})
    assert tomllib.loads(dump_toml(stale))["preset"] == config.preset
    file = tmp_path / "mine.toml"
    file.write_text(commented_toml(stale))
    assert load_config(file).preset == config.preset
    assert load_config(file, ["evolution.elites=7"]).preset != config.preset
    assert stale.hash() == config.hash()


def test_a_name_that_is_no_presets_stays(tmp_path):
    assert from_mapping({"preset": "mine", "task": {"name": "xor"}}).preset == "mine"
    assert from_mapping({"task": {"name": "xor"}}).preset == ""


def test_emergence_is_the_default():
    assert preset("emergence").model_copy(update={"preset": ""}) == Config()


def test_neutral_differs_from_emergence_in_selection_only():
    neutral, emergence = preset("neutral").model_dump(), preset("emergence").model_dump()
    for table in (neutral, emergence):
        table.pop("preset")
        table["evolution"].pop("select")
        table["evolution"].pop("select_elites")
    assert neutral == emergence


@given(
    seed=st.integers(0, 2**63 - 1),
    levels=st.lists(st.integers(1, 500), min_size=1, max_size=5),
    density=st.floats(0.001, 1),
    scale=st.floats(0, 10),
    every=st.one_of(st.just("auto"), st.integers(1, 100)),
    terms=st.lists(st.sampled_from(["hebbian", "oja"]), unique=True),
)
def test_any_valid_configuration_round_trips(seed, levels, density, scale, every, terms):
    config = from_mapping(
        {
            "seed": seed,
            "network": {"levels": levels, "density_ascending": density},
            "genome": {"gain_scale": scale},
            "checkpoint": {"every": every},
            "plasticity": {"terms": terms},
        }
    )
    assert from_mapping(tomllib.loads(dump_toml(config))) == config
    assert from_mapping(tomllib.loads(commented_toml(config))) == config


def test_the_hash_sees_what_decides_a_generation_and_nothing_else():
    base = preset("emergence")
    for same in ("backend.workers=3", "checkpoint.every=5", "records.individuals_every=7", "evolution.generations=99"):
        assert preset("emergence", overrides=[same]).hash() == base.hash()
    for other in ("seed=1", "lifetime.batch=8", "evolution.mask_flip=0.1", "genome.gain_scale=0.2"):
        assert preset("emergence", overrides=[other]).hash() != base.hash()


WRONG = {
    "evolution.sise=3": ["evolution.sise", "'size'"],
    "sead=3": ["sead", "'seed'"],
    "genome.size=3": ["[evolution]"],
    "evolution.size=1": ["evolution.size", "at least 2", "got 1"],
    "evolution.size=many": ["evolution.size", "a whole number such as 128", "'many'"],
    "seed=-1": ["seed", "got -1"],
    "task.name=sin": ["task.name", "'sine'"],
    "task.options={amplitud=3}": ["'amplitude'"],
    "network.levels=[]": ["at least one hidden level"],
    "evolution.bit_flip=0.1": ["bit_flip", "chalmers", "left out"],
    "network.levels=[8,0]": ["network.levels", "got 0"],
    "network.density_ascending=0": ["density_ascending", "greater than 0"],
    "network.density_descending=1.2": ["density_descending", "got 1.2"],
    "network.wiring=amorphus": ["'amorphous'"],
    "network.activation=tan": ["'tanh'"],
    'network={wiring="amorphous",options={lateral=0.5}}': ["'lateral'", "it has none", "with 'lateral': cortical"],
    'network={wiring="layered",feedback="transposed",options={feedback_from="outputs"}}': ["feedback_from", "left out"],
    "plasticity.rule=hebb": ["'hebbian'"],
    'plasticity.terms=["oya"]': ["'oja'"],
    "evolution.elites=128": ["fewer elites"],
    "evolution.pool=1000": ["evolution.pool"],
    'evolution.select={name=["selBest"]}': ["expected the name of an operator", "got ['selBest']"],
    'evolution.select={name="selTurnament"}': ["'selTournament'"],
    'evolution.select={name="selTournament"}': ["needs the argument tournsize"],
    'evolution.select={name="selTournament",size=3}': ["'tournsize'"],
    'evolution.select={name="selBest"}': ["selects nothing", "evolution.pool"],
    'evolution.select={name="selTournamentDCD"}': ["several objectives"],
    'evolution.select={name="selTournament",tournsize="x"}': ["evolution.select", "tournsize = 'x'"],
    'evolution.select={name="selTournament",tournsize=0}': ["evolution.select", "tournsize = 0"],
    'evolution.select={name="selDoubleTournament",fitness_size=2,parsimony_size=9,fitness_first=true}': ["parsimony"],
    "task.options={amplitude=true}": ["amplitude"],
    "task.options={amplitude=nan}": ["amplitude", "finite"],
    'task={name="teacher",options={hidden=2.5}}': ["hidden", "whole number", "2.5"],
    'task={name="teacher",options={hidden=0}}': ["hidden", "at least 1"],
    "evolution.size=true": ["evolution.size", "a whole number", "True"],
    'evolution.size="128"': ["evolution.size", "a whole number", "'128'"],
    'network.bias="yes"': ["network.bias", "'yes'"],
    "lifetime.signal_clip=true": ["signal_clip", "True"],
    'network={feedback="transposed",density_descending=0.3}': ["density_descending", "0.3", "Leave the key out"],
    "backend.name=rai": ["backend.name"],
    "checkpoint.every=often": ["checkpoint.every"],
    "lifetime.batch=1.5": ["lifetime.batch", "1.5"],
    "genome.gain_scale=inf": ["gain_scale"],
    "nonsense": ["table.key=value"],
    "=3": ["table.key=value"],
    "seed.low=3": ["seed"],
    "network.levels=8,8": ["network.levels: expected a list of whole numbers such as [8, 8], got '8,8'"],
    "network.levels=['a']": ["network.levels.0: expected a whole number such as 8, got 'a'"],
    "task=3": ['task: expected a table with keys, such as task.name = "sine", got 3'],
    'task.options={amplitude="x"}': ["task.options.amplitude: expected a number such as 1.4, got 'x'"],
    "plasticity.terms=oja": ["""expected a list of words such as ["oja"], got 'oja'"""],
    "evolution.select=selBest": ['expected a table such as {name = "selTournament", tournsize = 3}'],
    "genome.innate_scale=[1]": ["genome.innate_scale: expected 2 values, such as [1.0, 1.0], got [1]"],
    "genome.innate_scale=[1,2,3]": ["genome.innate_scale: expected 2 values, such as [1.0, 1.0], got [1, 2, 3]"],
    "transplant.genes=[]": ['transplant.genes: expected at least one value, such as ["gain", "decay"], got []'],
    "seed=2020-01-01": ["seed: expected a whole number such as 0, got 2020-01-01"],
    f"seed={'1' * 5000}": ["seed: expected a whole number"],
    f"seed=0x{'f' * 5000}": ["seed: expected less than 9223372036854775808, got a number of thousands of digits"],
    "seed=-3": ["seed: expected greater than or equal to 0, got -3"],
}


def test_a_number_or_a_word_is_explained_once():
    with pytest.raises(ConfigError) as caught:
        preset("recurrent", overrides=["network.settle=0"])
    assert str(caught.value).count("network.settle") == 1
    assert "greater than or equal to 1, got 0" in str(caught.value)
    assert "auto" in str(caught.value)
    with pytest.raises(ConfigError, match=r"network.settle: expected a whole number such as \d+, or 'auto', got 'x'"):
        preset("recurrent", overrides=["network.settle=x"])


NOT_TOML = {
    "network.levels=[8,8": "-s 'network.levels=[8, 8]'",
    "network.levels=[8 8]": "-s 'network.levels=[8, 8]'",
    "plasticity.terms=[oja, hebbian]": """-s 'plasticity.terms=["oja", "hebbian"]'""",
    "evolution.select={name=selBest}": """-s 'evolution.select={name = "selBest"}'""",
    'evolution.select={"name":"selBest"}': """-s 'evolution.select={name = "selBest"}'""",
    "evolution.select={name: selTournament, tournsize: 3": (
        """-s 'evolution.select={name = "selTournament", tournsize = 3}'"""
    ),
    'task.name="xor': """-s 'task.name="xor"'""",
    "transplant.source=[old]/run": """-s 'transplant.source="[old]/run"'""",
    "task.options={amplitude 2}": "-s 'task.options={amplitude = 1.4}'",
    "nowhere={a b}": "-s evolution.size=64",
}


@pytest.mark.parametrize("override", NOT_TOML)
def test_brackets_and_quotes_that_are_not_toml_are_refused_with_the_right_spelling(override):
    with pytest.raises(ConfigError, match="not valid TOML") as caught:
        preset("emergence", overrides=[override])
    message = str(caught.value)
    assert message.startswith(f"-s {override}: ")
    assert NOT_TOML[override] in message


def test_a_bare_word_is_text():
    assert preset("emergence", overrides=["task.name=xor"]).task.name == "xor"
    assert preset("emergence", overrides=["checkpoint.every=60s"]).checkpoint.every == "60s"
    assert preset("emergence", overrides=["transplant.source=my runs/a@3"]).transplant.source == "my runs/a@3"
    assert preset("emergence", overrides=["transplant.source="]).transplant.source == ""


JARGON = re.compile(r"instance of|valid|dictionary|tuple|\bparse|Input|Field|item|union|literal|validation|datetime")
KEYS = [
    *Config.model_fields,
    *(
        f"{name}.{key}"
        for name, field in Config.model_fields.items()
        for key in getattr(field.annotation, "model_fields", ())
    ),
]
NEVER = [date(2020, 1, 1), [[1]]]
VALUES = [
    *NEVER, 3, -1, 3.5, float("nan"), float("inf"), True, "text", "", [], [1.5], ["text"], [1, "text"], [1, 2, 3], {},
    {"text": "text"}, {"text": [1]}, {"name": 3}, 10**30,
]  # fmt: skip


@pytest.mark.parametrize("key", KEYS)
def test_every_key_explains_wrong_values_in_plain_words(key):
    """Whatever is given, no word of the validator's; to a value that no key may have, an example or the meaning."""
    for value in VALUES:
        try:
            preset("emergence", overrides=[(key, value)])
        except ConfigError as error:
            message = str(error).removeprefix("preset emergence: ")
            assert not JARGON.search(message), message
            if value in NEVER:
                assert re.fullmatch(rf"{key}(\.0)?: expected .+(such as .+, got .+|, got .+ \(.+\))", message), message
        else:
            assert value not in NEVER


@pytest.mark.parametrize("override", WRONG)
def test_wrong_values_are_explained(override):
    with pytest.raises(ConfigError) as caught:
        preset("emergence", overrides=[override])
    for part in WRONG[override]:
        assert part in str(caught.value)


WRONG_FOR_A_LAYER = {
    "network.levels=[8]": ["network.levels", "single layer", "expected []", "got [8]", "preset chalmers"],
    "task.name=digits": ["task.name", "expected patterns", "'digits'"],
    "plasticity.rule=heterosynaptic": ["network.levels", "two pathways", "chalmers"],
    "lifetime.batch=4": ["lifetime.batch", "expected 1, got 4"],
    "network.wiring=cortical": ["network.wiring", "'cortical'"],
    "plasticity.momentum=0.5": ["plasticity.momentum", "left out"],
    "genome.gain_scale=0.2": ["genome.gain_scale", "left out"],
    "injury.share=0.2": ["injury.share"],
    "hardware.bits=4": ["hardware.bits"],
    "evolution.mask_flip=0.1": ["evolution.mask_flip"],
    "environment.within=2": ["environment.within"],
    "environment.noise=2": ["environment.noise"],
    "task.options={patterns=3}": ["patterns", "at least 4"],
    "task.name=sine": ["task.name", "between 0 and 1", "'sine'"],
    'heldout.families=["separable"]': ["'separable'"],
    "transplant.scale=2.0": ["transplant.scale"],
    'evolution.select={name="selDoubleTournament",fitness_size=2,parsimony_size=1.4,fitness_first=true}': ["synapses"],
}


@pytest.mark.parametrize("override", WRONG_FOR_A_LAYER)
def test_what_a_single_layer_does_not_have_is_refused(override):
    with pytest.raises(ConfigError) as caught:
        preset("chalmers", overrides=[override])
    for part in WRONG_FOR_A_LAYER[override]:
        assert part in str(caught.value)


def test_an_inherited_rule_needs_another_preset_than_circuits():
    with pytest.raises(
        ConfigError, match=r"task.name.*expected patterns, got 'sine'.*preset chalmers.*begin with that"
    ):
        preset("emergence", overrides=["plasticity.rule=chalmers"])
    with pytest.raises(ConfigError, match=r"network.levels.*expected \[\], got \[8, 8\].*begin with that"):
        preset("emergence", overrides=["plasticity.rule=chalmers", 'task={name="patterns",inputs=5,outputs=1}'])


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b"", "empty"),
        (b"seed = ", "not valid TOML"),
        (b"\xff\xfe\x00", "not a text file"),
        (b"task = 3", "task"),
        (b"[task]\nname = 3\n", "task.name"),
    ],
)
def test_wrong_files_are_explained(tmp_path, content, part):
    file = tmp_path / "wrong.toml"
    file.write_bytes(content)
    with pytest.raises(ConfigError, match=part):
        load_config(file)


def test_missing_file_folder_and_unknown_preset_are_explained(tmp_path):
    with pytest.raises(ConfigError, match="There is no file"):
        load_config(tmp_path / "none.toml")
    (tmp_path / "folder.toml").mkdir()
    with pytest.raises(ConfigError, match=r"folder.toml is a folder.*hetevo init"):
        load_config(tmp_path / "folder.toml")
    with pytest.raises(ConfigError, match="Did you mean 'emergence'"):
        load_config("emergance")


@pytest.mark.parametrize(
    ("source", "parts"),
    [
        ("wb.yaml", ["wb.yaml is not valid TOML", "A configuration is a TOML file", "hetevo init"]),
        ("./conf.json", ["conf.json is not valid TOML", "hetevo init"]),
        ("empty.yaml", ["empty.yaml is an empty file", "hetevo init"]),
        ("bare", ["bare is a file", "without .toml", "./bare"]),
        ("folder", ["folder is a folder", "hetevo init"]),
        ("folder/", ["folder is a folder"]),
        ("run", ["run is a run", "hetevo resume run", "hetevo run run/config.toml -o ANOTHER"]),
        ("sweep.toml", ["sweep.toml is a sweep", "hetevo sweep sweep.toml"]),
        ("folder/xyz.toml", ["There is no file folder/xyz.toml. Give a TOML file"]),
        ("folder/mina.toml", ["There is no file folder/mina.toml", "Did you mean 'mine.toml'?"]),
        ("foldr/mine.toml", ["There is no file foldr/mine.toml", "There is no folder foldr"]),
        ("emergence.toml", ["There is a preset emergence", "its name alone"]),
        ("baree", ["There is no preset 'baree'", "emergence"]),
        ("lokal", ["Did you mean 'local.toml'?"]),
        ("emergence-and-neutral", ["but a sweep: hetevo sweep emergence-and-neutral"]),
        ("", ["There is no preset ''"]),
        ("x" * 5000, ["There is no preset 'xxx"]),
        ("mine.toml/x", ["mine.toml/x"]),
    ],
)  # fmt: skip
def test_what_is_no_configuration_is_named_as_what_it_is(tmp_path, monkeypatch, source, parts):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "wb.yaml").write_text("seed: 3\n")
    (tmp_path / "conf.json").write_text('{"seed": 3}')
    (tmp_path / "empty.yaml").touch()
    (tmp_path / "sweep.toml").write_text('base = "emergence"\nseeds = "0..1"\n')
    for folder in ("folder", "run"):
        (tmp_path / folder).mkdir()
    for file in ("bare", "mine.toml", "local.toml", "folder/mine.toml", "run/config.toml"):
        (tmp_path / file).write_text("seed = 3\n")
    with pytest.raises(ConfigError) as caught:
        load_config(source)
    for part in parts:
        assert part in str(caught.value)


def test_a_file_is_read_by_its_path_whatever_it_is_called(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("bare", "UPPER.TOML", "mine.toml"):
        (tmp_path / name).write_text("seed = 3\n")
        assert load_config(tmp_path / name).seed == 3
    assert load_config("./bare").seed == load_config("UPPER.TOML").seed == 3


def test_a_byte_order_mark_is_no_part_of_a_configuration(tmp_path):
    (tmp_path / "mine.toml").write_bytes(b"\xef\xbb\xbfseed = 3\n")
    assert load_config(tmp_path / "mine.toml").seed == 3


def test_another_seed_is_all_that_seeded_changes():
    config = preset("emergence")
    assert config.seeded(7) == preset("emergence", seed=7)
    for wrong in (-1, 2**63):
        with pytest.raises(ConfigError, match="whole number from 0 to 9223372036854775807"):
            config.seeded(wrong)


def test_transposed_wiring_has_one_density():
    config = from_mapping({"network": {"feedback": "transposed", "density_ascending": 0.3}})
    assert config.network.density_descending == 0.3
    assert from_mapping(tomllib.loads(dump_toml(config))) == config


@pytest.mark.parametrize(
    "override", ["evolution.size=1000000000000", "network.levels=[10000000]", "lifetime.presentations=100000000000"]
)
def test_what_cannot_fit_into_memory_is_refused_before_anything_is_written(override):
    with pytest.raises(ConfigError, match=r"[GT]iB"):
        Experiment(preset("emergence", overrides=[override]))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (["network.settle=0"], "network.settle: expected"),
        (["network.wiring=layered", "network.settle=4"], "have no loops.*cortical, recurrent"),
        (["network.wiring=layered", "network.options={lateral=0.5}"], "wiring 'layered' has no option 'lateral'"),
        (["network.wiring=rewired", "network.options={ascending=1.2}"], "ascending: expected 0 to 1, got 1.2"),
        (["network.wiring=small-world", "network.options={rewirin=0.2}"], "Did you mean 'rewiring'"),
        (
            ["plasticity.options={scale=0.1}"],
            "rule 'heterosynaptic' has no option 'scale'.*Rule with 'scale': node-pert",
        ),
        (["plasticity.rule=node-perturbation", "plasticity.options.scale=0"], "options.scale: expected greater than 0"),
        (
            ["plasticity.rule=node-perturbation", "plasticity.options.momentum=0.5"],
            "no option 'momentum'; it has scale",
        ),
        (
            ["plasticity.limit=0.1"],
            "no key 'limit' in .plasticity.. If it is an option, write plasticity.options.limit",
        ),
        (["network.wiring=cerebellum", "network.levels=[8]"], "two, granule cells and Purkinje cells"),
        (["network.wiring=cerebellum", "network.options={dendrites=2.5}"], "dendrites: expected a whole number"),
        (["hardware.bits=1"], "hardware.bits: expected"),
        (["injury.share=1.5"], "injury.share: expected"),
        (["environment.within=500"], "at most as many tasks as presentations"),
        (["environment.exchange=0.5", "environment.noise=5"], r"even number of them, got 11 \(task.inputs = 6"),
        (["task.name=reach", "task.outputs=3"], "exactly 2 outputs"),
    ],
)
def test_circuits_and_circumstances_that_cannot_be_are_refused(changes, words):
    with pytest.raises(ConfigError, match=words):
        preset("emergence", overrides=changes)


@pytest.mark.parametrize("given", ["evolution.size=32", {"evolution.size": 32}, [32], [("evolution.size",)], 3])
def test_changes_that_are_no_list_of_changes_are_refused(given):
    for read in (
        lambda: preset("smoke", overrides=given),
        lambda: load_config("smoke", given),
        lambda: from_mapping({}, overrides=given),
    ):
        with pytest.raises(ConfigError, match=r"overrides: expected a list of changes, such as .* got"):
            read()


def test_a_graph_in_a_file_has_no_inputs_of_noise():
    with pytest.raises(ConfigError, match=r"environment.noise: a graph in a file.*got 2"):
        preset("connectome", overrides=["environment.noise=2"])


def test_circumstances_reach_the_species():
    changes = ["injury.share=0.2", "hardware.bits=4", "environment.within=2", "environment.every=0"]
    species = build_species(preset("emergence", overrides=changes))
    assert species.perturbations == (Injury(0.2), Hardware(bits=4))
    assert (species.environment.within, species.environment.every) == (2, 0)
    assert build_species(preset("emergence")).perturbations == ()
    assert build_species(preset("recurrent")).settle == 4
