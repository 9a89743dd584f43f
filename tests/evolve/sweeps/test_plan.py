"""From a sweep file to its runs."""

import pytest

from hetevo.evolve.config import Config, ConfigError, load_config, preset
from hetevo.evolve.sweeps import load_plan, making, plan_of_seeds, sweep_names
from hetevo.evolve.sweeps.file import SweepFile


def plan_of(tmp_path, text):
    file = tmp_path / "mine.toml"
    file.write_text(text)
    return load_plan(file)


@pytest.mark.parametrize("name", sorted(sweep_names()))
def test_every_sweep_that_ships_is_valid(name):
    plan = load_plan(name)
    assert plan.name == name
    assert len({member.name for member in plan.members}) == len(plan.members)


def test_conditions_grid_and_zip_combine_and_seeds_come_last(tmp_path):
    plan = plan_of(
        tmp_path,
        """
        base = "smoke"
        seeds = "3..4"
        set.evolution.generations = 2
        [conditions.plain]
        [conditions.drift]
        base = "neutral"
        evolution.size = 64
        [grid]
        "network.wiring" = ["amorphous", "layered"]
        [zip]
        "lifetime.batch" = [4, 8]
        "genome.gain_scale" = [0.1, 0.2]
        """,
    )
    assert len(plan.members) == 2 * 2 * 2 * 2
    assert [member.seed for member in plan.members[:2]] == [3, 4]
    first, last = plan.members[0], plan.members[-1]
    assert first.name == "plain-wiring=amorphous-batch=4-gain_scale=0.1-seed3"
    assert first.condition == "plain, wiring=amorphous, batch=4, gain_scale=0.1"
    assert last.config.evolution.size == 64
    assert last.config.evolution.generations == 2
    assert last.config.evolution.select == {"name": "selRandom"}
    assert (last.config.lifetime.batch, last.config.genome.gain_scale) == (8, 0.2)
    assert last.config.seed == 4


def test_a_base_file_lies_beside_the_sweep(tmp_path):
    (tmp_path / "mine-base.toml").write_text("[evolution]\nsize = 12\n")
    plan = plan_of(tmp_path, 'base = "mine-base.toml"\n')
    assert plan.members[0].config.evolution.size == 12
    assert plan.members[0].name == "mine-base-seed0"


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("sead = [1]", ["sead", "'seeds'"]),
        ("base = 'smoke'\nseed = 3", ["there is no key 'seed'", "Did you mean 'seeds'?"]),
        ('seeds = "9..0"', ["seeds", "0..9"]),
        ("seeds = [1, 1]", ["each seed once"]),
        ("seeds = []", ["seeds"]),
        ("[zip]\n'a.b' = [1]\n'c.d' = [1, 2]", ["one length"]),
        ("[grid]\n'lifetime.batch' = []", ["at least one value"]),
        ("[grid]\n'lifetime.batsh' = [1]", ["batsh", "'batch'", "seed0"]),
        ("[grid]\nseed = [1]", ["seeds belong into seeds"]),
        ("base = 'emergense'", ["'emergence'"]),
        ("[conditions.a]\nevolution.size = 'x'", ["evolution.size", "a-seed0"]),
        ("[grid]\n'evolution.size' = [8, 8]", ["expected each value once, but 8 stands there twice"]),
        ("[conditions.a]\n[conditions.b]\nevolution.size = 128", ["conditions 'a' and 'b' differ in nothing"]),
        (
            "[conditions]\na = {}\nb = {lifetime = {batch = 8}}\n[grid]\n'lifetime.batch' = [8, 4]",
            ["differ in nothing"],
        ),
        ("seeds = ", ["not valid TOML", "A sweep is a TOML file"]),
        ("seeds = 3", ["seeds: expected a list of whole numbers such as [0, 1, 2], got 3", "0..9"]),
        ("seeds = ['a']", ["seeds.0: expected a whole number such as 0, got 'a'"]),
        ("seeds = [0, -1]", ["emergence-seed-1", "from 0 to"]),
        ("base = 3", ['base: expected text in quotation marks such as "emergence", got 3']),
        ("[conditions.a]\nbase = 3", ["a-seed0", "base", "got 3"]),
        ("[conditions.a]\nseed = 3", ["seeds belong into seeds"]),
        ("[grid]\n'lifetime.batch' = 3", ["grid.lifetime.batch: expected a list such as [4, 8], got 3"]),
        ("grid = 3", ["grid: expected a table such as {", "got 3"]),
        ("conditions = [1]", ["conditions: expected a table such as {layered = {"]),
        ("[evolution]\nsize = 8", ["is a configuration, not a sweep", "hetevo run ", "base = "]),
        ("base = 'wb.yaml'", ["wb.yaml is not valid TOML", "hetevo init"]),
    ],
)
def test_mistakes_are_explained(tmp_path, text, parts):
    (tmp_path / "wb.yaml").write_text("seed: 3")
    with pytest.raises(ConfigError) as caught:
        plan_of(tmp_path, text)
    for part in parts:
        assert part in str(caught.value)


