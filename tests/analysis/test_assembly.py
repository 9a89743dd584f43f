"""Figures over a life: at which moments they look."""

from dataclasses import replace

import pytest
from planted import plant

from hetevo.analysis import load_run
from hetevo.analysis.figures import FIGURES


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    return [load_run(plant(tmp_path_factory.mktemp("runs") / "run", seed=seed)) for seed in range(2)]


def look_often(run, **columns):
    """Return a run that was looked at in further moments of life, too."""
    return replace(run, generations=run.generations.assign(**columns))


def test_a_life_is_drawn_at_every_moment_that_was_measured(runs):
    first, second = runs
    often = [look_often(run, alignment_life_10=0.5) for run in (first, second)]
    data = FIGURES["lifetime"](often).data
    assert data.loc[data["generation"] == 5, "percent"].tolist() == [0, 10, 50, 100]
    assert data.loc[data["stage"] == "life_10", "angle"].tolist() == pytest.approx([60, 60])
    # a condition that was not looked at then has no gap there
    other = [*often, replace(first, label="other")]
    data = FIGURES["lifetime"](other).data
    assert data.loc[(data["condition"] == "other") & (data["generation"] == 5), "percent"].tolist() == [0, 50, 100]


def test_assembly_shows_the_last_generation_over_presentations(runs):
    config = {"network": {"levels": [8, 8]}, "lifetime": {"presentations": 4000}}
    ranks = {"feedback_rank_level_1_life_25": 1.0, "feedback_rank_level_2_life_25": 3.0}
    lives = [
        replace(
            look_often(run, alignment_life_25=0.1 * run.generations["generation"] + seed, **ranks),
            config={**config, "seed": seed},
        )
        for seed, run in enumerate(runs)
    ]
    plot = FIGURES["assembly"](lives)
    shown = plot.data[plot.data["presentation"] == 1000].set_index("measure")["value"]
    assert shown["alignment"].tolist() == pytest.approx([0.5, 1.5])
    assert shown["feedback_rank"].tolist() == [2, 2]
    assert len(plot.figure.axes[1].patches) == 4  # a box a moment
    assert not FIGURES["assembly"](lives[:1]).figure.axes[1].patches
    (legend,) = plot.figure.legends
    assert legend.get_title().get_text().endswith("n = 2; boxes: quartiles, whiskers: extremes; generation 5")
