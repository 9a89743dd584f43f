"""Does gradient alignment emerge, in ten seeds of ten, and only under selection?"""

import pandas as pd
import pytest

from hetevo.analysis.figures import alignment, save
from hetevo.evolve.sweeps import load_plan

pytestmark = pytest.mark.verification


def table(runs):
    rows = []
    for run in runs:
        generations = run.generations
        last = generations.iloc[-1]
        rows.append(
            {
                "condition": run.condition,
                "seed": run.seed,
                "alignment_end": last["alignment_end"],
                "elite": last["alignment_end_elite"],
                "largest |alignment_birth|": generations["alignment_birth"].abs().max(),
                "loss_median": last["loss_median"],
                "accuracy_median": last["accuracy_median"],
            }
        )
    return pd.DataFrame(rows)


def publish(runs, name, room):
    found = table(runs)
    found.to_csv(room / f"{name}-table.csv", index=False, float_format="%.4f")
    save(alignment(runs), room / f"{name}.png")
    print("\n" + found.to_string(index=False, float_format="%.3f"))
    return found


def test_emergence_and_neutral_drift(lived, room):
    # the claim of the same name has lived these runs already, unless this test runs alone
    runs = [run for run in lived(load_plan("emergence-with-controls")) if run.condition in ("emergence", "neutral")]
    found = publish(runs, "emergence", room)
    assert found.groupby("condition").size().to_dict() == {"emergence": 10, "neutral": 10}
    selected, drifted = (found[found["condition"] == name] for name in ("emergence", "neutral"))
    assert (selected["alignment_end"] >= 0.45).sum() >= 9
    assert (selected["largest |alignment_birth|"] <= 0.08).all()
    assert (drifted["alignment_end"].abs() <= 0.20).all()
    assert abs(drifted["alignment_end"].mean()) <= 0.10


def test_digits_amorphous(lived, room):
    found = publish(lived(load_plan("digits-amorphous")), "digits-amorphous", room)
    assert found.groupby("condition").size().to_dict() == {"digits-amorphous": 5, "neutral": 5}
    selected, drifted = (found[found["condition"] == name] for name in ("digits-amorphous", "neutral"))
    assert (selected["alignment_end"] >= 0.10).all()
    assert selected["alignment_end"].mean() >= 0.25
    assert selected["accuracy_median"].median() >= 0.80
    assert (selected["largest |alignment_birth|"] <= 0.08).all()
    assert abs(drifted["alignment_end"].mean()) <= 0.10
    assert drifted["accuracy_median"].median() <= 0.30
