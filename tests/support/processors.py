"""Other processors, as far as this one can act as them: what OpenBLAS and NumPy choose can be forced.

Run as a program it prints the digests of some experiments as one line of JSON; its argument is a mapping of names to
lists of a preset and its changes.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_info

from hetevo.evolve import Experiment, preset
from hetevo.evolve.backends.portable import PortableError, check_machine, pins

DISPATCHED = np._core._multiarray_umath.__cpu_dispatch__
OLD = {"OPENBLAS_CORETYPE": "Nehalem", "NPY_DISABLE_CPU_FEATURES": " ".join(DISPATCHED)}
"""A processor before AVX, as which every other one can act: kernels of its own, and NumPy's first loops alone."""

HASWELL = {"OPENBLAS_CORETYPE": "Haswell", "NPY_DISABLE_CPU_FEATURES": pins()["NPY_DISABLE_CPU_FEATURES"]}
"""One without AVX-512."""


def why_not():
    """Say why this machine cannot compute portably; empty if it can."""
    try:
        check_machine()
    except PortableError as error:
        return str(error)
    return ""


def kernels():
    """Return the kernels of OpenBLAS in this process."""
    return sorted({str(library.get("architecture")) for library in threadpool_info()})


def digests(experiments, folder):
    """Return the digests of experiments by name: of the run, and of its measures."""
    found = {}
    for name, (base, *changes) in experiments.items():
        ended = Experiment(preset(base, overrides=changes)).run(Path(folder) / name)
        found[name] = [ended.digest, ended.probe_digest]
    return found


def digests_on(processor, experiments, folder):
    """Return the same, computed by a process that starts on a processor; and what it found there."""
    call = [sys.executable, __file__, json.dumps(experiments), str(folder)]
    ended = subprocess.run(call, env={**os.environ, **processor}, capture_output=True, text=True, timeout=1800)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout.splitlines()[-1])


if __name__ == "__main__":
    asked = sys.argv[2] if len(sys.argv) > 2 else tempfile.mkdtemp()
    print(json.dumps({**digests(json.loads(sys.argv[1]), asked), "kernels": kernels()}))
