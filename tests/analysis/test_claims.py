"""Claims: predictions on planted runs, and what every claim needs to be testable."""

import re
import tomllib
from collections import Counter
from dataclasses import replace
from functools import cache
from importlib import resources
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from planted import plant
from scipy import stats

from hetevo.analysis import load_run
from hetevo.analysis.claims import (
    CLAIMS,
    Claim,
    Measured,
    Prediction,
    adjust,
    are_portable,
    check,
    draw,
    judge,
    markdown,
    measure,
    overview,
    page,
    picture,
    read_recorded,
    table,
    verdict,
    write_record,
)
from hetevo.analysis.claims.family import FAMILY, read_family, write_family
from hetevo.analysis.claims.frozen import is_spent, read_shipped
from hetevo.analysis.claims.own import CLAIM_FIGURES, CLAIM_MEASURES
from hetevo.analysis.figures.claim import claim as dots
from hetevo.analysis.probe import InstrumentsProbe
from hetevo.analysis.runs import LoadedRun
from hetevo.analysis.statistics import power, seeds_needed
from hetevo.evolve.config import preset_names
from hetevo.evolve.sweeps import load_plan, sweep_names
from hetevo.populations.errors import SettingError

END = "alignment_end"
VALUES = Path(__file__).parents[2] / "docs" / "claims"
RECORDED = [name for name in CLAIMS if (VALUES / f"{name}-claim.csv").exists()]
"""Claims whose seeds were run: the others were written down before."""


@cache
def recorded_of(name):
    """Read what was recorded of a claim once: it takes a while, and several tests ask for all of them."""
    return read_recorded(CLAIMS[name], VALUES / f"{name}-claim.csv")


EXPERIMENTS = Path(__file__).parents[2] / "evolve" / "experiments"


@pytest.fixture
def runs(tmp_path):
    planted = [("rising", 0.1, seed) for seed in range(5)] + [("flat", 0.0, seed) for seed in range(6)]
    return [load_run(plant(tmp_path / f"{c}{s}", condition=c, slope=g, seed=s, noise=0.05)) for c, g, s in planted]


def test_a_prediction_is_the_mean_over_seeds_of_a_combination(runs):
    found = measure(Prediction("rises", ((1, "rising", END), (-1, "flat", END))), runs)
    # six generations: their later half
    values = {(run.condition, run.seed): run.generations[END].iloc[-3:].mean() for run in runs}
    differences = np.array([values["rising", seed] - values["flat", seed] for seed in range(5)])
    assert found.n == 5  # the sixth flat run has no partner
    assert found.effect == pytest.approx(differences.mean())
    half = 2.7764451 * differences.std(ddof=1) / np.sqrt(5)
    assert (found.low, found.high) == pytest.approx((found.effect - half, found.effect + half))
    assert found.holds
    assert not measure(Prediction("falls", found.prediction.terms, sign=-1), runs).holds
    assert not measure(Prediction("rises far", found.prediction.terms, value=0.9), runs).holds
    last = measure(replace(found.prediction, generations=1), runs)
    assert last.effect == pytest.approx(0.5, abs=0.05)
    assert measure(Prediction("at the start", found.prediction.terms, generation=0), runs).effect == pytest.approx(
        0, abs=0.1
    )


def test_what_is_undefined_is_left_out_and_never_holds(runs):
    found = measure(Prediction("?", ((1, "rising", "nonsense"),)), runs)
    assert (found.n, found.holds) == (0, False)
    assert np.isnan(found.effect)
    one = measure(Prediction("?", ((1, "rising", END),)), runs[:1])
    assert (one.n, one.holds) == (1, False)
    with pytest.raises(SettingError, match="'fell'"):
        measure(Prediction("?", ((1, "fell", END),)), runs)


def of_interval(low, high, n=20, **prediction):
    """Return what is measured of a prediction as a mean and its interval."""
    return Measured(Prediction("x", ((1, "rising", END),), **prediction), (low + high) / 2, low, high, n)


def test_a_verdict_rests_on_key_predictions_alone():
    holds, opposed, open_ = (of_interval(*ends, key=True) for ends in ((0.1, 0.3), (-0.3, -0.1), (-0.1, 0.1)))
    check_only = of_interval(-0.3, -0.1)
    assert verdict([holds, holds, check_only]) == "confirmed"
    assert verdict([holds, open_]) == "undecided"
    assert verdict([holds, open_, opposed]) == "refuted"
    assert verdict([of_interval(0.1, 0.3)]) == "undecided"  # nothing that was at risk
    assert verdict([holds, of_interval(np.nan, np.nan, n=1, key=True)]) == "undecided"


