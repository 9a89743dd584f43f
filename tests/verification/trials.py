"""What becomes of a run to which something is done at a random moment: a signal, kill, deletion, move, lost node.

Run as a program it prints a table, and ends with status 1 if anything ended badly:

    python tests/verification/trials.py --local 160 --ray 48

A trial is known by its seed (``--seed``, ``--local 1`` repeats one). It starts a run, does one to three things to it,
goes on each time with what the documentation or the run's own last line says, and compares the end with a run that was
never touched: digests, every row of the records, `verify`, exit statuses, and that no process and no file is left.
"""

import argparse
import contextlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest.mock import patch

import pandas as pd

SUPPORT = Path(__file__).parents[1] / "support"
sys.path.insert(0, str(SUPPORT))

from clusters import Nodes, processes  # noqa: E402

from hetevo.evolve.rundir import RunDirectory  # noqa: E402
from hetevo.evolve.verify import verify  # noqa: E402
from hetevo.populations.errors import HetevoError  # noqa: E402

HETEVO = str(Path(sys.executable).parent / "hetevo")
GENERATIONS = 24
OPTIONS = [f"evolution.generations={GENERATIONS}", "evolution.size=16"]
SIGNALS = [getattr(signal, f"SIG{name}") for name in ("INT", "TERM", "HUP", "USR1", "USR2", "XCPU")]
ENVIRONMENT = {
    **dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1"),
    "RAY_AUTH_MODE": "disabled",
    "RAY_gcs_rpc_server_reconnect_timeout_s": "3",  # for a head that is gone; a minute otherwise
}
STARTING = {"local": 3.0, "here": 3.0, "ray": 10.0, "nodes": 8.0}
"""Seconds in which a run begins, about."""

GONE_SECONDS = 30.0
"""Longest time until processes of a run that was killed are gone: a local Ray takes about ten seconds."""

LONGEST = 240.0
"""Seconds after which a command hangs."""


class BadEndError(Exception):
    """Something ended otherwise than it should."""


class NoNodesError(Exception):
    """The cluster of the trials did not do what it was told: nothing was tried."""