def test_an_unknown_sweep_names_the_known_ones():
    with pytest.raises(ConfigError, match="emergence-and-neutral"):
        load_plan("emergence-or-neutral")


def test_what_is_no_sweep_is_named_as_what_it_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "conf.json").write_text('{"seeds": [0]}')
    (tmp_path / "folder").mkdir()
    for source, words in {
        "conf.json": r"conf.json is not valid TOML.*A sweep is a TOML file, such as",
        "folder": r"folder is a folder.*A sweep is a TOML file",
        "none.toml": "There is no file none.toml",
        "smoke": "There is no sweep 'smoke', but a preset: hetevo run smoke",
    }.items():
        with pytest.raises(ConfigError, match=words):
            load_plan(source)


def test_a_byte_order_mark_is_no_part_of_a_sweep(tmp_path):
    (tmp_path / "mine.toml").write_bytes(b'\xef\xbb\xbfbase = "smoke"\nseeds = "0..1"\n')
    assert len(load_plan(tmp_path / "mine.toml").members) == 2


@pytest.mark.parametrize("key", SweepFile.model_fields)
def test_every_key_of_a_sweep_explains_wrong_values_in_plain_words(tmp_path, key):
    for value in ("3", "true", "[[1]]", "{a = 3}", "2020-01-01"):
        try:
            plan_of(tmp_path, f"{key} = {value}")
        except ConfigError as error:
            message = str(error).partition("toml")[2]
            assert "expected" in message or "there is no key" in message, message
            assert not any(word in message for word in ("valid", "dictionary", "Input", "item", "datetime")), message


def test_as_many_seeds_as_there_are_are_validated_once(tmp_path, monkeypatch):
    validated = []
    validate = Config.model_validate
    monkeypatch.setattr(Config, "model_validate", lambda content: validated.append(content) or validate(content))
    config = preset("smoke")
    validated.clear()
    members = plan_of_seeds("mine", config, "5..20004").members
    assert validated == []
    assert (len(members), members[-1].name, members[-1].config.seed) == (20_000, "mine-seed20004", 20_004)
    assert members[7].config == preset("smoke", seed=12)
    validated.clear()
    text = 'base = "smoke"\nseeds = "0..999"\n[conditions.a]\n[conditions.b]\n"lifetime.batch" = 4\n'
    assert len(plan_of(tmp_path, text).members) == 2000
    assert len(validated) == 2
    validated.clear()
    assert len(plan_of(tmp_path, 'base = "smoke"\nseeds = "0..999"\ncontrols = ["transplant"]').members) == 2000
    assert len(validated) <= 3