@pytest.mark.parametrize("first", ["", "confirmed", "refuted", "undecided"])
def test_a_second_look_at_the_same_seeds_takes_a_verdict_away_and_gives_none(first):
    claim = Claim("planted", "", (), first=first)
    for low, high, found in ((0.1, 0.3, "confirmed"), (-0.3, -0.1, "refuted"), (-0.1, 0.3, "undecided")):
        measured = [of_interval(low, high, key=True)]
        same = first in ("", found)
        stands, why = judge(claim, measured)
        assert stands == (found if same else "undecided")
        assert (why == "") is same
        assert same or (f"alone: {found}" in why and f"first: {first}." in why)
        text = page(claim, measured, circuit="c.png", figure="f.png", base="emergence")
        assert f"The claim: **{stands}**; {measured[0].n} seeds. {why}" in text
        assert f"**{stands}**" in overview({"planted": (claim, measured)})


@pytest.mark.parametrize(
    ("ends", "holds", "opposed"),
    [((-0.04, 0.03), True, False), ((-0.04, 0.06), False, False), ((0.06, 0.1), False, True), ((-9, 9), False, False)],
)
def test_bounds_hold_where_the_interval_lies_between_them(ends, holds, opposed):
    found = of_interval(*ends, within=0.05)
    assert (found.holds, found.opposed) == (holds, opposed)
    assert (found.p < 0.05) == holds  # the 90 % interval is what two one-sided tests at 5 % say


@pytest.mark.parametrize(("sign", "alternative"), [(1, "greater"), (-1, "less")])
def test_p_is_that_of_the_one_sided_t_test(runs, sign, alternative):
    found = measure(Prediction("?", ((1, "rising", END),), value=0.3, sign=sign), runs)
    values = [run.generations[END].iloc[-3:].mean() for run in runs if run.condition == "rising"]
    assert found.p == pytest.approx(stats.ttest_1samp(values, 0.3, alternative=alternative).pvalue)
    within = measure(Prediction("?", ((1, "rising", END),), value=0.4, within=0.02), runs)
    sides = [stats.ttest_1samp(values, at, alternative=side).pvalue for at, side in ((0.38, "greater"), (0.42, "less"))]
    assert within.p == pytest.approx(max(sides))
    assert within.sd == pytest.approx(np.std(values, ddof=1))


def test_the_family_is_that_of_all_claims_whichever_is_judged():
    family = dict(read_family())
    assert set(family) == {(name, each.says) for name in RECORDED for each in CLAIMS[name].predictions if each.key}
    recorded = {name: recorded_of(name).measured for name in RECORDED}
    # written again: write_family(recorded) into analysis/claims/family.csv
    assert write_family(recorded) == resources.files("hetevo.analysis.claims").joinpath(FAMILY).read_text("utf-8")
    alone, whole = adjust({"amorphous": recorded["amorphous"]}), adjust(recorded)
    says = "more than with fixed feedback"
    assert alone["amorphous"][says] == pytest.approx(whole["amorphous"][says], rel=0.01)
    assert alone["amorphous"][says] > 5 * family["amorphous", says]
    assert table(CLAIMS["amorphous"], recorded["amorphous"], alone["amorphous"])["p_holm"].notna().sum() == 1


def test_what_cannot_be_tested_counts_in_the_family():
    claim = Claim("amorphous", "x", (Prediction("x", ((1, "rising", END),), key=True),))
    assert adjust({"amorphous": check(claim, [Planted(0)])}) == {"amorphous": {"x": 1.0}}


class Planted:
    """A run of one generation."""

    condition, path, last = "rising", None, 0

    def __init__(self, seed):
        self.seed, self.generations = seed, pd.DataFrame({"generation": [0], END: [1 + seed / 10]})


def test_a_table_shows_power_where_it_is_asked_for():
    claim = Claim("x", "x", (Prediction("x", ((1, "rising", END),), key=True),))
    found = check(claim, [Planted(seed) for seed in range(4)])
    assert "power" not in table(claim, found)
    row = table(claim, found, powers=True).iloc[0]
    assert row["seeds_needed"] == seeds_needed(found[0].sd, 0.05)
    assert row["power"] == power(found[0].sd, 4, 0.05)
    assert "| seeds for 80 % |" in markdown(found, powers=True)