class Trial:
    """One run, and what is done to it.

    Parameters
    ----------
    seed : int
        Decides everything but the moments at which a busy machine does what.
    deed : str
        What is done first.
    calm : Calm
        The run that was never touched.
    where : str
        ``"local"``, ``"ray"`` (a Ray of the run's own) or ``"nodes"``.
    nodes : Nodes, optional
        The cluster.
    """

    def __init__(self, seed, deed, calm, where="local", nodes=None):
        self.chance = random.Random(f"{seed} {deed} {where}")
        self.deed, self.calm, self.where, self.nodes = deed, calm, where, nodes
        self.folder = Path(tempfile.mkdtemp(prefix="t-", dir="/tmp"))  # short, for Ray's sockets
        self.place = self.folder / "runs" / "run"
        self.temporary = self.folder / "tmp"
        self.temporary.mkdir()
        self.place.parent.mkdir()
        self.said, self.statuses, self.anew, self.over = [], set(), False, False
        self.process, self.done = None, []

    def go(self):
        """Do it all, and return ``"equal"``, or ``"clear end"`` if the evolution had to begin anew."""
        try:
            others = (*LOCAL, "leave", "join") if self.where == "nodes" and self.deed != "head" else LOCAL
            deeds = [self.deed]
            while self.chance.random() < 0.4 and len(deeds) < 3:
                deeds.append(self.chance.choice(others))
            for deed in deeds:
                self.round(deed)
                if self.over:
                    return "equal"  # it was done, with this digest, before it was deleted
            self.round(None)
            self.check_end()
            return "clear end" if self.anew else "equal"
        finally:
            if self.process and self.process.poll() is None:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
            with contextlib.suppress(BadEndError):
                self.check_nothing_runs()
            shutil.rmtree(self.folder, ignore_errors=True)

    def round(self, deed):
        """Start the run or go on with it, do something to it, and see how it ends."""
        self.statuses, self.moved_to = {0}, self.place
        command = self.command()
        self.said.append(f"--- {deed}: {' '.join(command[1:])}")
        log = self.folder / "log"
        with open(log, "w") as file:
            self.process = subprocess.Popen(
                command,
                cwd=self.folder,
                stdout=file,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                env={**os.environ, "TMPDIR": str(self.temporary)},
            )
        if deed:
            self.wait_for_a_moment()
            if self.process.poll() is None:
                self.done.append(deed)
                DEEDS[deed](self)
        try:
            status = self.process.wait(LONGEST)
        except subprocess.TimeoutExpired:
            raise BadEndError(f"no end in {LONGEST:.0f} seconds:\n{log.read_text()}") from None
        text = log.read_text()
        self.said.append(f"{text[-1500:]}--- status {status}")
        self.place = self.moved_to
        self.check_round(deed, status, text)

    def command(self):
        """Return what a person would type now."""
        backend = {
            "local": ["--workers", "2"],
            "ray": ["--backend", "ray", "--workers", "2"],
            "nodes": ["--backend", "ray", "--address", self.nodes.address if self.nodes else ""],
            "here": ["--backend", "local", "--workers", "2"],  # the cluster is gone
        }[self.where]
        every = self.chance.choice(["1", '"auto"', "7", '"1s"'])
        options = [word for option in [*OPTIONS, f"checkpoint.every={every}"] for word in ("-s", option)]
        start = [HETEVO, "run", "smoke", "-o", str(self.place), *options, *backend]
        if self.place.exists() and RunDirectory(self.place).is_begun():
            again = self.chance.random() < 0.3
            return [*start, "--or-resume"] if again else [HETEVO, "resume", str(self.place), *backend]
        return start

    def wait_for_a_moment(self):
        """Wait for a moment while it starts, or in one of the generations that it has to live."""
        if self.chance.random() < 0.25:
            self.sleep(self.chance.random() * STARTING[self.where])
            return
        lived = 0
        with contextlib.suppress(HetevoError):
            lived = (RunDirectory(self.place).status()["generation"] or -1) + 1
        wanted = self.lines() + self.chance.randrange(max(1, GENERATIONS - lived))
        while self.lines() < wanted and self.process.poll() is None:
            time.sleep(0.02)
        self.sleep(self.chance.random() * 0.2)

    def lines(self):
        """Count the generations that were told of."""
        with contextlib.suppress(OSError):
            return (self.place / "events.jsonl").read_bytes().count(b'"generation"')
        return 0

    def sleep(self, seconds):
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)

    def with_nodes(self, act, *count):
        try:
            act(self.nodes, *count)
        except Exception as error:  # such as a node that does not start in time on a machine with much to do
            raise NoNodesError(str(error)) from error

    def children(self, of, name):
        """List the children of some processes that have a name in their command lines."""
        found = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", ",".join(map(str, of))], capture_output=True, text=True
        ).stdout.split()
        return [int(pid) for pid in found if name in _content(f"/proc/{pid}/cmdline")]

    def check_round(self, deed, status, text):
        """Raise `BadEndError` if a round ended otherwise than documented, and find out where the run goes on."""
        gone = deed in ("delete", "move") and re.search("it does not exist|moved or deleted before this command", text)
        if status not in self.statuses and not (gone and status in (2, 3)):
            raise BadEndError(f"status {status}, expected one of {sorted(self.statuses)}")
        if text.rstrip().endswith("KeyboardInterrupt") and "scripts/main.py" not in text:
            text = ""  # Python itself was starting: nothing of Hetevo's is there yet to catch it
        for word in ("Traceback", "Fatal Python", "Exception ignored", "Segmentation"):
            if word in text:
                raise BadEndError(f"{word!r} in what it said")
        if status == 3:
            if told := re.search(r"Go on there: \S*hetevo resume (\S+)", text):
                self.place = self.folder / told[1]
            elif "Nothing had lived yet" in text:
                self.anew = True
            elif not re.search("What was saved|What had lived", text):
                raise BadEndError("it ended with 3, and does not say that it can go on")
        self.check_nothing_runs()
        if deed == "delete" and not self.place.exists():
            if status == 0 and (digest := re.search(r"digest (\w+)", text)):
                if not self.calm.digest.startswith(digest[1]):
                    raise BadEndError("another digest")
                self.over = True
            self.anew = True

    def check_nothing_runs(self):
        end = time.monotonic() + GONE_SECONDS
        while left := processes(str(self.temporary)):
            if time.monotonic() > end:
                names = [_content(f"/proc/{pid}/cmdline").replace(b"\0", b" ")[:200] for pid in left]
                for pid in left:
                    with contextlib.suppress(OSError):
                        os.kill(pid, signal.SIGKILL)
                raise BadEndError(f"processes are left: {names}")
            time.sleep(0.1)

    def check_end(self):
        """Compare the run with the one that was never touched."""
        status = RunDirectory(self.place).status()
        if (status["digest"], status["probe_digest"]) != (self.calm.digest, self.calm.probe_digest):
            raise BadEndError(f"other digests: {json.dumps(status)}")
        if status["state"] != "done":
            raise BadEndError(f"it is {status['state']}")
        if problems := verify(self.place).problems:
            raise BadEndError(f"verify: {problems}")
        for table, expected in self.calm.records.items():
            found = pd.read_parquet(self.place / table).reset_index(drop=True)
            expected = expected[expected["generation"] >= found["generation"].iloc[0]]
            pd.testing.assert_frame_equal(found, expected.reset_index(drop=True), check_exact=True)
        left = [str(path) for path in self.place.rglob("*") if re.search(r"\.tmp-|trash-", path.name)]
        left += [str(path) for path in self.temporary.iterdir() if path != self.place]
        if left:
            raise BadEndError(f"files are left: {left}")

    # What is done. Each adds the statuses with which the run may end then.

    def signal(self):
        """Ask it to stop: by a signal to it or to its whole group, or by a file; perhaps twice."""
        number = self.chance.choice([*SIGNALS, None])
        group = self.chance.random() < 0.5
        twice = self.chance.random() < 0.4
        pause = self.chance.random() * 0.3
        if number is None:
            with contextlib.suppress(OSError):
                (self.place / "STOP").touch(exist_ok=True)
            return
        self.statuses |= {128 + number, -number}  # a shell shows both as one
        if twice and number == signal.SIGINT:
            self.statuses.add(130)
        for send in range(1 + twice):
            if send:
                self.sleep(pause)
            with contextlib.suppress(ProcessLookupError):
                (os.killpg if group else os.kill)(self.process.pid, number)

    def kill(self):
        """Kill the process that evolves."""
        self.statuses.add(-signal.SIGKILL)
        self.process.kill()

    def workers(self):
        """Kill one worker, or all again and again for a while."""
        end = time.monotonic() + self.chance.choice([0.0, self.chance.random() * 2])
        one = self.chance.random() < 0.5
        lives = self.chance.random() < 0.5
        while True:
            found = self.children([self.process.pid], b"hetevo.evolve.backends.worker")
            if self.nodes and self.where == "nodes" and lives:
                found = self.children(self.nodes.raylets(), b"ray::live")
            for pid in found[: 1 if one else None]:
                with contextlib.suppress(OSError):
                    os.kill(pid, signal.SIGKILL)
            if time.monotonic() >= end or self.process.poll() is not None:
                return
            time.sleep(0.05)

    def delete(self):
        """Delete its directory."""
        self.statuses.add(3)
        subprocess.run(["rm", "-rf", str(self.place)], capture_output=True)

    def move(self):
        """Give its directory another name."""
        other = self.place.with_name(f"moved{self.chance.randrange(10**6)}")
        with contextlib.suppress(FileNotFoundError):
            self.place.rename(other)
            self.moved_to = other

    def leave(self):
        """Let one node or all leave, and others join after a while."""
        count = self.chance.choice([1, 2])
        self.with_nodes(Nodes.remove, count)
        self.sleep(self.chance.random() * 3)
        self.with_nodes(Nodes.add, count)

    def join(self):
        """Let a node join, and an older one leave after a while."""
        self.with_nodes(Nodes.add, 1)
        self.sleep(self.chance.random() * 3)
        self.with_nodes(Nodes.remove, 1)

    def head(self):
        """End the head of the cluster."""
        self.statuses |= {3} if self.lines() else {2, 3}  # 2: it was not there when it was asked for
        self.with_nodes(Nodes.behead)
        self.where = "here"


