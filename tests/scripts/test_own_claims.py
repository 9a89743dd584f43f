"""Claims in somebody's own files: tested like those that ship, and refused with the reason where they mean nothing."""

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hetevo.analysis.claims import CLAIMS, read_claim
from hetevo.populations.errors import SettingError
from hetevo.scripts.main import app

EXPERIMENTS = Path(__file__).parents[2] / "evolve" / "experiments"

OWN = """
# somebody's own question
[network]
levels = [4]

[lifetime]
presentations = 20

[evolution]
size = 8
generations = 1

[sweep]
base = "mine.toml"
seeds = "7..9"

[sweep.conditions.plastic]
[sweep.conditions.fixed]
plasticity.rule = "fixed-feedback"

[claim]
says = "It makes a difference."
source = "a hunch"
groups.both = ["plastic", "fixed"]

[[prediction]]
says = "more than fixed feedback"
key = true
terms = [[1, "plastic", "alignment_end"], [-1, "fixed", "alignment_end"]]
above = -3.0

[[prediction]]
says = "near nothing"
terms = [[1, "{both}", "alignment_end"]]
within = 2.0
"""


def hetevo(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("mine.toml").write_text(OWN)
    return Path("mine.toml")


def test_a_file_of_ones_own_is_tested(own):
    run = hetevo("claims", own, "--pages", "pages", "--json", "--workers", 1)
    assert run.exit_code == 0, run.stderr
    found = json.loads(run.stdout)["mine"]
    assert found["verdict"] == "confirmed"
    # corrected over its own key predictions alone: there is one
    key = found["predictions"][0]
    assert key["p_holm"] == key["p"]
    page = Path("pages/mine.md").read_text()
    assert "Source: a hunch. Repeat it: `hetevo claims mine.toml`." in page
    assert "2505.02248" not in run.stderr + page
    again = hetevo("claims", "mine.toml", "--recorded", "pages", "--json")
    assert json.loads(again.stdout)["mine"]["verdict"] == "confirmed"


def test_a_file_of_ones_own_can_be_frozen(own):
    assert hetevo("claims", own, "--freeze", "--seeds", "20..21", "-o", "frozen.toml").exit_code == 0
    fixed = Path("frozen.toml").read_text()
    again = hetevo("claims", own, "--freeze", "--seeds", "20..21", "-o", "frozen.toml")
    assert (again.exit_code, Path("frozen.toml").read_text()) == (0, fixed)  # with its date
    other = hetevo("claims", own, "--freeze", "--seeds", "20..22", "-o", "frozen.toml")
    assert (other.exit_code, Path("frozen.toml").read_text()) == (2, fixed)
    run = hetevo("claims", own, "--frozen", "frozen.toml", "--workers", 1, "--pages", "pages", "--trust")
    assert run.exit_code == 0, run.stderr
    assert "Repeat it: `hetevo claims mine.toml --frozen frozen.toml --trust`." in Path("pages/mine.md").read_text()
    assert "seeds 20..21" in run.stderr
    assert {path.name for path in Path("runs/mine").glob("*-seed*")} == {
        f"{name}-seed{seed}" for name in ("plastic", "fixed") for seed in (20, 21)
    }


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("above = -3.0", "", "expected one of above, below and within, such as above = 0.0"),
        ("above = -3.0", "above = 0\nbelow = 1", "got above and below"),
        ("above = -3.0", "above = 0\naround = 1", "around: it is the middle of within"),
        ("above = -3.0", 'above = "much"', "above: expected a number"),
        ("key = true", "keys = true", "there is no key 'keys'. Did you mean 'key'?"),
        ('[-1, "fixed", "alignment_end"]', '[-1, "fixd", "alignment_end"]', "got 'fixd'. Did you mean 'fixed'?"),
        ('[-1, "fixed", "alignment_end"]', '["fixed", "alignment_end"]', "expected weight, condition and column"),
        ("{both}", "{all}", "{all} stands for a list of names in [claim.groups], got both"),
        ("near nothing", "more than fixed feedback", "expected each prediction in its own words"),
        ('source = "a hunch"', 'figure = "hunch"', "claim.figure: expected one of"),
        ('says = "It makes a difference."', "", "says: expected"),
        ("[claim]", "[clam]", "[claim]: expected a table, got none"),
        ("[[prediction]]", "[[predictions]]", "expected at least one table [[prediction]]"),
    ],
)
def test_what_means_nothing_is_refused_before_anything_is_run(own, old, new, message):
    assert old in OWN
    own.write_text(OWN.replace(old, new))
    run = hetevo("claims", own)
    assert (run.exit_code, run.stdout) == (2, "")
    assert message in " ".join(run.stderr.split())
    assert "Traceback" not in run.stderr
    assert not Path("runs").exists()


def test_the_file_in_the_documentation_is_a_claim(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    page = (EXPERIMENTS.parents[1] / "docs" / "claims.md").read_text()
    Path("mine.toml").write_text(re.search(r"^```toml\n(# mine.toml\n.*?)^```", page, re.MULTILINE | re.DOTALL)[1])
    # which plans its runs, and runs nothing
    done = hetevo("claims", "mine.toml", "--freeze", "--seeds", "200..201", "-o", "frozen.toml")
    assert done.exit_code == 0, done.stderr
    assert not Path("runs").exists()


def test_a_sweep_file_to_which_a_claim_was_added_is_told_where_its_keys_belong(own):
    before, claim = OWN.split("[claim]")
    sweep = before.partition("[sweep]\n")[2].replace("[sweep.", "[").replace("mine.toml", "smoke")
    own.write_text(f"{sweep}[claim]{claim}")
    for command in ("claims", "sweep"):
        run = hetevo(command, own)
        assert run.exit_code == 2
        words = " ".join(run.stderr.split())
        assert "below [sweep]" in words
        assert "[sweep.conditions.NAME] instead of [conditions.NAME], got base, seeds, conditions, claim" in words
        assert "docs/claims.md" in words


def test_an_interrupt_before_anything_was_run_says_so(own, monkeypatch):
    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("hetevo.scripts.claims._choose", interrupt)
    run = hetevo("claims", own, "-o", "there")
    assert run.exit_code == 130
    assert "interrupted; nothing had begun, there is no there" in run.stderr
    Path("there").mkdir()
    assert "interrupted; what had been saved is there" in hetevo("claims", own, "-o", "there").stderr


def test_files_that_are_no_claims_are_named():
    with pytest.raises(SettingError, match=r"There is no file nowhere\.toml"):
        read_claim("nowhere.toml")
    with pytest.raises(SettingError, match=r"There is no claim 'smoke', but a preset: .*run smoke"):
        read_claim("smoke")


def test_every_experiment_with_a_claim_that_ships_is_read():
    assert {file.stem for file in EXPERIMENTS.glob("*.toml") if "\n[claim]\n" in file.read_text()} == set(CLAIMS)
