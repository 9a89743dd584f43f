"""Runs to which something is done at random moments end with the digest of one that was never touched."""

import pytest
from verification.trials import check


@pytest.mark.verification
@pytest.mark.timeout(3600)
def test_whatever_is_done_at_random_moments_a_run_goes_on_to_the_same_end(capsys):
    with capsys.disabled():
        bad = check(local=50, ray=16)
    assert bad == 0
