"""Changing: how a population changes, anywhere, without losing anything.

==========================  =====================================================================
`config`, `presets`         validated configurations, TOML, presets; `deprecated`: old keys
`experiment`, `resuming`    starting a run, and going on with one
`evolution`, `loop`         what evolves, and its loop of generations
`session`, `own_loop`       a process's work on a run; a run in a program's own loop, `callbacks`
`until`                     ends before the last generation
`evaluator`, `space`        the fitness of genes that another optimiser proposes; genes as vectors
`founders`, `genes`         founders that a user brings; genes from outside, checked
`generation`, `beginning`   a generation and its records; where the first one comes from, perhaps an `origin`
`reproduction`              the way to the next generation, on `islands`
`selection`, `variation`    who reproduces (DEAP, `private_deap`), what genes do (arrays)
`heldout`                   tasks that only measure
`species`                   from a configuration to what lives, and what measures it
`backends`                  where lives are computed
`memory`, `machine`         what an experiment needs, and what there is
`recorder`, `schedule`      what is written, and when
`state`, `loading`, `saved` what is saved, whether it can be trusted, and where if the run's directory is gone
`pruning`                   making runs smaller
`archiving`, `unpacking`    runs as one file, described in a `crate`
`posix`                     what not every system has
`verify`, `record_checks`   whether what was saved is what was lived; `replay`: living it again
`individual`                who is in a checkpoint, to live again, or lives that no run has lived
`messages`, `stopping`      what a run says, and how it is asked to stop
`identity`                  when two configurations are one experiment
`rundir`                    files: records, checkpoints, provenance, lock
`sweeps`                    many runs from one file
==========================  =====================================================================

Names are loaded on first use: a worker needs few of these modules, and none of the libraries that the others import.
"""

from typing import TYPE_CHECKING

from hetevo._names import find_in

if TYPE_CHECKING:
    from hetevo.evolve.callbacks import Callback
    from hetevo.evolve.config import Config, ConfigError, load_config, preset, preset_names
    from hetevo.evolve.evaluator import Evaluator
    from hetevo.evolve.experiment import Experiment
    from hetevo.evolve.genes import GenesError, save_genes
    from hetevo.evolve.loop import LivedGeneration
    from hetevo.evolve.messages import GenerationReport, Notice, Progress, Run
    from hetevo.evolve.own_loop import OpenRun
    from hetevo.evolve.resuming import open_run, resume
    from hetevo.evolve.space import Space

__all__ = [
    "Callback",
    "Config",
    "ConfigError",
    "Evaluator",
    "Experiment",
    "GenerationReport",
    "GenesError",
    "LivedGeneration",
    "Notice",
    "OpenRun",
    "Progress",
    "Run",
    "Space",
    "load_config",
    "open_run",
    "preset",
    "preset_names",
    "resume",
    "save_genes",
]

if not TYPE_CHECKING:
    __getattr__ = find_in(
        (
            "hetevo.evolve.config",
            "hetevo.evolve.messages",
            "hetevo.evolve.callbacks",
            "hetevo.evolve.genes",
            "hetevo.evolve.space",
            "hetevo.evolve.loop",
            "hetevo.evolve.evaluator",
            "hetevo.evolve.own_loop",
            "hetevo.evolve.resuming",
            "hetevo.evolve.experiment",
        ),
        __name__,
        __all__,
    )


def __dir__() -> list[str]:
    return sorted(__all__)
