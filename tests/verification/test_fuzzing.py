"""Ten thousand configurations and sweeps, three thousand run directories, each with its own mutation."""

import os
from concurrent.futures import ThreadPoolExecutor

import pytest
from fuzzing import in_a_process

MEBIBYTES = 2048
FIRST = 10_000


@pytest.mark.verification
@pytest.mark.parametrize(
    ("kind", "count", "part"), [("configurations", 9_000, 500), ("sweeps", 1_000, 250), ("runs", 3_000, 150)]
)
def test_no_mutation_leads_to_a_traceback_a_hang_or_much_memory(tmp_path, kind, count, part):
    # a process a core, each goes through one part after the other
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        parts = [
            pool.submit(in_a_process, kind, first, part, tmp_path / str(first), few=True)
            for first in range(FIRST, FIRST + count, part)
        ]
        found = [one.result() for one in parts]
    assert sum(one["count"] for one in found) == count
    assert not [wrong for one in found for wrong in one["wrong"]]
    assert max(one["peak"] for one in found) < MEBIBYTES
