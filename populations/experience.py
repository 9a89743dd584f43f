"""What a generation lives through: the same tasks and samples for every individual."""

from dataclasses import dataclass

import numpy as np

from hetevo.populations.random_streams import Purpose
from hetevo.populations.species import Species
from hetevo.populations.tasks.task import Probed
from hetevo.populations.types import Floats


@dataclass(frozen=True)
class Samples:
    """Samples of K tasks, units before samples, so that a network's product with them is contiguous.

    Parameters
    ----------
    inputs : ndarray of float32, shape (K, ..., I, S)
        Activity of the input units, the bias included.
    targets : ndarray of float32, shape (K, ..., O, S)
        What the outputs should be.
    """

    inputs: Floats
    targets: Floats


@dataclass(frozen=True)
class Experience:
    """Common random numbers of a generation.

    Parameters
    ----------
    training : Samples
        Arrays (K, T, units, S): one batch for every presentation.
    test : Samples
        Arrays (K, units, n): what fitness is measured on.
    probe : Samples or None
        Arrays (K, units, n): what measures are taken on; no individual's fitness depends on them.
    """

    training: Samples
    test: Samples
    probe: Samples | None = None


def experience(species: Species, seed: int, generation: int, probe_samples: int = 0) -> Experience:
    """Draw the tasks of a generation and all samples of its lifetimes.

    Parameters
    ----------
    species : Species
        Names the task family and the sizes.
    seed, generation : int
        Where the experiment stands.
    probe_samples : int, optional
        Size of the probe batch; 0 for none. It comes from a stream of its own, so that measuring changes nothing.
    """
    life, layout = species.lifetime, species.layout
    # tasks stay the same for as many generations as the environment does
    era = generation - generation % species.environment.every if species.environment.every else 0
    # in single precision from the first, and once in memory: with images, samples are what takes most of it
    lived = Samples(
        np.empty((life.tasks, life.presentations, layout.input_units, life.batch), np.float32),
        np.empty((life.tasks, life.presentations, layout.outputs, life.batch), np.float32),
    )
    # the bias is an input that is always 1
    lived.inputs[:, :, layout.inputs :] = 1
    test, probe = [], []
    for k in range(life.tasks):
        # the last of successive tasks comes first among the streams: it is the task of a life that has only one
        places = [k + life.tasks * number for number in reversed(range(species.environment.within))]
        tasks = [species.task.draw(species.random_stream(seed, era, Purpose.TASK, place)) for place in places]
        # as equal as they can be, together the whole life
        ends = np.arange(species.environment.within + 1) * life.presentations // species.environment.within
        for task, place, begin, end in zip(tasks, places, ends[:-1], ends[1:], strict=True):
            # batches that stay for a while are fewer
            held = -(-int(end - begin) // life.hold)
            drawn = task.training(species.random_stream(seed, generation, Purpose.TRAINING, place), held * life.batch)
            inputs, targets = (
                np.repeat(_by_unit(part, held, life.batch), life.hold, axis=0)[: end - begin] for part in drawn
            )
            lived.inputs[k, begin:end, : layout.inputs] = inputs
            lived.targets[k, begin:end] = targets
        # the test asks for the last task that was taught
        task = tasks[-1]
        tested = task.test(species.random_stream(seed, generation, Purpose.TEST, k), life.test_samples)
        test.append([part.T for part in _with_bias(species, tested)])
        # samples of its own stream, so that looking changes no life
        if probe_samples:
            draw = task.probe if isinstance(task, Probed) else task.training
            probed = draw(species.random_stream(seed, generation, Purpose.PROBE, k), probe_samples)
            probe.append([part.T for part in _with_bias(species, probed)])
    return Experience(lived, _stack(test), _stack(probe) if probe else None)


def _with_bias(species: Species, samples: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    inputs, targets = samples
    # the bias is an input that is always 1
    if species.layout.bias:
        inputs = np.concatenate([inputs, np.ones((len(inputs), 1))], axis=1)
    return inputs, targets


def _by_unit(samples: Floats, presentations: int, batch: int) -> Floats:
    return np.reshape(samples, (presentations, batch, -1)).transpose(0, 2, 1)


def _stack(tasks: list[list[Floats]]) -> Samples:
    inputs, targets = (np.ascontiguousarray(np.stack(part), dtype=np.float32) for part in zip(*tasks, strict=True))
    return Samples(inputs, targets)
