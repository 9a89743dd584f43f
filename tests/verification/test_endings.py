"""Commands and scripts end with their proper status on a busy machine; `endings.py` does that as often as wanted."""

import pytest
from verification.endings import check


@pytest.mark.verification
def test_nothing_ends_badly_on_a_busy_machine(capsys):
    with capsys.disabled():
        bad = check({"status": 200, "runs": 30, "scripts": 20})
    assert bad == 0