def test_predictions_in_units_of_their_own_say_what_matters():
    for name in CLAIMS:
        content = tomllib.loads((EXPERIMENTS / f"{name}.toml").read_text())
        for each in content["prediction"]:
            own = "measure" in each or any("coefficient" in column for _, _, column in each["terms"])
            assert "matters" in each or "within" in each or not own or each.get("measure") == "sign_agreement", each


@pytest.mark.parametrize("name", sorted(CLAIMS))
def test_every_claim_has_one_to_three_key_predictions(name):
    assert 1 <= sum(each.key for each in CLAIMS[name].predictions) <= 3


def test_terms_are_of_one_generation_where_runs_have_equally_many():
    class Run:
        path, seed = None, 0

        def __init__(self, condition, *values):
            self.condition, self.last = condition, len(values) - 1
            self.generations = pd.DataFrame({"generation": range(len(values)), END: values})

    nan = float("nan")
    prediction = Prediction("more", ((1, "a", END), (-1, "b", END)))
    assert measure(prediction, [Run("a", 0.5, 0.9, 2.0), Run("b", 0.1, 0.4, nan)]).effect == pytest.approx(0.5)
    assert measure(prediction, [Run("a", 0.5, 0.9, 2.0), Run("b", 0.1, nan)]).effect == pytest.approx(1.9)
    assert measure(prediction, [Run("a", 0.5, nan), Run("b", nan, 0.4)]).n == 0
    assert measure(replace(prediction, generation=1), [Run("a", 0.5, 0.9), Run("b", 0.1, 0.4)]).effect == pytest.approx(
        0.5
    )


@pytest.mark.parametrize("name", ["minimal", "kolen-pollack", "feedback-alignment"])
def test_measures_of_a_claim_that_a_run_did_not_record_are_undefined(name):
    config = {"seed": 0, "genome": {"decay_log_mean": -7.0}, "lifetime": {"presentations": 10}}
    condition = name if name != "minimal" else "same"
    run = LoadedRun(Path("run"), config, pd.DataFrame({"generation": [0]}), label=condition)
    own = [prediction for prediction in CLAIMS[name].predictions if prediction.measure]
    assert own
    assert all(measure(prediction, [run]).n == 0 for prediction in own)


@pytest.mark.parametrize("name", sorted(CLAIMS))
def test_every_claim_has_a_preset_a_sweep_with_its_conditions_and_predictions_of_recorded_columns(name):
    claim = CLAIMS[name]
    assert claim.name == name in sweep_names()
    plan = load_plan(name)
    assert plan.members[0].config.preset.partition(",")[0] in preset_names()
    conditions = {member.condition for member in plan.members} | {one.condition for one in plan.derived}
    used = {condition for prediction in claim.predictions for _, condition, _ in prediction.terms}
    assert used <= conditions
    assert len({member.seed for member in plan.members}) >= 10
    assert claim.figure in ("", *CLAIM_FIGURES)
    stages = ("birth", "mid", "end", "elite", "median", "best", "mean", "champion")
    for prediction in claim.predictions:
        assert prediction.measure in ("", *CLAIM_MEASURES)
        for _, condition, column in prediction.terms:
            assert column.endswith(stages) or re.search(r"_life_\d+$", column), column
            if column.startswith(("phi", "sign", "probe_loss", "optimiser", "hebbian", "signal", "feedback", "weight")):
                member = next(one for one in plan.members if one.condition == condition)
                assert member.config.probe.name == "instruments" or member.config.probe.measures, column
    assert InstrumentsProbe.instruments


def test_the_figure_shows_seeds_means_and_what_is_undefined(runs, tmp_path):
    undefined = [load_run(plant(tmp_path / "u", condition="nothing", undefined=range(6)))]
    plot = dots([*runs, *undefined])
    axes = plot.figure.axes[0]
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels == ["rising (n = 5)", "flat (n = 6)", "nothing: undefined"]
    assert [each.get_xlabel().split(",")[0] for each in plot.figure.axes] == [
        "gradient alignment",
        "normalised test loss (1: silent)",
    ]
    # the loss is known of all seeds: its panel names conditions anew
    assert plot.figure.axes[1].get_yticklabels()[2].get_text().startswith("nothing")
    assert plot.data.loc[plot.data["measure"] == "alignment_end", "value"].isna().sum() == 1
    with pytest.raises(SettingError, match="instruments"):
        dots(runs, shows={"feedback_drift_end": "drift"})


