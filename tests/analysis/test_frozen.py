"""Freezing: what was fixed before seeds are run is known again, and what changed since is named."""

import hashlib
import json
import tomllib
from dataclasses import replace

import pytest
from planted import plant

from hetevo.analysis import load_run
from hetevo.analysis.claims import (
    CLAIMS,
    Claim,
    Freezing,
    Prediction,
    check_frozen,
    freeze,
    read_frozen,
    read_shipped,
    write_record,
)
from hetevo.analysis.claims.frozen import is_same, is_spent
from hetevo.evolve.plugins import hash_plugins
from hetevo.evolve.rundir import RunDirectory
from hetevo.populations.errors import SettingError

CLAIM = Claim("planted", "It rises.", (Prediction("it rises", ((1, "rising", "alignment_end"),), key=True),))
CONDITIONS = {"rising": {"seed": 0, "evolution": {"size": 8}, "transplant": {"source": "seed0@3"}, "backend": {"a": 1}}}


@pytest.fixture
def frozen(tmp_path):
    path = tmp_path / "frozen.toml"
    path.write_text(freeze({"planted": (CLAIM, CONDITIONS)}, "200..201"))
    return read_frozen(path)["planted"]


def begin(path, seed, **facts):
    run = load_run(plant(path, condition="rising", seed=seed))
    provenance = RunDirectory(path).provenance
    provenance.create()
    provenance.begin_session(**facts)
    return run


@pytest.fixture
def runs(frozen, tmp_path):
    return [begin(tmp_path / f"{seed}", seed) for seed in (200, 201)]


def test_runs_that_are_as_frozen_say_so(frozen, runs):
    said = check_frozen(CLAIM, CONDITIONS, runs, frozen)
    assert not said.problems
    assert said.text == f"Frozen on {frozen.date[:10]} for seeds 200..201, hash {frozen.hash[:12]}."
    assert check_frozen(CLAIM, CONDITIONS, runs, None).text == "Not frozen: exploratory."


def test_seeds_places_and_words_may_differ_and_later_keys(frozen, runs):
    (prediction,) = CLAIM.predictions
    reworded = replace(CLAIM, says="!", predictions=(replace(prediction, says="up"),))
    later = {"seed": 7, "evolution": {"size": 8, "new": 1}, "transplant": {"source": "seed7@3"}, "backend": {"a": 2}}
    assert not check_frozen(reworded, {"rising": later}, runs, frozen).problems


@pytest.mark.parametrize(
    "change", [{"value": 0.1}, {"key": False}, {"sign": -1}, {"within": 0.1}, {"generations": 1}, {"measure": "turned"}]
)
def test_changed_predictions_are_named(frozen, runs, change):
    changed = replace(CLAIM, predictions=(replace(CLAIM.predictions[0], **change),))
    said = check_frozen(changed, CONDITIONS, runs, frozen)
    assert said.problems == ("the predictions have changed",)
    assert said.text.startswith("Not as it was frozen on")
    assert said.text.endswith("Exploratory.")


def test_changed_configurations_and_conditions_are_named(frozen, runs):
    changed = {"rising": {**CONDITIONS["rising"], "evolution": {"size": 9}}}
    for conditions in (changed, {**CONDITIONS, "more": changed["rising"]}):
        assert check_frozen(CLAIM, conditions, runs, frozen).problems == ("the configuration has changed",)


def test_other_seeds_spent_ones_and_earlier_runs_are_named(frozen, runs, tmp_path):
    later = replace(frozen, date="2999-01-01T00:00:00+00:00")
    assert check_frozen(CLAIM, CONDITIONS, runs, later).problems == ("2 of 2 runs began before, or nobody knows when",)
    spent = begin(tmp_path / "spent", 3)
    said = check_frozen(CLAIM, CONDITIONS, [*runs, spent], frozen)
    assert said.problems == ("the seeds are others", "some seeds were spent")
    unknown = load_run(plant(tmp_path / "unknown", condition="rising", seed=201))
    assert "nobody knows" in check_frozen(CLAIM, CONDITIONS, [runs[0], unknown], frozen).problems[0]


def test_a_record_remembers_what_was_frozen(frozen, runs):
    said = check_frozen(CLAIM, CONDITIONS, runs, frozen)
    assert Freezing.from_record(said.record(), CLAIM, CONDITIONS) == said
    changed = Freezing.from_record(said.record(), replace(CLAIM, predictions=()), CONDITIONS)
    assert changed.problems == ("the predictions have changed",)


