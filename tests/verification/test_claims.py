"""Every claim of the theory, over its seeds and with its control in the same sweep: measured beside predicted."""

import pytest

from hetevo.analysis.claims import CLAIMS, check, table, verdict
from hetevo.evolve.sweeps import load_plan

pytestmark = pytest.mark.verification


@pytest.mark.parametrize("name", CLAIMS)
def test_claim(name, lived):
    claim = CLAIMS[name]
    found = check(claim, lived(load_plan(name)))
    shown = table(claim, found).drop(columns="claim").to_string(index=False, float_format="%.3f")
    print(f"\n{claim.says}\n{shown}\n{name}: the claim {verdict(found)}")
    assert min(one.n for one in found) >= 9, "a measure is undefined in more than one seed"
    assert verdict(found) == claim.came_out