OUTCOMES = ("equal", "clear end", "bad")
LOCAL = ("signal", "kill", "workers", "delete", "move")
NODES = (*LOCAL, "leave", "join", "head")
DEEDS = {name: getattr(Trial, name) for name in NODES}


def _content(file):
    with contextlib.suppress(OSError):
        return Path(file).read_bytes()
    return b""


class Calm:
    """A run that was never touched."""

    def __init__(self):
        with tempfile.TemporaryDirectory() as folder:
            options = [word for option in OPTIONS for word in ("-s", option)]
            command = [HETEVO, "run", "smoke", "-o", "calm", "--workers", "2", *options]
            subprocess.run(command, cwd=folder, check=True, capture_output=True)
            directory = RunDirectory(Path(folder) / "calm")
            status = directory.status()
            self.digest, self.probe_digest = status["digest"], status["probe_digest"]
            self.records = {name: pd.read_parquet(directory.path / name) for name in ("generations", "individuals")}


def tried(seed, deed, calm, where, nodes=None):
    """Return how a trial ended, how much was done to it, and what is to be told if it ended badly."""
    trial = Trial(seed, deed, calm, where, nodes)
    try:
        return trial.go(), len(trial.done), ""
    except NoNodesError as error:
        return "not tried", 0, f"seed {seed}, {deed}, {where}: not tried: {error}"
    except Exception as error:
        said = "\n".join(trial.said)
        return "bad", len(trial.done), f"seed {seed}, {deed}, {where}: {type(error).__name__}: {error}\n{said}\n"


