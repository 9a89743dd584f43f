"""Changing: how a population changes, anywhere, without losing anything.

==========================  =======================================================
`config`, `presets`         validated configurations, TOML, presets
`experiment`                the generation loop
`cohort`, `reproduction`    a generation, and the way to the next one
`selection`, `variation`    who reproduces (DEAP), what genes do (arrays)
`backends`                  where lives are computed
`state`, `keeper`           what is saved, and when
`rundir`                    files: records, checkpoints, provenance, lock
`digest`                    by which two runs can be called the same
==========================  =======================================================
"""

from evolve.config import Config, ConfigError, load_config, preset, preset_names
from evolve.experiment import Experiment, GenerationReport, Run

__all__ = [
    "Config",
    "ConfigError",
    "Experiment",
    "GenerationReport",
    "Run",
    "load_config",
    "preset",
    "preset_names",
]
