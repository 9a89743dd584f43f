"""Where a population lives: this machine's cores, or a cluster.

===========================  ==========================================================================
`backend`, `auto`            what a backend is; the choice between them, `BACKENDS`
`local`, `ray`               this machine's cores, in worker processes; a cluster
`block_queue`, `failures`    what waits to live, and what to do about blocks that are lost, and about who fails
`stream`                     the same without generations: individuals live as soon as they are there
`job`, `lives`, `alone`      what workers get, and what they do with it; whose fault it is that one died
`pool`, `process`, `worker`  worker processes; one of them, seen from the process that started it, and from within
`fingerprint`                what a process computes with
`portable`                   arithmetic that is the same on every processor of a kind
===========================  ==========================================================================

One backend a file. To add one, write a class like `backend.Backend` and name it in `auto.BACKENDS`. Names are loaded on
first use: a worker needs arrays and the code of lives alone.
"""

from typing import TYPE_CHECKING

from hetevo._names import find_in

if TYPE_CHECKING:
    from hetevo.evolve.backends.auto import BACKENDS, AutoBackend
    from hetevo.evolve.backends.backend import Backend
    from hetevo.evolve.backends.job import Job
    from hetevo.evolve.backends.local import LocalBackend

__all__ = ["BACKENDS", "AutoBackend", "Backend", "Job", "LocalBackend"]

if not TYPE_CHECKING:
    __getattr__ = find_in(
        (
            "hetevo.evolve.backends.job",
            "hetevo.evolve.backends.backend",
            "hetevo.evolve.backends.local",
            "hetevo.evolve.backends.auto",
        ),
        __name__,
        __all__,
    )


def __dir__() -> list[str]:
    return sorted(__all__)
