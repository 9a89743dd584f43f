"""What a whole experiment takes, from the shell to its last checkpoint; alone, and beside peers with the same lives.

A peer is a program of the folder `benchmarks`, which a checkout of the repository has.
"""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import hetevo
from hetevo.evolve import posix, preset
from hetevo.populations.errors import RunFailedError

PRESET = "emergence"

CHECKOUT = Path(hetevo.__file__).resolve().parent.parent

ONE_THREAD = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "JAX_PLATFORMS": "cpu",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
}


TOLD = ("generations", "individuals", "loss_best", "compile_seconds")
"""What programs say of themselves."""


@dataclass(frozen=True)
class Peer:
    """A library with which somebody might run the same experiment.

    Parameters
    ----------
    name : str
        Of the package.
    module : str
        The program that runs the experiment with it.
    installation : str
        How to install it.
    """

    name: str
    module: str
    installation: str

    @property
    def missing(self) -> str:
        """Why it cannot be measured here; empty if it can."""
        if not (CHECKOUT / "benchmarks").is_dir():
            return "only in a checkout of the repository"
        return "" if find_spec(self.name) else f"not installed: {self.installation}"


PEERS = (
    Peer("evosax", "benchmarks.evosax_peer", "pip install evosax"),
    Peer("evotorch", "benchmarks.evotorch_peer", "pip install torch evotorch"),
)


def measure(repeats: int, changes: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Run the preset `emergence` as a shell does, on all cores and on one, and what its peers make of it, on one.

    Parameters
    ----------
    repeats : int
        Repetitions in turn, of which the one with the least processor time counts.
    changes : sequence of str, optional
        Changes of the configuration, ``"KEY=VALUE"``.

    Returns
    -------
    list of dict
        A row each: ``name``; ``missing``, why it was not measured, or ``processor_seconds`` (user and system, children
        included), ``wall_seconds``, ``generations``, ``individuals``, ``loss_best`` of the last generation,
        ``compile_seconds`` (of processor time) of peers, and ``times``, how many times Hetevo's processor time on one
        core it took.
    """
    options = [word for change in changes for word in ("-s", change)]
    config = preset(PRESET, overrides=[*changes])
    lived = config.evolution.size * (config.evolution.generations + 1)
    own = [sys.executable, "-m", "hetevo", "run", PRESET, "--json", *options, "-o"]
    rows: list[dict[str, Any]] = [{"name": f"hetevo run {PRESET}, all cores", "missing": ""}]
    commands: list[tuple[list[str], bool]] = [(own, False)]
    for name, more in (("one core", []), ("one core, --no-probe", ["--no-probe"])):
        rows.append({"name": f"hetevo run {PRESET}, {name}", "missing": ""})
        commands.append(([*own[:-1], *more, "-o"], True))
    # the same with each peer, which reads the configuration and loads nothing of Hetevo
    for peer in PEERS:
        rows.append({"name": f"{peer.name}, one core", "missing": peer.missing})
        commands.append(([sys.executable, "-m", peer.module, config.model_dump_json()], True))
    # in turn, so that all meet the same machine
    for _ in range(repeats):
        for row, (command, pinned) in zip(rows, commands, strict=True):
            if not row["missing"]:
                print(f"measuring {row['name']}", file=sys.stderr)
                found = {"individuals": lived, **take(command, own=command[2] == "hetevo", pinned=pinned)}
                if found["processor_seconds"] < row.get("processor_seconds", float("inf")):
                    row |= found
    reference = rows[1]["processor_seconds"]
    return [row if row["missing"] else {**row, "times": row["processor_seconds"] / reference} for row in rows]


def take(command: Sequence[str], *, own: bool, pinned: bool) -> dict[str, Any]:
    """Run a command in a folder of its own; return what it took and what it printed about itself.

    Raises
    ------
    RunFailedError
        If it fails.
    """
    with tempfile.TemporaryDirectory() as folder, _on_one_core() if pinned else contextlib.nullcontext():
        # a peer is found in the checkout; Hetevo where this process found it
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, [str(CHECKOUT), *sys.path]))}
        if not own:
            environment |= ONE_THREAD
        before, begin = posix.measure_usage(children=True), time.perf_counter()
        done = subprocess.run(
            [*command, str(Path(folder, "run"))] if own else command,
            capture_output=True,
            text=True,
            cwd=folder,
            env=environment,
        )
        wall, after = time.perf_counter() - begin, posix.measure_usage(children=True)
    if done.returncode:
        raise RunFailedError(f"{' '.join(command[:3])} failed: {(done.stderr.strip().splitlines() or ['?'])[-1]}")
    told = json.loads(done.stdout.strip().splitlines()[-1])
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"processor_seconds": seconds, "wall_seconds": wall, **{name: told[name] for name in TOLD if name in told}}


@contextlib.contextmanager
def _on_one_core() -> Iterator[None]:
    """Let processes that are started inside the block run on one core, where the system can do that."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)
