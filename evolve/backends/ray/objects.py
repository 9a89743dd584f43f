"""Rows of a table in the object store of a cluster: sent once, and mapped by all workers of a node."""

from dataclasses import dataclass, replace
from typing import Any

import ray

from hetevo.evolve.backends.job import Job
from hetevo.evolve.data.sharing import ARRAYS, Hashes, MappedRows, open_once
from hetevo.populations.tasks.table import Rows, Table


@dataclass(frozen=True)
class StoredRows:
    """Rows in the object store; Ray copies them to each node once, and maps them into its workers.

    Parameters
    ----------
    references : dict of str to ObjectRef
        The arrays, by name.
    hashes : tuple of (str, str)
        What each must be, by SHA-256.
    training : int
        Rows of the training part.
    """

    references: dict[str, Any]
    hashes: Hashes
    training: int

    def rows(self) -> Rows:
        """Return the rows, which each worker gets and checks once."""
        return open_once(self.hashes, self.training, lambda name: ray.get(self.references[name]))


class Store:
    """Puts the rows that jobs need into the object store, once for all generations."""

    def __init__(self) -> None:
        self._stored: dict[Hashes, StoredRows] = {}

    def sendable(self, job: Job) -> Job:
        """Return a job whose rows other machines can get; one that needs none as it is."""
        task = job.species.task
        if not isinstance(task, Table) or not isinstance(task.source, MappedRows):
            return job
        source = self._stored.get(task.source.hashes)
        if source is None:
            rows = task.source.rows()
            references = {name: ray.put(getattr(rows, name)) for name in ARRAYS}
            source = self._stored[task.source.hashes] = StoredRows(references, task.source.hashes, rows.training)
        return replace(job, species=replace(job.species, task=task.reading(source)))
