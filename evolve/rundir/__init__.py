"""The run directory: everything that a run leaves behind, readable with pandas alone, movable, never a pickle."""

from evolve.rundir.directory import RunDirectory
from evolve.rundir.errors import RunDirectoryError, RunExistsError, StorageError

__all__ = ["RunDirectory", "RunDirectoryError", "RunExistsError", "StorageError"]
