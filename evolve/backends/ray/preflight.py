"""Whether a cluster can do what is asked of it, before anything is computed."""

from collections.abc import Iterable

import ray

from hetevo.evolve.backends.fingerprint import Fingerprint, fingerprint
from hetevo.evolve.backends.ray.errors import ClusterError
from hetevo.evolve.news import news

ANSWER_SECONDS = 120.0
"""Longest time that a node gets to start a worker and import Hetevo."""


def cpus() -> int:
    """Return the CPUs that the cluster has at this moment."""
    return int(ray.cluster_resources().get("CPU", 0))


def check_cpus(wanted: int, address: str) -> None:
    """Compare the CPUs that are wanted with those there are.

    Raises
    ------
    ClusterError
        With both numbers.
    """
    there = cpus()
    if there < max(wanted, 1):
        raise ClusterError(
            f"backend.workers: expected a cluster with at least {max(wanted, 1)} CPUs at {address}, but it has"
            f" {there}. Start more nodes ('ray start --address={address}') or ask for fewer workers."
        )


def check_software(*, mixed: bool) -> None:
    """Let every node say what it computes with.

    Parameters
    ----------
    mixed : bool
        Whether their processors may differ.

    Raises
    ------
    ClusterError
        If Hetevo is not installed there, or a node computes otherwise than this machine.
    """
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    nodes = [node for node in ray.nodes() if node["Alive"] and node["Resources"].get("CPU", 0) >= 1]
    ask = ray.remote(num_cpus=1, max_retries=3)(fingerprint)
    answers = [
        ask.options(scheduling_strategy=NodeAffinitySchedulingStrategy(node["NodeID"], soft=True)).remote()
        for node in nodes
    ]
    try:
        found: list[Fingerprint] = ray.get(answers, timeout=ANSWER_SECONDS)
    except ray.exceptions.GetTimeoutError:
        raise ClusterError(
            f"Expected all {len(nodes)} nodes of the cluster to start a worker within {ANSWER_SECONDS:.0f} seconds, but"
            " they did not. Is another job using all CPUs? 'ray status' tells."
        ) from None
    except ray.exceptions.RayError as error:
        last = str(error).strip().splitlines()[-1]
        raise ClusterError(
            f"Expected Hetevo on every node of the cluster, but a worker could not import it: {last}. Install the same"
            " environment on all machines (requirements.lock)."
        ) from None
    compare(fingerprint(), found, mixed=mixed)


def compare(mine: Fingerprint, theirs: Iterable[Fingerprint], *, mixed: bool) -> None:
    """Compare what this process computes with and what the nodes do.

    Raises
    ------
    ClusterError
        If the software of a node differs, or its processor does and they are not ``mixed``; else that is news.
    """
    for node in theirs:
        if problem := node.problem(mine, mixed=True):
            raise ClusterError(
                f"Expected the same software on every node as here, but {problem}. Install the same environment on all"
                " machines (requirements.lock), with the same sources."
            )
        if problem := node.problem(mine, mixed=False):
            if not mixed:
                raise ClusterError(
                    f"Expected the same kind of processor on every node as here, but {problem}: last bits differ, so"
                    " the digest would depend on who computed what. Use nodes of one kind (also for this machine), or"
                    " let the run mix them, which it records: -s backend.mixed=true"
                )
            news.warning("%s: digests are those of no single kind of processor", problem)


def store_bytes() -> int:
    """Return the size of the object store of the node of this process, through which blocks are sent."""
    mine = ray.get_runtime_context().get_node_id()
    return int(next(node["Resources"].get("object_store_memory", 0) for node in ray.nodes() if node["NodeID"] == mine))


def largest_block(store: int, in_flight: int, bytes_each: int) -> int:
    """Return how many individuals a block may have so that all blocks in flight fit into half of the object store.

    Raises
    ------
    ClusterError
        If not even one individual does, with both numbers.
    """
    fits = store // 2 // (in_flight * bytes_each)
    if fits < 1:
        raise ClusterError(
            f"Expected an object store of at least {2 * in_flight * bytes_each / 1e6:.0f} MB on this node"
            f" ({in_flight} blocks in flight, each of an individual with {bytes_each / 1e6:.3g} MB of genes), but it"
            f" has {store / 1e6:.0f} MB. Start that node with 'ray start --object-store-memory=BYTES' and more."
        )
    return fits