def test_pages_say_what_was_claimed_measured_and_drawn(runs):
    predictions = (
        Prediction("it rises", ((1, "rising", END),), value=0.1),
        Prediction("more than flat", ((1, "rising", END), (-1, "flat", END)), key=True),
        Prediction("it falls", ((1, "rising", END),), sign=-1, key=True),
    )
    claim = Claim("planted", "Planted runs rise.", predictions, note="Of course.")
    found = check(claim, runs)
    adjusted = adjust({"planted": found})
    text = page(claim, found, circuit="c.png", figure="f.png", base="emergence", adjusted=adjusted["planted"])
    for part in (
        "# planted",
        "**Planted runs rise.**",
        "c.png",
        "f.png",
        "**refuted**; 5 seeds. Not frozen: exploratory.",
        "Of course.",
        "more than flat",
    ):
        assert part in text
    lines = overview({"planted": (claim, found)}, adjusted).splitlines()[2:]
    rows = [line.split(" | ") for line in lines]
    assert rows[0][0] == "| [planted](planted.md)"
    assert rows[0][1] == "**refuted**, 2 of 3 predictions"
    assert rows[0][3].startswith("more than flat: +0.4")
    assert rows[0][4:6] == ["> 0", "yes"]
    assert lines[1].startswith("| | | | it falls: +0.4")
    assert lines[1].endswith("| < 0 | **no** | 1 |")


def test_runs_of_a_claim_are_drawn_by_it_and_others_by_what_they_are(runs):
    claim = Claim("rising", "", (), shows={"loss_median": "loss"})
    claims = {"rising": claim}
    assert picture(claims, runs)[0] == "alignment"
    alone = [run for run in runs if run.condition == "rising"]
    assert picture(claims, alone)[0] == "alignment"
    one = [replace(run, label=f"{run.seed % 2}") for run in alone]
    kind, plot = picture(claims, one)
    assert kind == "claim"
    assert set(plot.data.columns) == {"measure", "condition", "seed", "generation", "value"}


def test_claims_without_a_record_wait_for_their_seeds():
    waiting = [name for name in CLAIMS if name not in RECORDED]
    assert all(not is_spent(member.seed) for name in waiting for member in load_plan(name).members)


@pytest.mark.parametrize("name", sorted(RECORDED))
def test_what_was_recorded_gives_a_value_for_every_prediction(name):
    recorded = recorded_of(name)
    assert [each.prediction for each in recorded.measured] == list(CLAIMS[name].predictions)
    assert min(each.n for each in recorded.measured if each.prediction.key) >= 9
    assert {each.n for each in recorded.measured if each.n < 9} <= {0}  # predicted since
    if recorded.runs and not CLAIMS[name].figure:
        assert set(draw(CLAIMS[name], recorded.runs).data["condition"]) == {run.condition for run in recorded.runs}
    else:
        assert (VALUES / f"{name}-claim.png").exists()


def test_the_readme_counts_the_verdicts_that_were_recorded():
    found = Counter(judge(CLAIMS[name], recorded_of(name).measured)[0] for name in RECORDED)
    counts = f"Of {len(RECORDED)} claims {found['confirmed']} are confirmed, {found['refuted']} refuted"
    assert counts in " ".join((VALUES.parents[1] / "README.md").read_text().split())


def test_a_record_gives_the_same_page_and_figure_as_the_runs(runs, tmp_path):
    undefined = [load_run(plant(tmp_path / f"u{s}", condition="sunk", seed=s, undefined=[11])) for s in range(3)]
    predictions = (
        Prediction("it rises", ((1, "rising", END),), value=0.1),
        Prediction("more than what sank", ((1, "rising", END), (-1, "sunk", END))),
        Prediction("as it was", ((1, "rising", END),), generations=2, key=True),
        Prediction("by its own measure", ((1, "rising", END), (1, "flat", END)), measure="difference"),
    )
    claim = Claim("planted", "Planted runs rise.", predictions)
    runs = [*runs, *undefined]
    with pytest.MonkeyPatch.context() as patch:
        own = {"difference": lambda first, second: first.generations[END].iloc[-1] - second.generations[END].mean()}
        patch.setattr("hetevo.analysis.claims.prediction.CLAIM_MEASURES", own)
        measured = check(claim, runs)
        (tmp_path / "claim.csv").write_bytes(write_record(claim, runs, {}, ["what pilots chose"]))
    recorded = read_recorded(claim, tmp_path / "claim.csv")
    assert (recorded.freezing, recorded.notes) == ({}, ("what pilots chose",))
    files = {"circuit": "c.png", "figure": "f.png", "base": "emergence"}
    assert page(claim, recorded.measured, **files) == page(claim, measured, **files)
    assert (
        len(pd.read_csv(tmp_path / "claim.csv", skiprows=1)) == 3 * 3 * 6 + 1
    )  # measures, conditions, generations; the own one
    was, now = (draw(claim, each).data.dropna().reset_index(drop=True) for each in (runs, recorded.runs))
    pd.testing.assert_frame_equal(was, now, check_dtype=False, rtol=1e-5)


