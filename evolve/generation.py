"""One generation's individuals, genes and descent; and what is written down of them."""

import io
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np

from hetevo.populations.circuits import draw_founders
from hetevo.populations.evaluation import Evaluation, Status, sample
from hetevo.populations.genome import Population
from hetevo.populations.species import Species
from hetevo.populations.text import without_places
from hetevo.populations.types import Floats, Indices

TASK, OBJECTIVE = "loss_task_", "objective_"
"""How columns of the losses in single tasks, and of objectives besides the loss, begin; then a number, or a name."""

ELITE_SHARE = 0.1
"""The best tenth by loss, whose alignment is recorded apart."""


class Operator(IntEnum):
    """How an individual came to be. The numbers stand in checkpoints: append, never renumber."""

    FOUNDER = 0
    ELITE = 1
    MUTATION = 2
    CROSSOVER = 3
    SAMPLE = 4


@dataclass(frozen=True)
class Generation:
    """A generation before it lives.

    Parameters
    ----------
    number : int
        Which one, counted from 0.
    population : Population
        P genomes.
    parent_a, parent_b : ndarray of int64, shape (P,)
        Identifiers of the parents; -1 where there is none.
    operator : ndarray of int64, shape (P,)
        `Operator` values.
    island : ndarray of int64, shape (P,)
        Island on which the individual lives; 0 where there is only one.
    places : ndarray of int64, shape (P,), optional
        See `addresses`; by default 0 to P - 1.
    """

    number: int
    population: Population
    parent_a: Indices
    parent_b: Indices
    operator: Indices
    island: Indices
    places: Indices | None = None

    def addresses(self, start: int, stop: int) -> Indices:
        """Return what addresses the random streams of some individuals: their places in the population."""
        # not a part of everybody's, which would stay in memory
        return np.arange(start, stop, dtype=np.int64) if self.places is None else self.places[start:stop]

    @property
    def size(self) -> int:
        """Individuals P."""
        return self.population.size

    @property
    def identifiers(self) -> Indices:
        """Identifier of each individual, unique in a run: generation times population size plus position."""
        return self.number * self.size + np.arange(self.size, dtype=np.int64)


def draw_generation_zero(species: Species, seed: int, size: int, island: Indices | None = None) -> Generation:
    """Draw generation 0.

    Parameters
    ----------
    species : Species
        What the individuals have in common.
    seed : int
        Seed of the experiment.
    size : int
        Individuals P.
    island : ndarray of int64, shape (P,), optional
        Island of each; by default there is only one.
    """
    return begin_with(draw_founders(species, seed, size), island)


def begin_with(
    founders: Population,
    island: Indices | None = None,
    *,
    number: int = 0,
    places: Indices | None = None,
    operator: Operator = Operator.FOUNDER,
) -> Generation:
    """Return a generation of individuals without parents, see `Generation`; by default there is only one island."""
    nobody = np.full(founders.size, -1, np.int64)
    made_by = np.full(founders.size, operator, np.int64)
    island = np.zeros(founders.size, np.int64) if island is None else island
    return Generation(number, founders, nobody, nobody.copy(), made_by, island, places)


_NAMES = np.array([operator.name.lower() for operator in Operator])


def individual_rows(generation: Generation, evaluation: Evaluation, share: float = 1.0) -> dict[str, Any]:
    """Return one row an individual, as columns; of a share of them alone, see `recorded_individuals`."""
    who = recorded_individuals(generation.number, evaluation, share)
    columns = {
        "parent_a": generation.parent_a,
        "parent_b": generation.parent_b,
        "operator": generation.operator,
        "island": generation.island,
        "loss": evaluation.loss,
        "status": evaluation.status,
        "accuracy": evaluation.accuracy,
        **{f"{OBJECTIVE}{name}": values for name, values in evaluation.objectives.items()},
        **_columns_of_tasks(evaluation),
        **evaluation.observed,
    }
    rows: dict[str, Any] = {"generation": np.full(len(who), generation.number, np.int64)}
    rows["id"] = generation.number * generation.size + who
    rows |= columns if len(who) == generation.size else {name: values[who] for name, values in columns.items()}
    return rows | {"operator": _NAMES[rows["operator"]]}


