"""Changing: how a population changes, anywhere, without losing anything.

==========================  =======================================================
`config`, `presets`         validated configurations, TOML, presets
`experiment`, `resuming`    starting a run, and going on with one; `branching` off another
`evolution`                 the loop of generations
`generation`, `reproduction`    a generation, and the way to the next one
`selection`, `variation`    who reproduces (DEAP), what genes do (arrays)
`private_deap`              DEAP on random generators of its own
`backends`                  where lives are computed
`state`, `recorder`           what is saved, and when
`verifying`, `replaying`    whether what was saved is what was lived
`rundir`                    files: records, checkpoints, provenance, lock
`digest`                    by which two runs can be called the same
==========================  =======================================================
"""

from hetevo.evolve.config import Config, ConfigError, load_config, preset, preset_names
from hetevo.evolve.experiment import Experiment
from hetevo.evolve.messages import GenerationReport, Notice, Progress, Run
from hetevo.evolve.resuming import resume

__all__ = [
    "Config",
    "ConfigError",
    "Experiment",
    "GenerationReport",
    "Notice",
    "Progress",
    "Run",
    "load_config",
    "preset",
    "preset_names",
    "resume",
]