def test_a_record_remembers_whether_runs_were_portable(runs, tmp_path):
    claim = Claim("planted", "Planted runs rise.", (Prediction("it rises", ((1, "rising", END),), key=True),))
    portable = [replace(run, config={**run.config, "backend": {"portable": True}}) for run in runs]
    for number, (each, expected) in enumerate([(portable, True), (runs, False), ([*portable[1:], runs[0]], False)]):
        file = tmp_path / f"{number}.csv"
        file.write_bytes(write_record(claim, each, {}))
        recorded = read_recorded(claim, file)
        assert are_portable(each) is are_portable(recorded.runs) is expected
        assert recorded.freezing == {}
        text = page(claim, recorded.measured, circuit="c.png", figure="f.png", base="emergence", portable=expected)
        assert ("were portable: every x86-64-v3" in text) is expected
        assert ("were not portable" in text) is not expected


def test_a_record_of_other_predictions_or_none_is_refused(tmp_path):
    with pytest.raises(SettingError, match="Cannot read what was recorded of minimal"):
        read_recorded(CLAIMS["minimal"], tmp_path / "none.csv")
    with pytest.raises(SettingError, match="other predictions"):
        read_recorded(CLAIMS["minimal"], VALUES / "flexibility-claim.csv")


def test_the_boundary_between_hebbian_and_not_is_where_the_cosine_turns_positive_for_good():
    def lived(noise, decay, cosine):
        config = {"seed": 0, "hardware": {"jitter": noise}, "genome": {"decay_log_mean": decay}}
        table = pd.DataFrame({"generation": [0], "hebbian_cosine_end": [cosine]})
        return LoadedRun(Path("run"), config, table, label=f"{noise}, {decay}")

    def grid(*noises):
        # positive above the line decay = 2 log noise + 1
        return [lived(noise, decay, decay - 2 * np.log(noise) - 1) for noise in noises for decay in range(-14, 0)]

    slope = CLAIM_MEASURES["boundary_slope"]
    assert slope(*grid(0.002, 0.01, 0.05)) == pytest.approx(2)
    assert np.isnan(slope(*grid(0.002, 0.01)))
    # one that never crosses is left out, and one without noise has no logarithm
    assert slope(*grid(0.002, 0.01, 0.05), *(lived(0.1, decay, 1.0) for decay in (-2, -1))) == pytest.approx(2)
    assert slope(*grid(0.002, 0.01, 0.05), lived(0.0, -2, -1.0), lived(0.0, -1, 1.0)) == pytest.approx(2)


def test_the_least_and_the_nearest_of_several_rules():
    def lived(cosine, flipped):
        values = {"generation": [0], "hebbian_cosine_end": [cosine], "hebbian_flipped_end": [flipped]}
        return LoadedRun(Path("run"), {"seed": 0}, pd.DataFrame(values), label="x")

    runs = [lived(1.0, 1.0), lived(0.5, -0.2), lived(0.7, -0.9)]
    assert CLAIM_MEASURES["least_hebbian"](*runs) == 0.5
    assert CLAIM_MEASURES["margin_flipped"](*runs) == pytest.approx(1.2)
    assert np.isnan(CLAIM_MEASURES["margin_flipped"](*runs, lived(0.5, np.nan)))


@pytest.mark.parametrize("name", sorted(read_shipped()))
def test_what_was_recorded_was_judged_by_what_was_frozen_last(name):
    frozen, judged = read_shipped()[name], recorded_of(name).freezing
    assert (judged["predictions"], judged["configuration"]) == (frozen.predictions, frozen.configuration)
