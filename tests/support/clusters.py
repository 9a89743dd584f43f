"""A Ray cluster of several nodes on this machine, and what it takes to see that nothing of it is left."""

import contextlib
import shutil
import tempfile
from pathlib import Path

from hetevo.evolve.backends.pool import WorkerPool

STORE = 80 << 20

_cluster, _nodes = None, []  # in the process of a cluster


class Nodes:
    """A head without CPUs, and nodes of one CPU each that come and go.

    They are started by a process of their own, so that the tests' process never loads Ray.
    """

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix="nodes-", dir="/tmp")  # short, for Ray's sockets
        self._pool = WorkerPool(1)
        self.address = self._pool.submit(_begin, self.folder).result()

    def add(self, count=1, **variables):
        """Start nodes, with other variables in their environment than this process has."""
        self._pool.submit(_add, count, variables).result()

    def remove(self, count=1):
        """Kill nodes, the oldest first."""
        self._pool.submit(_remove, count).result()

    def behead(self):
        """Kill the head."""
        self._pool.submit(_behead).result()

    def raylets(self):
        """List the processes whose children are the workers of the nodes."""
        return [
            int(entry.parent.name)
            for entry in Path("/proc").glob("[0-9]*/cmdline")
            if (content := _content(entry)).partition(b"\0")[0].endswith(b"/raylet") and self.folder.encode() in content
        ]

    def close(self):
        self._pool.submit(_end).result()
        self._pool.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def _content(file):
    with contextlib.suppress(OSError):
        return file.read_bytes()
    return b""


def _begin(folder):
    global _cluster
    from ray._private import utils
    from ray.cluster_utils import Cluster

    # a head announces itself in a folder that nobody makes on a machine where Ray never ran
    Path(utils.get_ray_address_file(None)).parent.mkdir(parents=True, exist_ok=True)
    head = {"num_cpus": 0, "object_store_memory": STORE, "include_dashboard": False, "temp_dir": folder}
    _cluster = Cluster(initialize_head=True, head_node_args=head)
    return _cluster.address


def _add(count, variables):
    for _ in range(count):
        _nodes.append(_cluster.add_node(num_cpus=1, object_store_memory=STORE, env_vars=variables))


def _remove(count):
    for node in _nodes[:count]:  # Ray keeps them in no order
        _cluster.remove_node(node, allow_graceful=False)
    del _nodes[:count]


def _behead():
    _cluster.head_node.kill_all_processes(check_alive=False, allow_graceful=False)


def _end():
    _cluster.shutdown()


def alone(function, *args):
    """Call a function that loads Ray, in a process of its own."""
    pool = WorkerPool(1)
    try:
        return pool.submit(function, *args).result()
    finally:
        pool.close()


def processes(folder):
    """List the processes that were started with ``folder`` as their place for temporary files."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            state = (entry / "stat").read_text().rpartition(")")[2].split()[0]
            if state != "Z" and f"TMPDIR={folder}\0".encode() in (entry / "environ").read_bytes():
                found.append(int(entry.name))
    return found
