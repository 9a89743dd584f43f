"""A process of its own that holds the local cluster, and takes it down when the run ends, however that ends.

Two things cannot be had from inside the run. A signal to its process group (a terminal's Ctrl-C, a batch system's
SIGTERM) would reach Ray's processes too, and they would die before the generation is finished: so they live in another
session. And a run that is killed cannot clean up: this process notices that its standard input was closed, and does.

It is run as a file and imports nothing of Hetevo. Its arguments: number of CPUs, bytes of the object store, folder for
Ray's files. It prints the address as one line of JSON, or ``{"error": ...}``.
"""

import json
import os
import shutil
import sys
import time
from pathlib import Path

GONE_SECONDS = 10.0
"""Longest time that Ray's processes get to end by themselves."""


def main() -> None:
    """Hold a cluster until standard input ends."""
    cpus, store, folder = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    # the environment may point to somebody else's cluster
    for name in ("RAY_ADDRESS", "RAY_NAMESPACE", "RAY_JOB_CONFIG_JSON_ENV_VAR"):
        os.environ.pop(name, None)
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    try:
        import ray

        # on this machine only, with nothing that a run does not need
        context = ray.init(
            address="local",
            num_cpus=cpus,
            num_gpus=0,
            object_store_memory=store,
            include_dashboard=False,
            log_to_driver=False,
            logging_level="ERROR",
            _temp_dir=f"{folder}/r",  # which Ray opens for everybody; the folder itself stays ours
        )
        _say(address=context.address_info["gcs_address"])
        # ends when the run closes it, or has ended itself
        sys.stdin.read()
        ray.shutdown()
    except Exception as error:
        _say(error=f"{type(error).__name__}: {error}")
    finally:
        _end_processes()
        shutil.rmtree(folder, ignore_errors=True)


def _say(**facts: str) -> None:
    print(json.dumps(facts), flush=True)


def _end_processes() -> None:
    """Wait for the rest of this session, Ray's workers, and end those that stay."""
    # all that Ray started is in this session, whatever became of its parent
    deadline = time.monotonic() + GONE_SECONDS
    while others := _session():
        if time.monotonic() > deadline:
            for pid in others:
                try:
                    os.kill(pid, 9)
                except ProcessLookupError:
                    continue
            return
        time.sleep(0.05)


def _session() -> list[int]:
    """List the other live processes of this session; none where the system has no /proc."""
    found, mine = [], os.getsid(0)
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, session = entry.read_text().rpartition(")")[2].split()[:4]
        except (OSError, ValueError):
            continue  # ended meanwhile
        if int(session) == mine and state != "Z" and int(entry.parent.name) != os.getpid():
            found.append(int(entry.parent.name))
    return found


if __name__ == "__main__":
    main()
