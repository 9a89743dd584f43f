"""How often a command, a script or the tests end in another way than they should, on a machine that is kept busy.

Run as a program it prints a table, and ends with status 1 if anything ended badly:

    python tests/verification/endings.py --status 2000 --runs 300 --scripts 100 --suites 5
"""

import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parents[2]
HETEVO = str(Path(sys.executable).parent / "hetevo")

SCRIPT = """
import sys
from hetevo.analysis import figures, load_run
from hetevo.evolve import Experiment, preset, resume

run = Experiment(preset("smoke", overrides=["backend.workers=2"])).run(sys.argv[1])
longer = resume(run.path, 5)
loaded = load_run(longer.path)
figures.save(figures.alignment(loaded), sys.argv[1] + "/figures/alignment.png")
print(longer.digest, len(loaded.individuals))
"""


@contextlib.contextmanager
def busy(processes):
    """Keep the machine busy with so many processes that compute."""
    burning = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(processes)]
    try:
        yield
    finally:
        for process in burning:
            process.kill()
            process.wait()


def ended(command, folder):
    """Run a command, and return its exit status and the end of what it said."""
    done = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return done.returncode, done.stdout[-600:]


def commands(kind, count, folder):
    """List what is run for a kind; each in a place of its own."""
    smoke = [HETEVO, "run", "smoke", "--workers", "2", "-o"]
    if kind == "status":
        subprocess.run([*smoke, "finished"], cwd=folder, check=True, capture_output=True)
        return [[HETEVO, "status", "finished", "--json"]] * count
    if kind == "runs":
        return [[*smoke, f"run{number}"] for number in range(count)]
    if kind == "scripts":
        (folder / "script.py").write_text(SCRIPT)
        return [[sys.executable, "script.py", f"script{number}"] for number in range(count)]
    return [[sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]] * count


def check(counts, jobs=4, load=2, say=print):
    """Run everything, and return how many ended badly.

    Parameters
    ----------
    counts : dict of str to int
        How often, for ``"status"``, ``"runs"``, ``"scripts"`` and ``"suites"``.
    jobs : int
        Commands side by side; suites run alone.
    load : int
        Further processes that keep the machine busy.
    say : callable
        Is told a line a kind, and what was said by each that ended badly.
    """
    bad = 0
    for kind, count in counts.items():
        with tempfile.TemporaryDirectory() as made, busy(load):
            folder, begin = Path(made) if kind != "suites" else ROOT, time.monotonic()
            with ThreadPoolExecutor(jobs if kind != "suites" else 1) as threads:
                found = list(threads.map(ended, commands(kind, count, folder), [folder] * count))
        wrong = [(status, text) for status, text in found if status != 0]
        bad += len(wrong)
        say(f"{kind}: {len(wrong)} of {count} ended badly ({time.monotonic() - begin:.0f} s)")
        for status, text in wrong:
            say(f"  status {status}: {text}")
    return bad


if __name__ == "__main__":
    os.environ.update({"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MPLBACKEND": "Agg"})
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name in ("status", "runs", "scripts", "suites"):
        parser.add_argument(f"--{name}", type=int, default=0, help="how often")
    parser.add_argument("--jobs", type=int, default=4, help="commands side by side")
    parser.add_argument("--load", type=int, default=2, help="further processes that keep the machine busy")
    given = vars(parser.parse_args())
    several, alone = given.pop("jobs"), given.pop("load")
    sys.exit(1 if check({kind: count for kind, count in given.items() if count}, several, alone) else 0)
