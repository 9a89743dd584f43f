"""Ten thousand configurations and sweeps, three thousand run directories, each with its own mutation."""

import pytest
from fuzzing import in_a_process

MEBIBYTES = 2048
PARTS = [
    *(("configurations", 10_000 + 1_000 * part, 1_000) for part in range(9)),
    *(("sweeps", 10_000 + 500 * part, 500) for part in range(2)),
    *(("runs", 10_000 + 150 * part, 150) for part in range(20)),
]


@pytest.mark.verification
@pytest.mark.parametrize(("kind", "first", "count"), PARTS)
def test_no_mutation_leads_to_a_traceback_a_hang_or_much_memory(tmp_path, kind, first, count):
    found = in_a_process(kind, first, count, tmp_path)
    assert found["count"] == count
    assert not found["wrong"]
    assert found["peak"] < MEBIBYTES
