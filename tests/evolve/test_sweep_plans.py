"""From a sweep file to its runs."""

import pytest

from evolve.config import ConfigError
from evolve.sweeps import load_plan, sweep_names


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
        ('seeds = "9..0"', ["seeds", "0..9"]),
        ("seeds = [1, 1]", ["each seed once"]),
        ("seeds = []", ["seeds"]),
        ("[zip]\n'a.b' = [1]\n'c.d' = [1, 2]", ["one length"]),
        ("[grid]\n'lifetime.batch' = []", ["at least one value"]),
        ("[grid]\n'lifetime.batsh' = [1]", ["batsh", "'batch'", "seed0"]),
        ("[grid]\nseed = [1]", ["seeds belong into seeds"]),
        ("base = 'emergense'", ["'emergence'"]),
        ("[conditions.a]\nevolution.size = 'x'", ["evolution.size", "a-seed0"]),
        ("[conditions.'a b']\n[conditions.'a-b']", ["two runs"]),
        ("seeds = ", ["not valid TOML"]),
    ],
)
def test_mistakes_are_explained(tmp_path, text, parts):
    with pytest.raises(ConfigError) as caught:
        plan_of(tmp_path, text)
    for part in parts:
        assert part in str(caught.value)


def test_an_unknown_sweep_names_the_known_ones():
    with pytest.raises(ConfigError, match="emergence-and-neutral"):
        load_plan("emergence-or-neutral")