@pytest.fixture
def own_rule(tmp_path, monkeypatch):
    """A rule of one's own, in the current folder, and conditions that use it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "frozen_rule.py").write_text("SIGN = 1\n")
    return {"rising": {**CONDITIONS["rising"], "plasticity": {"rule": "frozen_rule:RULE"}}, "early": {"stage": "birth"}}


def fix(conditions, path):
    sources = {"planted": hash_plugins(conditions.values())}
    path.write_text(freeze({"planted": (CLAIM, conditions)}, "200..201", sources))
    return read_frozen(path)["planted"]


def test_a_rewritten_rule_is_named_by_what_the_runs_were_lived_with(own_rule, tmp_path):
    frozen = fix(own_rule, tmp_path / "frozen.toml")
    (source,) = frozen.sources.values()
    first, second = ({"package": "frozen_rule", "sha256": text} for text in (source, "0" * 12))
    runs = [begin(tmp_path / "200", 200, plugins=[first]), begin(tmp_path / "201", 201, plugins=[first])]
    # what lies here today decides nothing
    (tmp_path / "frozen_rule.py").write_text("SIGN = -1\n")
    assert not check_frozen(CLAIM, own_rule, runs, frozen).problems
    # gone on with after it was rewritten
    RunDirectory(tmp_path / "201").provenance.begin_session(plugins=[second], after=3)
    said = check_frozen(CLAIM, own_rule, runs, frozen)
    assert said.problems == ("the source of frozen_rule has changed",)
    assert Freezing.from_record(json.loads(json.dumps(said.record())), CLAIM, own_rule) == replace(
        said, frozen=replace(frozen, keys=tuple(frozen.keys))
    )
    # lived anew, from its founders
    RunDirectory(tmp_path / "201").provenance.begin_session(plugins=[first])
    assert not check_frozen(CLAIM, own_rule, runs, frozen).problems


def test_sources_belong_to_the_hash_and_files_without_them_stay_valid(own_rule, tmp_path, frozen):
    own = fix(own_rule, tmp_path / "own.toml")
    assert own.hash != replace(own, sources={}).hash
    assert "sources" not in frozen.record()
    # as it was before there were sources
    values = {"date": frozen.date, "version": frozen.version, "seeds": frozen.seeds, "keys": sorted(frozen.keys)}
    values |= {"predictions": frozen.predictions, "configuration": frozen.configuration}
    assert frozen.hash == hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()
    old = replace(own, sources={})
    run = begin(tmp_path / "200", 200, plugins=[{"package": "frozen_rule", "sha256": "0" * 12}])
    assert not any("source" in each for each in check_frozen(CLAIM, own_rule, [run], old).problems)


def test_what_matters_stands_before_the_keys_in_short_lines(tmp_path):
    many = {"rising": {**CONDITIONS["rising"], "evolution": {f"key_{n}": n for n in range(150)}}}
    text = freeze({"planted": (CLAIM, many), "with 'quote\"": (CLAIM, many)}, "200..201")
    assert max(map(len, text.splitlines())) <= 120
    assert list(tomllib.loads(text)) == ["date", "version", "claims", "keys"]
    assert len(tomllib.loads(text)["keys"]) == 151
    # frozen earlier, in whatever layout
    (tmp_path / "frozen.toml").write_text(text)
    found = read_frozen(tmp_path / "frozen.toml")
    old = "\n".join(["date = 3", f"keys = {json.dumps([*found['planted'].keys])}"]) + "\n"
    for name, each in found.items():
        old += f"[claims.{json.dumps(name)}]\nseeds = '200..201'\npredictions = '{each.predictions}'\n"
        old += f"configuration = '{each.configuration}'\n"
    assert is_same(old, text)
    assert not is_same(old.replace("200..201", "200..202"), text)
    assert not is_same("", text)


def test_a_recorded_table_names_keys_last_in_the_comment_that_earlier_versions_read(frozen, runs):
    said = check_frozen(CLAIM, CONDITIONS, runs, frozen).record()
    first = write_record(CLAIM, runs, said, ["what pilots chose"]).decode().partition("\n")[0]
    comment = json.loads(first.removeprefix("# "))
    assert list(comment)[-3:] == ["problems", "notes", "keys"]
    assert comment["keys"] == [*frozen.keys]


def test_spent_seeds_cannot_be_frozen():
    assert [seed for seed in (0, 19, 20, 99, 100, 119, 120, 200) if is_spent(seed)] == [0, 19, 100, 119]
    with pytest.raises(SettingError, match="seed 119, whose results are known"):
        freeze({"planted": (CLAIM, CONDITIONS)}, "119..125")
    with pytest.raises(SettingError, match="--seeds: expected seeds"):
        freeze({"planted": (CLAIM, CONDITIONS)}, "200")


def test_seeds_that_were_frozen_before_cannot_be_frozen_again():
    with pytest.raises(SettingError, match=r"shared-gains was frozen on .* seed 219"):
        freeze({"shared-gains": (CLAIM, CONDITIONS)}, "219..230")
    assert freeze({"shared-gains": (CLAIM, CONDITIONS)}, "220..230")


@pytest.mark.parametrize("text", ["", "x = [", "claims = 3", '[claims.a]\nseeds = "200..201"', "\0"])
def test_a_file_that_holds_nothing_frozen_is_refused(tmp_path, text):
    (tmp_path / "frozen.toml").write_text(text)
    with pytest.raises(SettingError, match="holds nothing that was frozen"):
        read_frozen(tmp_path / "frozen.toml")
    with pytest.raises(SettingError, match="there is no file"):
        read_frozen(tmp_path / "missing.toml")


def test_of_what_ships_the_last_is_taken(tmp_path):
    early = freeze({"planted": (CLAIM, CONDITIONS)}, "200..209")
    for name, seeds, year in (("a", "300..309", "2031"), ("b", "200..209", "2030")):
        text = early.replace("200..209", seeds).replace('date = "20', f'date = "{year}-01-01T00:00:00+00:00" # "')
        (tmp_path / f"{name}.toml").write_text(text)
    assert {name: each.seeds for name, each in read_shipped(tmp_path).items()} == {"planted": "300..309"}
    assert not read_shipped(tmp_path / "none")


def test_what_ships_frozen_are_claims():
    assert read_shipped().keys() <= CLAIMS.keys()