def test_each_seed_takes_the_genes_of_its_own_donor(tmp_path):
    text = 'seeds = "3..4"\n[conditions.donor]\n[conditions.heir]\ntransplant.source = "donor-seed{seed}@2"\n'
    members = plan_of(tmp_path, text).members
    assert [member.config.transplant.source for member in members] == ["", "", "donor-seed3@2", "donor-seed4@2"]
    assert [member.after for member in members] == [(), (), ("donor-seed3",), ("donor-seed4",)]
    controls = plan_of(tmp_path, 'seeds = "3..4"\ncontrols = ["transplant"]').members
    assert [one.config.transplant.source for one in controls[2:]] == ["emergence-seed3@50", "emergence-seed4@50"]
    assert [one.after for one in controls[2:]] == [("emergence-seed3",), ("emergence-seed4",)]


def test_a_donor_that_all_seeds_share_is_no_donor_of_their_own(tmp_path):
    text = 'base = "smoke"\nseeds = [1, 2]\n[conditions.donor]\n[conditions.heir]\ntransplant.source = "donor-seed{}"\n'
    for seed in ("1", "{seed}"):
        assert plan_of(tmp_path, text.format(seed)).settings["heir"]["transplant"]["source"] == f"donor-seed{seed}"


def test_conditions_and_their_controls_have_folders_of_their_own(tmp_path):
    text = 'base = "smoke"\ncontrols = ["neutral"]\n[grid]\n"genome.gain_scale" = [1e-16, 1e16]\n'
    members = plan_of(tmp_path, text).members
    assert len({member.name for member in members}) == len({member.condition for member in members}) == 4
    (tmp_path / "neutral.toml").write_text("[evolution]\nsize = 12\n")
    with pytest.raises(ConfigError, match="the base is called like the control 'neutral'"):
        plan_of(tmp_path, 'base = "neutral.toml"\ncontrols = ["neutral"]\n')


def test_seeds_out_of_range_are_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"--seeds: seed: expected .* got 9223372036854775808"):
        plan_of_seeds("mine", preset("smoke"), "9223372036854775800..9223372036854775809")


def test_long_planning_says_how_far_it_has_come(tmp_path, monkeypatch):
    monkeypatch.setattr(making, "NOTICE_SECONDS", 0.0)
    (tmp_path / "mine.toml").write_text("[grid]\n'lifetime.batch' = [4, 5, 6]")
    said = []
    load_plan(tmp_path / "mine.toml", said.append)

    assert [message.rpartition(": ")[2] for message in said] == [f"planned {n} of 3 conditions" for n in range(3)]


def test_one_file_may_hold_a_preset_its_sweep_and_a_claim(tmp_path):
    file = tmp_path / "own.toml"
    sweep = '[sweep]\nbase = "own.toml"\nseeds = [3]\n[sweep.grid]\n"lifetime.batch" = [4, 8]\n'
    file.write_text(f'[evolution]\nsize = 16\n\n# two batches\n{sweep}\n[claim]\nsays = "it learns"\n')
    assert load_config(file).evolution.size == 16
    plan = load_plan(file)
    assert [member.config.lifetime.batch for member in plan.members] == [4, 8]
    assert {member.config.evolution.size for member in plan.members} == {16}
    file.write_text(sweep)
    with pytest.raises(ConfigError, match="is a sweep, not a configuration"):
        load_config(file)


def test_settings_are_those_of_a_condition_and_tell_nobodys_places(tmp_path):
    (tmp_path / "own.csv").write_text("a,b,y\n" + "1,2,3\n2,1,4\n" * 20)
    plan = plan_of(
        tmp_path,
        f"""
        base = "smoke"
        seeds = [1, 2]
        controls = ["transplant"]
        [set]
        task = {{name = "table", options = {{file = "{tmp_path / "own.csv"}", targets = ["y"]}}}}
        backend.workers = 3
        """,
    )
    settings = plan.settings
    assert list(settings) == ["smoke", "transplant"]
    assert settings["transplant"]["transplant"]["source"] == "smoke-seed{seed}@3"
    assert {"seed", "backend", "track"}.isdisjoint(settings["smoke"])
    assert settings["smoke"]["task"]["name"] == "table"
    assert str(tmp_path) not in repr(settings)
