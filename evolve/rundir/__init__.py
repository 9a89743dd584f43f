"""The run directory: everything that a run leaves behind, readable with pandas alone, movable, never a pickle.

========================  ==========================================================================
`directory`               where everything has its place
`checkpoint`, `manifest`  a checkpoint, written so that it is whole or not there, and what vouches for it
`records`, `parts`        tables of what happened; their files, which may be damaged or made by an enemy
`columns`, `schemas`      what tables, and all other files, must hold; `arrays`: columns from and to NumPy
`provenance`              where, when and with which versions; `telemetry`: the latest messages
`pruned`                  what was removed on purpose
`lock`, `owner`, `sweep`  one writer a run, whoever says so; many processes a sweep
`files`                   durable operations
`system`                  the system calls, for tests to put themselves between
`places`                  ways inside a run: through no link, and to the same directory wherever it is moved
========================  ==========================================================================
"""

from hetevo.evolve.rundir.directory import RunDirectory
from hetevo.evolve.rundir.errors import (
    DamagedError,
    LostError,
    NothingIntactError,
    RunBusyError,
    RunDirectoryError,
    RunExistsError,
    SchemaError,
    StorageError,
)
from hetevo.evolve.rundir.parts import read_part

__all__ = [
    "DamagedError",
    "LostError",
    "NothingIntactError",
    "RunBusyError",
    "RunDirectory",
    "RunDirectoryError",
    "RunExistsError",
    "SchemaError",
    "StorageError",
    "read_part",
]
