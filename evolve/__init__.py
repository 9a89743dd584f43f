"""Changing: how a population changes, anywhere, without losing anything.

==========================  =====================================================================
`config`, `presets`         validated configurations, TOML, presets
`experiment`, `resuming`    starting a run, and going on with one
`evolution`                 the loop of generations
`generation`, `origin`      a generation and its records; where the first one comes from
`reproduction`              the way to the next generation, on `islands`
`selection`, `variation`    who reproduces (DEAP, `private_deap`), what genes do (arrays)
`heldout`                   tasks that only measure
`species`                   from a configuration to what lives, and what measures it
`backends`                  where lives are computed
`memory`, `machine`         what an experiment needs, and what there is
`recorder`                  what is written, and when
`state`, `saved`            what is saved, whether it can be trusted, and where if the run's directory is gone
`verify`, `record_checks`   whether what was saved is what was lived; `replay`: living it again
`individual`                who is in a checkpoint, to live again, or lives that no run has lived
`messages`, `stopping`      what a run says, and how it is asked to stop
`identity`                  when two configurations are one experiment
`rundir`                    files: records, checkpoints, provenance, lock
`sweeps`                    many runs from one file
==========================  =====================================================================
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
