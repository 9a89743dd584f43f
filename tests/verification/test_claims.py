"""Every claim of the theory, over its seeds and with its control in the same sweep: measured beside predicted."""

from pathlib import Path

import pytest

from hetevo.analysis.claims import CLAIMS, check, read_recorded, table, verdict
from hetevo.evolve.sweeps import load_plan

pytestmark = pytest.mark.verification

RECORDED = Path(__file__).parents[2] / "docs" / "claims"


@pytest.mark.parametrize("name", [name for name in CLAIMS if (RECORDED / f"{name}-claim.csv").exists()])
def test_claim(name, lived):
    claim = CLAIMS[name]
    measured = check(claim, lived(load_plan(name)))
    shown = table(claim, measured).drop(columns="claim").to_string(index=False, float_format="%.3f")
    print(f"\n{claim.says}\n{shown}\n{name}: the claim {verdict(measured)}")
    assert min(each.n for each in measured) >= 9, "a measure is undefined in more than one seed"
    file = RECORDED / f"{name}-claim.csv"
    # a claim that was frozen has none before its seeds are run
    if file.exists():
        assert verdict(measured) == verdict(read_recorded(claim, file).measured)
