"""Does gradient alignment emerge, in ten seeds of ten, and only under selection?"""

import pandas as pd
import pytest

from analysis.figures import alignment, save

pytestmark = pytest.mark.verification
ROOM = "runs/verification"


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


def publish(runs, name):
    found = table(runs)
    found.to_csv(f"{ROOM}/{name}-table.csv", index=False, float_format="%.4f")
    save(alignment(runs), f"{ROOM}/{name}.png")
    print("\n" + found.to_string(index=False, float_format="%.3f"))
    return found


def test_emergence_and_neutral_drift(runs):
    emergence, neutral = runs("emergence", range(10)), runs("neutral", range(10))
    found = publish([*emergence, *neutral], "emergence")
    selected, drifted = (found[found["condition"] == name] for name in ("emergence", "neutral"))
    assert (selected["alignment_end"] >= 0.45).sum() >= 9
    assert (selected["largest |alignment_birth|"] <= 0.08).all()
    assert (drifted["alignment_end"].abs() <= 0.20).all()
    assert abs(drifted["alignment_end"].mean()) <= 0.10


def test_digits(runs):
    learned, control = runs("digits", range(5)), runs("digits-neutral", range(5))
    found = publish([*learned, *control], "digits")
    selected, drifted = (found[found["condition"] == name] for name in ("digits", "digits-neutral"))
    assert (selected["alignment_end"] >= 0.10).all()
    assert selected["alignment_end"].mean() >= 0.25
    assert selected["accuracy_median"].median() >= 0.80
    assert (selected["largest |alignment_birth|"] <= 0.08).all()
    assert abs(drifted["alignment_end"].mean()) <= 0.10
    assert drifted["accuracy_median"].median() <= 0.30
