"""A Ray cluster of several nodes on this machine, and what it takes to see that nothing of it is left."""

import contextlib
import os
import shutil
import signal
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

STORE = 80 << 20


class Nodes:
    """A head without CPUs, and nodes of one CPU each that come and go.

    One thread starts them all and stays: the system ends a node together with the thread that started it.
    """

    def __init__(self):
        from ray._private import utils
        from ray.cluster_utils import Cluster

        self.folder = tempfile.mkdtemp(prefix="nodes-", dir="/tmp")  # short, for Ray's sockets
        head = {"num_cpus": 0, "object_store_memory": STORE, "include_dashboard": False, "temp_dir": self.folder}
        self._sigterm, self._set = signal.getsignal(signal.SIGTERM), utils.set_sigterm_handler
        utils.set_sigterm_handler = lambda handler: None  # would need the main thread, and shall not be replaced
        # a head announces itself in a folder that nobody makes on a machine where Ray never ran
        Path(utils.get_ray_address_file(None)).parent.mkdir(parents=True, exist_ok=True)
        self._thread = ThreadPoolExecutor(1)
        self._cluster = self._thread.submit(Cluster, initialize_head=True, head_node_args=head).result()
        self.address = self._cluster.address

    def add(self, count=1):
        for _ in range(count):
            self._thread.submit(self._cluster.add_node, num_cpus=1, object_store_memory=STORE).result()

    def remove(self, count=1):
        for node in list(self._cluster.worker_nodes)[:count]:
            self._cluster.remove_node(node, allow_graceful=False)

    def close(self):
        from ray._private import utils

        self._thread.submit(self._cluster.shutdown).result()
        self._thread.shutdown()
        utils.set_sigterm_handler = self._set
        signal.signal(signal.SIGTERM, self._sigterm)
        shutil.rmtree(self.folder, ignore_errors=True)


@contextlib.contextmanager
def authentication(mode):
    """Set Ray's authentication, which it reads once a process."""
    from evolve.backends.ray import token

    before = os.environ.get("RAY_AUTH_MODE")
    os.environ["RAY_AUTH_MODE"] = mode
    token._read_again()
    try:
        yield
    finally:
        os.environ.pop("RAY_AUTH_MODE") if before is None else os.environ.update(RAY_AUTH_MODE=before)
        token._read_again()


def processes(folder):
    """List the processes that were started with ``folder`` as their place for temporary files."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
            if state != "Z" and f"TMPDIR={folder}\0".encode() in (entry / "environ").read_bytes():
                found.append(int(entry.name))
    return found
