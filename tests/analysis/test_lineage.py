"""Descent, on populations small enough to follow by hand."""

import numpy as np
import pandas as pd
import pytest
from planted import plant

from hetevo.analysis.lineage import ancestral_line, champion, fixation, gains, noise_of_repetition, price, steps
from hetevo.analysis.runs import load_run
from hetevo.evolve.rundir import DamagedError, RunDirectoryError


@pytest.fixture
def family():
    """Two founders; 2 is the elite copy of 0, 3 a mutant of 1; 4 the child of 3 and 2, 5 a copy of 2."""
    return pd.DataFrame(
        {
            "generation": [0, 0, 1, 1, 2, 2],
            "id": [0, 1, 2, 3, 4, 5],
            "parent_a": [-1, -1, 0, 1, 3, 2],
            "parent_b": [-1, -1, -1, -1, 2, -1],
            "operator": ["founder", "founder", "elite", "mutation", "crossover", "elite"],
            "loss": [1.0, 2, 1, 0.5, 0.2, 1],
            "alignment_end": [0.1, 0.2, 0.3, 0.5, 0.9, 0.1],
        }
    )


def test_the_champions_line_goes_back_to_a_founder(family):
    assert champion(family) == 4
    assert ancestral_line(family)["id"].tolist() == [1, 3, 4]
    assert ancestral_line(family, 5)["id"].tolist() == [0, 2, 5]
    # a branch has no records of what it goes on from
    assert ancestral_line(family[family["generation"] > 0])["id"].tolist() == [3, 4]
    with pytest.raises(RunDirectoryError, match="no individual 77"):
        ancestral_line(family, 77)


def test_gaps_and_missing_descent_are_explained(family):
    with pytest.raises(RunDirectoryError, match="gaps"):
        champion(family[family["generation"] != 1])
    with pytest.raises(RunDirectoryError, match=r"lack parents.*records\.share = 1"):
        champion(family[family["id"] != family["parent_a"].max()])
    with pytest.raises(RunDirectoryError, match="parent_b"):
        ancestral_line(family.drop(columns="parent_b"))


def test_steps_compare_a_child_with_its_parents_and_with_repetition(family):
    found = steps(family, ancestral_line(family))
    assert np.isnan(found["change"].iloc[0])
    assert found["change"].iloc[1:].tolist() == pytest.approx([0.3, 0.9 - (0.5 + 0.3) / 2])
    assert noise_of_repetition(family) == pytest.approx(np.std([0.2, -0.2], ddof=1))
    assert found["raised"].tolist() == [False, False, False]


def test_prices_parts_by_hand(family):
    first, second = price(family).to_dict("records")
    # each founder has one child: nothing is selected, all is transmitted
    assert (first["selection"], first["transmission"]) == pytest.approx((0, 0.25))
    # individual 2 has 1.5 children, individual 3 half a one
    assert second["selection"] == pytest.approx((1.5 * 0.3 + 0.5 * 0.5) / 2 - 0.4)
    assert second["observed"] == pytest.approx(0.5 - 0.4)


@pytest.mark.parametrize("undefined", [0, 0.2])
def test_prices_parts_add_up_to_the_observed_change(undefined, tmp_path):
    individuals = load_run(plant(tmp_path / "run", generations=30, size=60, noise=0.3)).individuals
    rng = np.random.default_rng(0)
    individuals.loc[rng.random(len(individuals)) < undefined, "alignment_end"] = np.nan
    found = price(individuals)
    assert len(found) == 29
    parts = found["selection"] + found["transmission"] + found["undefined"]
    np.testing.assert_allclose(parts, found["observed"], rtol=0, atol=1e-14)
    if not undefined:
        assert (found["undefined"] == 0).all()
        np.testing.assert_allclose(found["selection"], found["covariance"], rtol=0, atol=1e-15)
    means = individuals.groupby("generation")["alignment_end"].mean()
    np.testing.assert_allclose(found["observed"], np.diff(means), rtol=0, atol=1e-14)


def test_where_nothing_is_defined_nothing_is_split(tmp_path):
    individuals = load_run(plant(tmp_path / "run", undefined=(2,))).individuals
    found = price(individuals).set_index("generation")
    assert found.loc[[1, 2], "selection"].isna().all()
    assert found.loc[[0, 3, 4], "selection"].notna().all()


def test_gain_signs_are_followed_through_checkpoints(tmp_path):
    table = gains(load_run(plant(tmp_path / "run", checkpoints=True, size=9)))
    assert table["generation"].unique().tolist() == list(range(6))
    first = table[(table["pathway"] == "ascending") & (table["neuron"] == 1)]
    assert first["positive"].tolist() == pytest.approx([0, 1 / 3, 2 / 3, 1, 1, 1])
    fixed = fixation(table).set_index(["pathway", "neuron"])
    assert fixed.loc[("ascending", 1)].tolist() == [1, 3, 2]
    assert fixed.loc[("ascending", 2), "sign"] == 0
    assert np.isnan(fixed.loc[("ascending", 2), "fixed"])
    # products are those of hidden neurons' two gains
    product = table[table["pathway"] == "product"]
    assert product["neuron"].max() == 3
    assert fixed.loc[("product", 1)].tolist() == [1, 3, 2]
    third = table[table["neuron"] == 3].pivot(index="generation", columns="pathway", values="positive")
    np.testing.assert_allclose(third["product"], 1 - third["ascending"])


def test_genes_need_checkpoints_that_can_be_trusted(tmp_path):
    with pytest.raises(RunDirectoryError, match=r"keep_every = 1"):
        gains(load_run(plant(tmp_path / "none")))
    path = plant(tmp_path / "damaged", checkpoints=True)
    state = path / "checkpoints" / "gen-000002" / "state.npz"
    state.write_bytes(state.read_bytes()[:-1] + b"x")
    with pytest.raises(DamagedError, match=r"gen-000002"):
        gains(load_run(path))
