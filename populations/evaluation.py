"""Fitness of a population: lives in blocks, then a test; and why some individuals have none."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Protocol

import numpy as np

from hetevo.populations.circuits import Block, LayerSnapshot, Outcome, Snapshot, block_size, circuit_of
from hetevo.populations.errors import SettingError
from hetevo.populations.experience import Experience, experience
from hetevo.populations.genome import Population
from hetevo.populations.isolation import isolated, one_thread
from hetevo.populations.kernel.perturbation import Perturbation
from hetevo.populations.sparse.life import SparseSnapshot
from hetevo.populations.species import Species
from hetevo.populations.types import Floats, Indices, Mask

MEASURED = re.compile(r"alignment|heldout|_(birth|mid|end|elite|share)$|_level_|^life_|^(hs|dc|angle|phi|hebbian)$")
"""What columns of measures, and measures, are called: whoever selects or stops may not name them."""


class Status(IntEnum):
    """What became of an individual. The numbers stand in records: append, never renumber."""

    OK = 0
    DIVERGED = 1
    FAILED = 2


@dataclass(frozen=True)
class Failure:
    """Why an individual could not be evaluated.

    Parameters
    ----------
    individual : int
        Its position in the whole population.
    reason : str
        One line.
    traceback : str, optional
        Where it was raised; empty if the process died without a word.
    """

    individual: int
    reason: str
    traceback: str = ""


@dataclass(frozen=True)
class Evaluation:
    """What became of P individuals.

    Parameters
    ----------
    loss : ndarray of float64, shape (P,)
        Test loss, mean over the tasks, capped: mean squared error over the mean square of the target; of layers with
        inherited rules the mean absolute error over that of a silent layer. Never NaN. Fitness is minus this.
    status : ndarray of int64, shape (P,)
        `Status` values.
    accuracy : ndarray of float64, shape (P,)
        Share of test samples classified correctly; NaN unless the task is a classification.
    observed : dict of str to ndarray of float64, shape (P,)
        What the probe measured, mean over the tasks in which it was defined; NaN where it never was.
    failures : tuple of Failure
        One for each individual whose status is FAILED, in order.
    cases : ndarray of float64, shape (P, T), or None
        The loss in each of the T tasks, capped; ``loss`` is their mean. None: nobody kept them.
    change : ndarray of float64, shape (P,), or None
        How much weights changed in a life: the mean over plastic synapses of the distance between end and birth, mean
        over the tasks; NaN where it is unknown. None: nobody asked.
    injured : ndarray of float64, shape (P,), or None
        The loss in second lives, of the same tasks, that an injury befell; NaN: unknown. None: nobody lived twice.
    objectives : mapping of str to ndarray of float64, shape (P,)
        What selection looks at besides the loss, by name (`hetevo.evolve.objectives`); empty as it comes from workers.
    """

    loss: Floats
    status: Indices
    accuracy: Floats
    observed: dict[str, Floats]
    failures: tuple[Failure, ...] = ()
    cases: Floats | None = None
    change: Floats | None = None
    injured: Floats | None = None
    objectives: Mapping[str, Floats] = field(default_factory=dict)

    @staticmethod
    def failed(failure: Failure, loss: float, tasks: int = 1) -> "Evaluation":
        """Return the evaluation of one individual that could not be evaluated; ``loss`` is the worst there is."""
        status, unknown = np.array([Status.FAILED], np.int64), np.array([np.nan])
        return Evaluation(np.array([loss]), status, unknown, {}, (failure,), np.full((1, tasks), loss))

    def take(self, chosen: Indices) -> "Evaluation":
        """Return the individuals at some positions, all of them in another order."""
        return Evaluation(
            self.loss[chosen],
            self.status[chosen],
            self.accuracy[chosen],
            {name: values[chosen] for name, values in self.observed.items()},
            self.failures,
            None if self.cases is None else self.cases[chosen],
            None if self.change is None else self.change[chosen],
            None if self.injured is None else self.injured[chosen],
            {name: values[chosen] for name, values in self.objectives.items()},
        )

    @staticmethod
    def join(parts: Sequence["Evaluation"]) -> "Evaluation":
        """Concatenate evaluations of consecutive individuals, as workers send them."""
        names = max((part.observed for part in parts), key=len)  # an individual that failed was not observed
        cases = [part.cases for part in parts if part.cases is not None]
        return Evaluation(
            np.concatenate([part.loss for part in parts]),
            np.concatenate([part.status for part in parts]),
            np.concatenate([part.accuracy for part in parts]),
            {name: np.concatenate([_column(part, name) for part in parts]) for name in names},
            tuple(failure for part in parts for failure in part.failures),
            np.concatenate(cases) if len(cases) == len(parts) else None,
            _concatenate([part.change for part in parts], parts),
            _concatenate([part.injured for part in parts], parts),
        )


GOLDEN, ROOT = (5**0.5 - 1) / 2, 2**0.5 - 1
"""What `sample` adds from one place, and from one generation, to the next."""


def _column(part: Evaluation, name: str) -> Floats:
    return part.observed[name] if part.observed else np.full(part.loss.size, np.nan)


def _concatenate(values: Sequence[Floats | None], parts: Sequence[Evaluation]) -> Floats | None:
    """Join what was asked of all individuals; NaN of one that failed, of whom nobody knows it."""
    known = [np.full(p.loss.size, np.nan) if v is None else v for v, p in zip(values, parts, strict=True)]
    return None if all(value is None for value in values) else np.concatenate(known)


class Probe(Protocol):
    """A measure taken on lifetime snapshots; what it returns is recorded and never reaches fitness."""

    def measure(self, snapshot: Snapshot | SparseSnapshot | LayerSnapshot) -> dict[str, Floats]:
        """Return named measures, each of shape (N,), NaN where undefined."""
        ...


def sample(individuals: Indices, share: float, generation: int) -> Mask:
    """Choose a share of the individuals of a generation, by their places alone, so that everybody chooses the same.

    Multiples of the golden ratio, modulo 1, lie evenly on the unit interval however many there are: a place is chosen
    where that is below the share. From one generation to the next all of them move on. A smaller share is a part of a
    larger one.

    Parameters
    ----------
    individuals : ndarray of int, shape (P,)
        Positions in the whole population.
    share : float
        What share of them, 0 to 1; of n consecutive ones at least one if ``n * share`` is 3 or more.
    generation : int
        Counted from 0.

    Returns
    -------
    ndarray of bool, shape (P,)
        Who is chosen.

    Examples
    --------
    >>> sample(np.arange(8), 0.25, 0).tolist()
    [True, False, True, False, False, True, False, False]
    """
    return np.asarray((individuals * GOLDEN + generation * ROOT) % 1 < share)


@isolated
def evaluate(
    species: Species,
    population: Population,
    individuals: Indices,
    *,
    seed: int,
    generation: int,
    block: int = 0,
    probe: Probe | None = None,
    probe_samples: int = 128,
    moments: tuple[int, ...] = (),
    probe_share: float = 1.0,
    lived: Experience | None = None,
    changes: bool = False,
    injury: Perturbation | None = None,
) -> Evaluation:
    """Let individuals live, and measure how well they learned.

    Parameters
    ----------
    species : Species
        What the individuals have in common.
    population : Population
        P genomes.
    individuals : ndarray of int, shape (P,)
        Their positions in the whole population, which address their random streams.
    seed, generation : int
        Where the experiment stands; the worker draws tasks, samples and innate weights from these.
    block : int, optional
        Individuals that live side by side; 0 chooses from sizes and cache. It never changes a bit of the result.
    probe : Probe, optional
        Measures to take at birth, mid-life and end of life.
    probe_samples : int, optional
        Size of the probe batch.
    moments : tuple of int, optional
        Further moments of life at which to measure, in percent.
    probe_share : float, optional
        Share of the individuals whose lives are measured, above 0 to 1: see `sample`.
    lived : Experience, optional
        What `hetevo.populations.experience.experience` draws for this species, seed and generation, and for a probe, if
        it was drawn before; by default it is drawn.
    changes : bool, optional
        Whether to tell how much weights changed in a life.
    injury : Perturbation, optional
        What befalls second lives of the same individuals, in the same tasks, whose loss is told besides.

    Returns
    -------
    Evaluation
        In the order of ``individuals``; what was measured is NaN for those who were not.
    """
    observed = probe_samples if probe is not None else 0
    step = block or block_size(species)
    # sums of several threads would depend on how many there are
    with one_thread():
        known = lived or experience(species, seed, generation, observed)

        hurt = replace(species, perturbations=(injury, *species.perturbations)) if injury else None

        # block by block; each individual keeps the place that its random streams are named by
        def live(rows: slice | Indices, probe: Probe | None) -> Evaluation:
            lives = Block(species, population.take(rows), individuals[rows], known, seed, generation, changes)
            found = _evaluate_block(lives, probe, moments)
            if hurt is None:
                return found
            again = replace(lives, species=hurt, changes=False)
            return replace(found, injured=_evaluate_block(again, None, ()).loss)

        if probe is None or probe_share >= 1:
            slices = (slice(start, start + step) for start in range(0, population.size, step))
            return Evaluation.join([live(rows, probe) for rows in slices])
        # those who are measured live in blocks of their own: nobody's life depends on the block
        chosen = sample(individuals, probe_share, generation)
        groups = [(np.flatnonzero(chosen), probe), (np.flatnonzero(~chosen), None)]
        blocks = [(who[start : start + step], probe) for who, probe in groups for start in range(0, len(who), step)]
        return Evaluation.join([live(*block) for block in blocks]).take(
            np.argsort(np.concatenate([who for who, _ in blocks]))
        )


def _evaluate_block(block: Block, probe: Probe | None, moments: tuple[int, ...]) -> Evaluation:
    tasks, cap = block.species.lifetime.tasks, block.species.lifetime.loss_cap
    columns: dict[str, list[Floats]] = {}

    # one value an individual: the mean over its tasks
    def observe(snapshot: Snapshot | SparseSnapshot | LayerSnapshot) -> None:
        assert probe is not None
        for name, values in probe.measure(snapshot).items():
            columns.setdefault(f"{name}_{snapshot.stage}", []).append(_mean_defined(values.reshape(-1, tasks)))

    # live, then cap: what diverged counts as the worst there is
    outcome = circuit_of(block.species).live(block, observe if probe is not None else None, moments)
    loss = np.where(outcome.diverged, cap, np.minimum(outcome.loss, cap))
    cases = loss.reshape(-1, tasks)
    diverged = outcome.diverged.reshape(-1, tasks).any(axis=1)
    return Evaluation(
        # fitness is the mean over tasks, and one life that diverged marks the individual
        cases.mean(axis=1),
        np.where(diverged, Status.DIVERGED, Status.OK).astype(np.int64),
        outcome.accuracy.reshape(-1, tasks).mean(axis=1),
        {name: np.concatenate(parts) for name, parts in columns.items()},
        cases=cases,
        change=_mean_change(outcome, block.species) if block.changes else None,
    )


def _mean_change(outcome: Outcome, species: Species) -> Floats:
    """Mean over tasks of how much weights changed; a life that diverged went from one bound to the other."""
    if outcome.change is None:
        raise SettingError(f"Circuits of the kind {species.circuit!r} do not tell how much their weights change.")
    known = ~outcome.diverged & np.isfinite(outcome.change)
    change = np.where(known, outcome.change, 2 * species.lifetime.weight_clip)
    return np.asarray(change.reshape(-1, species.lifetime.tasks).mean(axis=1))


def _mean_defined(values: Floats) -> Floats:
    """Mean over axis 1 of what is defined; NaN where nothing is."""
    defined = np.isfinite(values)
    count = defined.sum(axis=1)
    total = np.where(defined, values, 0).sum(axis=1, dtype=np.float64)
    # nothing is divided by 0, which would warn
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
