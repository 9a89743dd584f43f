"""A few mutations of everything that a person or an enemy can hand over; `make verify` goes through many."""

import pytest
from fuzzing import in_a_process

MEBIBYTES = 2048


@pytest.mark.parametrize(("kind", "count"), [("configurations", 80), ("sweeps", 20), ("runs", 4)])
def test_no_mutation_leads_to_a_traceback_a_hang_or_much_memory(tmp_path, kind, count):
    found = in_a_process(kind, 0, count, tmp_path, few=True)
    assert found["count"] == count
    assert not found["wrong"]
    assert found["peak"] < MEBIBYTES