def on_nodes(seeds, calm):
    """Yield trials on a cluster, a new one where the head was ended."""
    nodes = None
    try:
        for seed in seeds:
            deed = NODES[seed % len(NODES)]
            if nodes is None:
                nodes = Nodes()
                nodes.add(2)
            outcome, *others = tried(seed, deed, calm, "nodes", nodes)
            yield deed, outcome, *others
            if deed == "head" or outcome == "not tried":
                nodes = nodes.close()
    finally:
        if nodes is not None:
            nodes.close()


def check(local, ray, first=0, jobs=2, say=print):
    """Try so often, and return how often it ended badly.

    Parameters
    ----------
    local, ray : int
        Trials with worker processes, and with Ray: a third with one of the run's own, the others on a cluster.
    first : int
        Seed of the first one.
    jobs : int
        Local trials side by side; those with Ray run beside them, one after the other.
    say : callable
        Is told a line for each deed, and all that was said where something ended badly.
    """
    counts, names = Counter(), {"local": "local", "ray": "Ray of its own", "nodes": "cluster"}
    begin, before = time.time(), set(Path("/dev/shm").iterdir())

    def note(where, deed, outcome, deeds, text):
        counts[names[where], deed, outcome] += 1
        counts[names[where], deed, "deeds"] += deeds
        if text:
            say(text)

    with patch.dict(os.environ, ENVIRONMENT), ThreadPoolExecutor(jobs + 1) as threads:
        calm = Calm()
        seeds = range(first, first + ray)
        own, clustered = seeds[: ray // 3], seeds[ray // 3 :]

        def with_ray():
            for seed in own:
                deed = LOCAL[seed % len(LOCAL)]
                note("ray", deed, *tried(seed, deed, calm, "ray"))
            for found in on_nodes(clustered, calm):
                note("nodes", *found)

        def with_workers(seed):
            deed = LOCAL[seed % len(LOCAL)]
            note("local", deed, *tried(seed, deed, calm, "local"))

        for done in [threads.submit(with_ray), *(threads.submit(with_workers, first + n) for n in range(local))]:
            done.result()
    new = [str(file) for file in Path("/dev/shm").iterdir() if file not in before]
    say(f"{'where':16}{'deed':10}{'trials':>7}{'deeds':>7}{'equal':>7}{'clear end':>11}{'bad':>5}")
    for where, deed in sorted({key[:2] for key in counts}):
        found = [counts[where, deed, outcome] for outcome in OUTCOMES]
        say(f"{where:16}{deed:10}{sum(found):7}{counts[where, deed, 'deeds']:7}{found[0]:7}{found[1]:11}{found[2]:5}")
    bad, trials = (sum(count for key, count in counts.items() if key[2] in of) for of in (("bad",), OUTCOMES))
    say(f"{trials} trials in {time.time() - begin:.0f} s, {bad} bad; new in /dev/shm: {new or 'nothing'}")
    return bad


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--local", type=int, default=0, help="trials with worker processes")
    parser.add_argument("--ray", type=int, default=0, help="trials with Ray")
    parser.add_argument("--seed", type=int, default=0, help="of the first one")
    parser.add_argument("--jobs", type=int, default=2, help="local trials side by side")
    given = parser.parse_args()
    sys.exit(1 if check(given.local, given.ray, given.seed, given.jobs, lambda text: print(text, flush=True)) else 0)