def _columns_of_tasks(evaluation: Evaluation) -> dict[str, Floats]:
    """Return the losses in single tasks; of a single one the loss says it all."""
    cases = evaluation.cases
    if cases is None or cases.shape[1] == 1:
        return {}
    return {f"{TASK}{number}": losses for number, losses in enumerate(cases.T, 1)}


def recorded_individuals(generation: int, evaluation: Evaluation, share: float) -> Indices:
    """Return the positions of those that have rows.

    These are a share of them (`hetevo.populations.evaluation.sample`), who failed, and the champion, who has the lowest
    loss.
    """
    chosen = sample(np.arange(evaluation.loss.size), share, generation) | (evaluation.status == Status.FAILED)
    chosen[np.argmin(evaluation.loss)] = True
    return np.flatnonzero(chosen)


def generation_row(generation: int, evaluation: Evaluation, probe_share: float = 1.0) -> dict[str, Any]:
    """Return the row of a generation, as columns of length 1.

    Means are over defined values, NaN if there are none; ``undefined_share`` is that of the individuals that were
    measured.
    """
    losses = (("best", np.min), ("median", np.median), ("mean", np.mean))
    row: dict[str, Any] = {
        "generation": generation,
        "evaluations": evaluation.loss.size,
        **{f"loss_{name}": float(function(evaluation.loss)) for name, function in losses},
        "failures": int((evaluation.status != Status.OK).sum()),
        "accuracy_best": _reduce(np.max, evaluation.accuracy),
        "accuracy_median": _reduce(np.median, evaluation.accuracy),
    }
    row |= {f"{OBJECTIVE}{name}_median": float(np.median(it)) for name, it in evaluation.objectives.items()}
    # means of what was measured, over individuals in which it is defined
    observed = evaluation.observed
    for name, values in observed.items():
        row[name] = mean_defined(values)
    # the best tenth apart: what selection favours shows there first
    if "alignment_end" in observed:
        best = np.argsort(evaluation.loss, kind="stable")[: max(1, round(ELITE_SHARE * evaluation.loss.size))]
        row["alignment_end_elite"] = mean_defined(observed["alignment_end"][best])
        measured = sample(np.arange(evaluation.loss.size), probe_share, generation)
        row["undefined_share"] = float(np.isnan(observed["alignment_end"][measured]).mean())
    return {name: np.array([value]) for name, value in row.items()}


def failure_rows(generation: Generation, evaluation: Evaluation, seed: int) -> dict[str, Any]:
    """Return one row a failure, as columns, with the genes (an ``.npz`` file's bytes) that it takes to repeat it."""
    failures = evaluation.failures
    who = np.array([failure.individual for failure in failures], np.int64)
    return {
        "generation": np.full(who.size, generation.number, np.int64),
        "individual": who,
        "id": generation.identifiers[who],
        "seed": np.full(who.size, seed, np.int64),
        # places on a person's machine are nobody else's business
        "reason": [without_places(failure.reason) for failure in failures],
        "traceback": [without_places(failure.traceback) for failure in failures],
        # with these it can be repeated on any machine
        "genes": [_pack_genes(generation.population.take(slice(individual, individual + 1))) for individual in who],
    }


def _pack_genes(genes: Population) -> bytes:
    sink = io.BytesIO()
    arrays: dict[str, Any] = genes.plain()
    np.savez(sink, **arrays)
    return sink.getvalue()


def count_parents(generation: Generation) -> int:
    """Count the individuals that have children in a generation; elites, which only live on, are none."""
    children = generation.operator != Operator.ELITE
    parents = np.concatenate([generation.parent_a[children], generation.parent_b[children]])
    return len(np.unique(parents[parents >= 0]))


def mean_defined(values: Floats) -> float:
    """Return the mean over what is defined; NaN if nothing is."""
    return _reduce(np.mean, values)


def _reduce(function: Any, values: Floats) -> float:
    defined = values[np.isfinite(values)]
    return float(function(defined)) if defined.size else float("nan")
