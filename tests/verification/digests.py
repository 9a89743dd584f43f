"""Whether every preset still computes what it did, bit for bit: on two local workers and on Ray.

Three generations of each preset, made small, with all instruments. A table of digests is good on the machine and the
packages that made it, so it is made before a change and compared after it:

    python tests/verification/digests.py before.json
    python tests/verification/digests.py after.json
    cmp before.json after.json
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

HETEVO = str(Path(sys.executable).parent / "hetevo")
SMALL = {
    "evolution.generations": 2,
    "evolution.size": 8,
    "lifetime.presentations": 12,
    "lifetime.test_samples": 8,
    "probe.name": "instruments",
    "probe.every": 1,
    "probe.samples": 8,
    "backend.workers": 2,
}


def digests(preset, backend, folder):
    """Run a small version of a preset, and return its two digests."""
    run = Path(folder) / f"{preset}-{backend}"
    settings = [f"{key}={value}" for key, value in SMALL.items()]
    command = [HETEVO, "run", preset, "-o", run, "--backend", backend, *(word for s in settings for word in ("-s", s))]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{preset} on {backend}: exit status {done.returncode}\n{done.stderr[-1500:]}")
    status = subprocess.run([HETEVO, "status", run, "--json"], capture_output=True, text=True, check=True)
    found = json.loads(status.stdout)
    return {"digest": found["digest"], "probe_digest": found["probe_digest"]}


def main():
    """Write the digests of all presets."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("table", type=Path, help="file to be written")
    arguments.add_argument("--backends", nargs="+", default=["local", "ray"])
    arguments.add_argument("--presets", nargs="+")
    given = arguments.parse_args()
    listed = subprocess.run([HETEVO, "presets", "--json"], capture_output=True, text=True, check=False)
    names = given.presets or sorted(json.loads(listed.stdout))
    with tempfile.TemporaryDirectory() as folder:
        table = {}
        for name in names:
            found = {backend: digests(name, backend, folder) for backend in given.backends}
            if len({json.dumps(one) for one in found.values()}) > 1:
                raise SystemExit(f"{name}: backends differ: {found}")
            table[name] = found[given.backends[0]]
            print(name, table[name]["digest"], flush=True)
    given.table.write_text(json.dumps(table, indent=1, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
