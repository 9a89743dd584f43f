"""The tables of a configuration: one class a table, each field with its meaning, unit and bounds.

The defaults are the experiment `emergence`.
"""

from hetevo.evolve.config.tables.keeping import CheckpointTable, RecordsTable, TrackTable
from hetevo.evolve.config.tables.living import (
    EnvironmentTable,
    ErrorNeuronsTable,
    GenomeTable,
    HardwareTable,
    InjuryTable,
    LifetimeTable,
    NetworkTable,
    PlasticityTable,
    TaskTable,
)
from hetevo.evolve.config.tables.running import (
    CURRENT,
    BackendTable,
    EvolutionTable,
    HeldOutTable,
    IslandsTable,
    ProbeTable,
    Table,
    TransplantTable,
)

__all__ = [
    "CURRENT",
    "BackendTable",
    "CheckpointTable",
    "EnvironmentTable",
    "ErrorNeuronsTable",
    "EvolutionTable",
    "GenomeTable",
    "HardwareTable",
    "HeldOutTable",
    "InjuryTable",
    "IslandsTable",
    "LifetimeTable",
    "NetworkTable",
    "PlasticityTable",
    "ProbeTable",
    "RecordsTable",
    "Table",
    "TaskTable",
    "TrackTable",
    "TransplantTable",
]
