"""Learning rules beside one another on one classification task: accuracy, angle to the gradient, and cost.

Every rule lives in the networks of the preset `rules`, on the plain model. Its learning rate is the one of `RATES` that
is best on pilot seeds, which are none of those that are compared. The gains of the row `evolved` are those of the
champion of a small evolution on a pilot seed, in new networks.
"""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from hetevo.analysis.measures import angle
from hetevo.evolve import Evaluator, Experiment, preset
from hetevo.evolve.config import Config, ConfigError
from hetevo.evolve.config.sources import Override, key_of
from hetevo.evolve.individual import read_individual
from hetevo.evolve.species import build_species
from hetevo.populations.circuits import Block, circuit_of, draw_founders
from hetevo.populations.errors import SettingError, nearest
from hetevo.populations.evaluation import Evaluation, Status
from hetevo.populations.experience import experience
from hetevo.populations.genome import Population
from hetevo.populations.isolation import one_thread
from hetevo.populations.rules import RULES
from hetevo.populations.tasks import TASKS, Linear

PRESET = "rules"

RATES = (0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
"""Gains among which pilot seeds choose."""

PILOTS = (9000, 9001)
"""Seeds that choose a rate, or that the champion evolves on."""

REFERENCE, EVOLVED = "backpropagation", "evolved"

_FIXED = {"plasticity.rule": "fixed-feedback"}

COMPARED: Mapping[str, Mapping[str, Any]] = {
    REFERENCE: {"plasticity.rule": "transported"},
    "kolen-pollack": {
        "plasticity.rule": "heterosynaptic",
        "network.feedback": "transposed",
        "genome.decay": True,
        "genome.decay_log_mean": math.log(0.002),
        "genome.decay_log_scale": 0.0,
    },
    "weight-mirror": {"plasticity.rule": "weight-mirror", "genome.gain_mean_descending": 0.1},
    "sign-symmetry": {"plasticity.rule": "sign-symmetry"},
    "feedback-alignment": _FIXED,
    "direct-feedback-alignment": {**_FIXED, "network.options": {"feedback_from": "outputs"}},
    "node-perturbation": {"plasticity.rule": "node-perturbation"},
    "readout-only": {"plasticity.rule": "readout-only"},
    EVOLVED: {"plasticity.rule": "heterosynaptic"},
}
"""Changes of the preset that make each row of the table; any other name is that of a rule."""

COST_NETWORKS, COST_PRESENTATIONS = 4, 20
"""Lives whose processor time is compared."""


@dataclass(frozen=True)
class Comparison:
    """What is compared with what, checked.

    Parameters
    ----------
    configs : dict of str to Config
        By row; the reference is there in any case, for its cost.
    evolving : Config
        The evolution whose champion has the gains of the row `EVOLVED`.
    rows : tuple of str
        Rows that are shown.
    seeds : tuple of int
        On which they are compared.
    """

    configs: Mapping[str, Config]
    evolving: Config
    rows: tuple[str, ...]
    seeds: tuple[int, ...]


def plan(rules: Sequence[str], seeds: Sequence[int], changes: Sequence[Override]) -> Comparison:
    """Check names, seeds and changes; nothing lives yet.

    Parameters
    ----------
    rules : sequence of str
        Names in `COMPARED`, or of rules, those of other packages too; none: all of `COMPARED`.
    seeds : sequence of int
        Seeds to compare on.
    changes : sequence of str or (str, value)
        Changes of the preset.

    Raises
    ------
    SettingError
        Naming what is wrong.
    """
    if pilots := sorted({*seeds} & {*PILOTS}):
        raise SettingError(
            f"--seeds: {pilots[0]} is a pilot seed, on which learning rates are chosen; expected others, such as 0..4"
        )
    if {"plasticity.rule", "plasticity"} & {key_of(change) for change in changes}:
        raise SettingError("-s plasticity.rule: expected rules as --rule NAME, one after another")
    rows = tuple(dict.fromkeys(rules)) or tuple(COMPARED)
    if unknown := [name for name in rows if name not in COMPARED and name not in RULES]:
        raise SettingError(
            f"--rule: there is no rule {unknown[0]!r}.{nearest(unknown[0], [*COMPARED, *RULES])} Rules:"
            f" {', '.join([*COMPARED, *(name for name in RULES if name not in COMPARED)])}; or module:NAME"
        )
    configs = {name: _configure(name, changes) for name in dict.fromkeys((REFERENCE, *rows))}
    task = build_species(configs[REFERENCE]).task
    if not task.classification:
        raise SettingError(
            f"task.name: rules are compared by their accuracy, so expected a classification, got"
            f" {configs[REFERENCE].task.name!r}. Such are digits, glyphs, and a table with classes"
        )
    evolving = _configure(EVOLVED, changes, plain=False)
    return Comparison(configs, evolving, rows, tuple(seeds))


def sizes_of(task: str) -> list[Override]:
    """Return changes that choose a task, with the sizes that it has by default.

    Raises
    ------
    SettingError
        If there is no such task.
    """
    if task not in TASKS:
        raise SettingError(f"--task: there is no task {task!r}.{nearest(task, TASKS)} Tasks: {', '.join(TASKS)}")
    # those of a table follow from its file
    family: Any = TASKS[task]
    sizes = () if task == "table" else ("inputs", "outputs")
    return [("task.name", task), *((f"task.{size}", getattr(family, size)) for size in sizes)]


def _configure(name: str, changes: Sequence[Override], *, plain: bool = True) -> Config:
    own = COMPARED.get(name, {"plasticity.rule": name})
    # the same gain everywhere, and for all of them the implementation that knows every rule
    same = {"genome.gain_scale": 0.0, "network.circuit": "plain"} if plain else {}
    try:
        return preset(PRESET, overrides=[*changes, *own.items(), *same.items()])
    except ConfigError as error:
        raise ConfigError(f"{name}: {error}") from None


def compare(comparison: Comparison, repeats: int, say: Callable[[str], None]) -> list[dict[str, Any]]:
    """Tune, live and measure.

    Parameters
    ----------
    comparison : Comparison
        From `plan`.
    repeats : int
        Repetitions of what is timed, of which the fastest counts.
    say : callable
        Is told what happens.

    Returns
    -------
    list of dict
        One row a rule: ``rule``; ``accuracy``, ``loss`` and ``angles`` (one a hidden level, in degrees; None where
        there is no change or gradient), each a list of one value a seed; ``diverged``, lives that did; ``rate``, the
        chosen gain, None for evolved ones; ``at_edge``, whether it is the smallest or largest that was tried;
        ``pilot_lives``; ``cost``, processor time of a presentation over that of the reference in the same run.
    """
    rows = []
    for name in comparison.rows:
        say(f"{name}: {'evolving' if name == EVOLVED else 'choosing a rate'}")
        config = comparison.configs[name]
        if name == EVOLVED:
            champion = _evolve(comparison.evolving)
            chosen: dict[str, Any] = {"rate": None, "at_edge": False, "pilot_lives": _count_lives(comparison.evolving)}
            lives = [_live(config, champion, seed) for seed in comparison.seeds]
        else:
            rate = _choose_rate(config)
            chosen = {"rate": rate, "at_edge": rate in (RATES[0], RATES[-1]), "pilot_lives": len(RATES) * len(PILOTS)}
            lives = [_live(config, _founders(config, seed, [rate]), seed) for seed in comparison.seeds]
        rows.append({"rule": name, **_summarise(lives), **chosen})
    say("timing")
    seconds = _time(comparison, repeats)
    return [{**row, "cost": seconds[row["rule"]] / seconds[REFERENCE]} for row in rows]


def _founders(config: Config, seed: int, rates: Sequence[float]) -> Population:
    """Return one and the same network with every rate."""
    species = build_species(config)
    genomes = [replace(species.genome, gain_mean=rate) for rate in rates]
    return Population.join(draw_founders(replace(species, genome=genome), seed, 1) for genome in genomes)


def _live(config: Config, genes: Population, seed: int) -> Evaluation:
    # all begin with the same weights, and live through the same samples
    single = config.backend.model_copy(update={"name": "local", "workers": 1})
    with Evaluator(config.seeded(seed).model_copy(update={"backend": single})) as evaluate:
        return evaluate(genes, individuals=np.zeros(genes.size, np.int64))


def _choose_rate(config: Config) -> float:
    pilots = [_live(config, _founders(config, seed, RATES), seed) for seed in PILOTS]
    scores = np.mean([np.where(lived.status == Status.OK, lived.accuracy, 0) for lived in pilots], axis=0)
    return RATES[int(scores.argmax())]


def _evolve(config: Config) -> Population:
    with TemporaryDirectory(prefix="hetevo-rules-") as folder:
        run = Path(folder) / "run"
        Experiment(config.seeded(PILOTS[0])).run(run, notice=lambda notice: None)
        return read_individual(run).genes


def _count_lives(config: Config) -> int:
    return config.evolution.size * (config.evolution.generations + 1) * config.lifetime.tasks


def _summarise(lives: Sequence[Evaluation]) -> dict[str, Any]:
    levels = [
        column for column in lives[0].observed if column.startswith("alignment_level_") and column.endswith("_end")
    ]
    angles = {column: angle(np.array([lived.observed[column][0] for lived in lives])) for column in levels}
    return {
        "accuracy": [float(lived.accuracy[0]) for lived in lives],
        "loss": [float(lived.loss[0]) for lived in lives],
        "angles": [[float(one) if np.isfinite(one) else None for one in angles[column]] for column in levels],
        "diverged": sum(int(lived.status[0] != Status.OK) for lived in lives),
    }


def _time(comparison: Comparison, repeats: int) -> dict[str, float]:
    """Return seconds of processor time that a presentation takes under each rule, all in alternation."""
    blocks = {name: _short_block(config) for name, config in comparison.configs.items()}
    seconds = dict.fromkeys(blocks, math.inf)
    with one_thread():
        for _ in range(repeats):
            for name, block in blocks.items():
                begin = time.process_time()
                circuit_of(block.species).live(block, None, ())
                seconds[name] = min(seconds[name], time.process_time() - begin)
    return seconds


def _short_block(config: Config) -> Block:
    species = build_species(config)
    # what is learned takes no part in it, and a table would have to be opened
    life = replace(species.lifetime, presentations=COST_PRESENTATIONS, test_samples=1, tasks=1)
    task, environment = Linear(species.layout.inputs, species.layout.outputs), replace(species.environment, noise=0)
    species = replace(species, lifetime=life, task=task, environment=environment)
    genes = draw_founders(species, PILOTS[0], COST_NETWORKS)
    return Block(species, genes, np.arange(COST_NETWORKS), experience(species, PILOTS[0], 0), PILOTS[0], 0)
