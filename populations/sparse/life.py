"""The lives of one individual whose wirings are lists of synapses: presentations from birth to test."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import DTypeLike

from hetevo.populations.experience import Experience, Samples
from hetevo.populations.genome import Population
from hetevo.populations.kernel.plasticity import effective_gains
from hetevo.populations.sparse.birth import SynapseWeights, Wiring
from hetevo.populations.sparse.circuit import SparseCircuit
from hetevo.populations.species import Species, Stage
from hetevo.populations.synapses import Structure
from hetevo.populations.types import Floats, Mask


@dataclass(frozen=True)
class SparseSnapshot:
    """What a probe may look at: the ``N`` lives of one individual at one moment, on the probe batch of ``S`` samples.

    What belongs to a synapse has E entries, one for each that exists, in the order of ``ascending`` or ``descending``;
    see `hetevo.populations.kernel.life.Snapshot` for the rest. All arrays are the probe's own.

    Parameters
    ----------
    stage : str
        See `Stage`.
    species : Species
        What the circuits have in common.
    ascending, descending : Structure
        The synapses of both pathways, the same in all lives.
    weights : SynapseWeights
        ``W`` and ``V``, shape (N, E) each.
    gains_ascending : ndarray of float, shape (N, H + O)
        ``gA``, with the sign that the rule gives it.
    activity : ndarray of float, shape (N, I + H + O, S)
        ``x``.
    signal : ndarray of float, shape (N, H + O, S)
        ``q``.
    error : ndarray of float, shape (N, O, S)
        ``target - y``, not clipped.
    update : ndarray of float, shape (N, E)
        The ascending weight change that this batch would cause, without decay.
    feedback_update : ndarray of float, shape (N, E)
        The descending one.
    carried : ndarray of float, shape (N, E), or None
        What momentum would add to the update; None without momentum.
    genes : Population
        The genome, N times.
    """

    stage: Stage
    species: Species
    ascending: Structure
    descending: Structure
    weights: SynapseWeights
    gains_ascending: Floats
    activity: Floats
    signal: Floats
    error: Floats
    update: Floats
    feedback_update: Floats
    carried: Floats | None
    genes: Population


SparseObserver = Callable[[SparseSnapshot], None]


def live_sparse(
    species: Species,
    genes: Population,
    wiring: Wiring,
    innate: SynapseWeights,
    experience: Experience,
    *,
    observer: SparseObserver | None = None,
    moments: Sequence[int] = (),
    dtype: DTypeLike = np.float32,
) -> tuple[list[SparseCircuit], Mask]:
    """Let an individual live through every task, as `hetevo.populations.kernel.life.live_block` does.

    Parameters
    ----------
    species : Species
        What it has in common with others.
    genes : Population
        Its genome, alone.
    wiring : Wiring
        Its synapses.
    innate : SynapseWeights
        Weights at birth.
    experience : Experience
        K tasks.
    observer, moments
        As for `hetevo.populations.kernel.life.live_block`.
    dtype : dtype, optional
        Precision; float64 is for tests.

    Returns
    -------
    list of SparseCircuit
        K circuits at the end of their lives, task by task.
    diverged : ndarray of bool, shape (K,)
        Lives in which a weight became infinite or undefined.
    """
    life, training, stages = species.lifetime, experience.training, species.stages(moments)
    circuits = [SparseCircuit(species, genes, wiring, innate, dtype) for _ in training.inputs]
    # a diverging life overflows on purpose until it is stopped: that is counted, not warned about
    with np.errstate(all="ignore"):
        # one turn more than there are presentations: snapshots of the end are taken before it
        for t in range(life.presentations + 1):
            probe = experience.probe_at(t)
            if observer is not None and probe is not None:
                for stage in stages.get(t, ()):
                    observer(_snapshot(stage, circuits, genes, probe))
            if t == life.presentations:
                break
            last = (t + 1) % life.clip_every == 0 or t + 1 == life.presentations
            for circuit, inputs, targets in zip(circuits, training.inputs[:, t], training.targets[:, t], strict=True):
                # the presentation itself
                circuit.forward(inputs)
                circuit.backward(targets.astype(dtype) - circuit.y)
                circuit.update()
                if last:
                    circuit.bound(life.weight_clip)
    return circuits, np.array([circuit.broken for circuit in circuits])


def _snapshot(stage: Stage, circuits: list[SparseCircuit], genes: Population, probe: Samples) -> SparseSnapshot:
    species, errors = circuits[0].species, []
    # the life's own signals are those of a presentation, and made anew in the next one
    for circuit, inputs, targets in zip(circuits, probe.inputs, probe.targets, strict=True):
        circuit.forward(inputs)
        # probes see the error as it is, neurons the clipped one
        errors.append(targets.astype(circuit.dtype) - circuit.y)
        circuit.backward(errors[-1])
    carried = [own for circuit in circuits if (own := circuit.carried()) is not None]
    repeated = genes.take(np.zeros(len(circuits), np.int64))
    return SparseSnapshot(
        stage=stage,
        species=species,
        ascending=circuits[0].wiring.ascending,
        descending=circuits[0].wiring.descending,
        weights=SynapseWeights(
            np.stack([circuit.weights["ascending"] for circuit in circuits]),
            np.stack([circuit.weights["descending"] for circuit in circuits]),
        ),
        gains_ascending=effective_gains(species, repeated.gains_ascending),
        activity=np.stack([np.concatenate([circuit.x, circuit.y]) for circuit in circuits]),
        signal=np.stack([circuit.q for circuit in circuits]),
        error=np.stack(errors),
        update=np.stack([circuit.drive("ascending") for circuit in circuits]),
        feedback_update=np.stack([circuit.drive("descending") for circuit in circuits]),
        carried=np.stack(carried) if carried else None,
        genes=repeated,
    )
