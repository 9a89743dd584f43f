"""Claims: predictions on planted runs, and what every claim needs to be testable."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from planted import plant

from hetevo.analysis import load_run
from hetevo.analysis.claims import (
    CLAIMS,
    Claim,
    Prediction,
    check,
    draw,
    measure,
    overview,
    page,
    picture,
    read_recorded,
    record,
    table,
    verdict,
)
from hetevo.analysis.claims.own import CLAIM_FIGURES, CLAIM_MEASURES
from hetevo.analysis.claims.recorded import FLOATS
from hetevo.analysis.figures.claim import claim as dots
from hetevo.analysis.probe import InstrumentsProbe
from hetevo.analysis.runs import LoadedRun
from hetevo.evolve.config import preset_names
from hetevo.evolve.sweeps import load_plan, sweep_names
from hetevo.populations.errors import SettingError

END = "alignment_end"
VALUES = Path(__file__).parents[2] / "docs" / "claims"


@pytest.fixture
def runs(tmp_path):
    planted = [("rising", 0.1, seed) for seed in range(5)] + [("flat", 0.0, seed) for seed in range(6)]
    return [load_run(plant(tmp_path / f"{c}{s}", condition=c, slope=g, seed=s, noise=0.05)) for c, g, s in planted]


def test_a_prediction_is_the_mean_over_seeds_of_a_combination(runs):
    found = measure(Prediction("rises", ((1, "rising", END), (-1, "flat", END))), runs)
    values = {(run.condition, run.seed): run.generations[END].iloc[-1] for run in runs}
    differences = np.array([values["rising", seed] - values["flat", seed] for seed in range(5)])
    assert found.n == 5  # the sixth flat run has no partner
    assert found.effect == pytest.approx(differences.mean())
    half = 2.7764451 * differences.std(ddof=1) / np.sqrt(5)
    assert (found.low, found.high) == pytest.approx((found.effect - half, found.effect + half))
    assert found.holds
    assert not measure(Prediction("falls", found.prediction.terms, sign=-1), runs).holds
    assert not measure(Prediction("rises far", found.prediction.terms, value=0.9), runs).holds
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


def test_verdicts():
    true, false = Prediction("a", ((1, "rising", END),)), Prediction("b", ((1, "rising", END),), sign=-1)

    def said(runs, *predictions):
        claim = Claim("x", "x", predictions)
        found = check(claim, runs)
        assert table(claim, found)["holds"].tolist() == [one.holds for one in found]
        return verdict(found)

    class Planted:
        condition, path = "rising", None

        def __init__(self, seed):
            import pandas as pd

            self.seed, self.generations = seed, pd.DataFrame({"generation": [0], END: [1 + seed / 10]})

    planted = [Planted(seed) for seed in range(4)]
    assert [said(planted, true), said(planted, true, false), said(planted, false)] == [
        "holds",
        "holds in part",
        "fails",
    ]


def test_terms_are_of_one_generation_where_runs_have_equally_many():
    class Run:
        path, seed = None, 0

        def __init__(self, condition, *values):
            self.condition = condition
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
    stages = ("birth", "mid", "end", "median", "best", "mean", "champion", "life_51")
    for prediction in claim.predictions:
        assert prediction.measure in ("", *CLAIM_MEASURES)
        for _, condition, column in prediction.terms:
            assert column.endswith(stages), column
            if column.startswith(("phi", "sign", "probe_loss", "optimiser", "hebbian", "signal", "feedback", "weight")):
                member = next(one for one in plan.members if one.condition == condition)
                assert member.config.probe.name == "instruments", column
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
        dots(runs, shows={"probe_loss_end": "loss"})


def test_pages_say_what_was_claimed_measured_and_drawn(runs):
    predictions = (
        Prediction("it rises", ((1, "rising", END),), value=0.1),
        Prediction("more than flat", ((1, "rising", END), (-1, "flat", END))),
        Prediction("it falls", ((1, "rising", END),), sign=-1),
    )
    claim = Claim("planted", "Planted runs rise.", predictions, note="Of course.")
    found = check(claim, runs)
    text = page(claim, found, circuit="c.png", figure="f.png")
    for part in (
        "# planted",
        "**Planted runs rise.**",
        "c.png",
        "f.png",
        "holds in part",
        "Of course.",
        "more than flat",
    ):
        assert part in text
    row = overview({"planted": (claim, found)}).splitlines()[2].split(" | ")
    assert row[0] == "| [planted](planted.md)"
    assert row[1] == "**holds in part**, 2 of 3 predictions"
    assert row[3].startswith("more than flat: +0.5")
    assert row[4] == "flat |"


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


@pytest.mark.parametrize("name", sorted(CLAIMS))
def test_what_was_recorded_gives_a_value_for_every_prediction(name):
    recorded = read_recorded(CLAIMS[name], VALUES / f"{name}-claim.csv")
    assert [each.prediction for each in recorded.measured] == list(CLAIMS[name].predictions)
    assert min(each.n for each in recorded.measured) >= 9
    assert verdict(recorded.measured) != "fails"
    if recorded.runs and not CLAIMS[name].figure:
        assert set(draw(CLAIMS[name], recorded.runs).data["condition"]) == {run.condition for run in recorded.runs}
    else:
        assert (VALUES / f"{name}-claim.png").exists()


def test_the_readme_counts_the_verdicts_that_were_recorded():
    found = Counter(verdict(read_recorded(CLAIMS[name], VALUES / f"{name}-claim.csv").measured) for name in CLAIMS)
    counts = f"Of {len(CLAIMS)} claims {found['holds']} hold and {found['holds in part']} hold in part"
    assert counts in " ".join((VALUES.parents[1] / "README.md").read_text().split())


def test_a_record_gives_the_same_page_and_figure_as_the_runs(runs, tmp_path):
    undefined = [load_run(plant(tmp_path / f"u{s}", condition="sunk", seed=s, undefined=[11])) for s in range(3)]
    predictions = (
        Prediction("it rises", ((1, "rising", END),), value=0.1),
        Prediction("more than what sank", ((1, "rising", END), (-1, "sunk", END))),
        Prediction("by its own measure", ((1, "rising", END), (1, "flat", END)), measure="difference"),
    )
    claim = Claim("planted", "Planted runs rise.", predictions)
    runs = [*runs, *undefined]
    with pytest.MonkeyPatch.context() as patch:
        own = {"difference": lambda first, second: first.generations[END].iloc[-1] - second.generations[END].mean()}
        patch.setattr("hetevo.analysis.claims.prediction.CLAIM_MEASURES", own)
        measured = check(claim, runs)
        record(claim, runs).to_csv(tmp_path / "claim.csv", index=False, float_format=FLOATS)
    recorded = read_recorded(claim, tmp_path / "claim.csv")
    files = {"circuit": "c.png", "figure": "f.png"}
    assert page(claim, recorded.measured, **files) == page(claim, measured, **files)
    assert len(pd.read_csv(tmp_path / "claim.csv")) < 40
    was, now = (draw(claim, each).data.dropna().reset_index(drop=True) for each in (runs, recorded.runs))
    pd.testing.assert_frame_equal(was, now, check_dtype=False, rtol=1e-5)


def test_a_record_of_other_predictions_or_none_is_refused(tmp_path):
    with pytest.raises(SettingError, match="Cannot read what was recorded of minimal"):
        read_recorded(CLAIMS["minimal"], tmp_path / "none.csv")
    with pytest.raises(SettingError, match="other predictions"):
        read_recorded(CLAIMS["minimal"], VALUES / "ecology-claim.csv")
