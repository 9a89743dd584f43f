"""Two-pathway circuits whose rule is more than a sum of terms: they live on the plain model.

That is slower than the kernel, and in double precision. What is there besides presentations (injury, imperfect
hardware) only the kernel knows, so that it is refused here.
"""

from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from dataclasses import replace
from functools import partial

import numpy as np

from hetevo.populations.birth import Weights, draw_innate_weights
from hetevo.populations.circuits.circuit import Block, Outcome
from hetevo.populations.circuits.two_pathway import TwoPathway, measure_change, normalised_loss
from hetevo.populations.dale import outgoing_signs
from hetevo.populations.experience import Samples
from hetevo.populations.genome import Population
from hetevo.populations.kernel.plasticity import effective_gains
from hetevo.populations.kernel.snapshot import Snapshot, count_probed
from hetevo.populations.model import TwoPathwayCircuits, live
from hetevo.populations.random_streams import Purpose
from hetevo.populations.rules import Pathway
from hetevo.populations.species import Species, Stage
from hetevo.populations.types import Floats

PRECISE = 2
"""Numbers in double precision take so many times the memory of the kernel's."""


class Plain(TwoPathway):
    """The circuits of `TwoPathway`, living as `hetevo.populations.model` does; see `Circuit` for its methods."""

    def count_bytes(self, species: Species, networks: int, probed: int) -> int:
        """Count what the kernel would take, in double precision."""
        return PRECISE * super().count_bytes(species, networks, probed)

    def live(self, block: Block, observer: Callable[[Snapshot], None] | None, moments: Sequence[int]) -> Outcome:
        """Draw innate weights, live plainly, and test."""
        species = block.species
        innate = draw_innate_weights(species, block.genes, block.individuals, block.seed, block.generation)
        # nobody looks: then no copies are made
        stages = species.stages(moments) if observer is not None and block.experience.probe is not None else {}

        def observe(presented: int, circuits: TwoPathwayCircuits) -> None:
            probe = block.experience.probe_at(presented)
            for stage in stages.get(presented, ()):
                for snapshot in _snapshots(stage, circuits, block, probe, innate):
                    assert observer is not None
                    observer(snapshot)

        # a diverging life overflows on purpose: that is counted, not warned about
        with np.errstate(all="ignore"):
            noise = block.streams(Purpose.NOISE) if species.rule.is_plain else ()
            circuits = live(species, block.genes, innate, block.experience.training, observe, noise)
            test = block.experience.test
            # the test is one batch, in which nothing is learnt
            circuits.forward(np.tile(test.inputs, (block.genes.size, 1, 1)).astype(np.float64))
            outputs = circuits.y.reshape(block.genes.size, *test.targets.shape)
            loss, accuracy = normalised_loss(species, outputs, test.targets)
            finite = np.isfinite(circuits.W).all(axis=(1, 2)) & np.isfinite(circuits.V).all(axis=(1, 2))
        ended = Weights(circuits.W, circuits.V)
        change = measure_change(species, block.genes, innate, ended) if block.changes else None
        return Outcome(loss, accuracy, ~finite | ~np.isfinite(loss), change)


def _snapshots(
    stage: Stage, circuits: TwoPathwayCircuits, block: Block, probe: Samples | None, innate: Weights
) -> Iterable[Snapshot]:
    """Show circuits as they are now to a probe, a few at a time."""
    tasks = block.species.lifetime.tasks
    assert probe is not None
    # a few at a time, with all tasks of an individual together
    step = max(1, count_probed(block.species, probe.inputs.shape[-1]) // tasks)
    for first in range(0, block.genes.size, step):
        individuals = slice(first, min(first + step, block.genes.size))
        born = Weights(*(weights[individuals].repeat(tasks, axis=0) for weights in innate))
        show = partial(_show, stage, circuits, individuals, probe, born)
        yield replace(show(), with_innate=show, with_ascending=partial(show, None))


def _show(
    stage: Stage,
    circuits: TwoPathwayCircuits,
    individuals: slice,
    probe: Samples,
    innate: Weights,
    pathway: Pathway | None = None,
    ascending: Floats | None = None,
) -> Snapshot:
    """Show the circuits of some individuals, perhaps with one pathway's innate weights, or other ascending ones."""
    tasks = circuits.species.lifetime.tasks
    # a copy: the circuits' own lives go on without what the probe batch would change
    part = _take(circuits, slice(individuals.start * tasks, individuals.stop * tasks))
    if ascending is not None:
        part.W = ascending.astype(np.float64)
    if pathway == "ascending":
        part.W = innate.ascending.astype(np.float64) * part.genes.mask_ascending
    elif pathway == "descending":
        part.V = innate.descending.astype(np.float64) * part.genes.mask_descending
    return _snapshot(stage, part, probe, individuals.stop - individuals.start)


def _snapshot(stage: Stage, circuits: TwoPathwayCircuits, samples: Samples, individuals: int) -> Snapshot:
    """Show the probe batch to circuits, which this changes."""
    genes, weights, species = circuits.genes, Weights(circuits.W, circuits.V), circuits.species
    # what decays is no part of an update
    still = {name: values * 0 if name.startswith("decay_") else values for name, values in genes.items()}
    circuits.genes = Population(still)
    error = _present(circuits, samples, individuals)
    activity = np.concatenate([circuits.x, circuits.y], axis=1)
    species.rule.update(circuits)
    changed = Weights(circuits.W - weights.ascending, circuits.V - weights.descending)
    return Snapshot(
        stage=stage,
        species=species,
        weights=weights,
        gains_ascending=effective_gains(species, genes.gains_ascending),
        mask_ascending=genes.mask_ascending,
        activity=activity,
        signal=circuits.q,
        error=error,
        update=changed.ascending,
        carried=None,
        genes=genes,
        feedback_update=lambda: changed.descending,
    )


def _take(circuits: TwoPathwayCircuits, rows: slice) -> TwoPathwayCircuits:
    """Copy some circuits, with whatever a rule keeps on them."""
    # a rule may keep whatever it likes on its circuits, which then must be copied too
    part = deepcopy({name: value for name, value in vars(circuits).items() if name not in ("species", "genes")})
    networks = len(circuits.W)
    # not by the constructor, which would begin a new life
    taken = object.__new__(TwoPathwayCircuits)
    taken.species, taken.genes = circuits.species, circuits.genes.take(rows)
    for name, value in part.items():
        by_circuit = isinstance(value, np.ndarray) and value.shape[:1] == (networks,)
        setattr(taken, name, value[rows] if by_circuit else value)
    taken.signs = outgoing_signs(taken.species, taken.genes)
    return taken


def _present(circuits: TwoPathwayCircuits, samples: Samples, individuals: int) -> Floats:
    """Let samples rise and their errors descend; return the errors as they are, not clipped."""
    inputs, targets = (
        np.tile(part, (individuals, 1, 1)).astype(np.float64) for part in (samples.inputs, samples.targets)
    )
    circuits.forward(inputs)
    error = targets - circuits.y
    circuits.backward(error)
    return error
