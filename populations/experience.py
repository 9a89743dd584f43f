"""What a generation lives through: the same tasks and samples for every individual."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator

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
    exchange : int or None
        Presentations after which the halves of the inputs change places; None: never.
    probe_later : Samples or None
        The probe batch after that.
    """

    training: Samples
    test: Samples
    probe: Samples | None = None
    exchange: int | None = None
    probe_later: Samples | None = None

    def probe_at(self, presented: int) -> Samples | None:
        """Return the probe batch as it is after so many presentations; at the exchange itself, as it was before."""
        later = self.exchange is not None and presented > self.exchange
        return self.probe_later if later else self.probe


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
    life, layout, environment = species.lifetime, species.layout, species.environment
    # tasks stay the same for as many generations as the environment does
    era = generation - generation % environment.every if environment.every else 0
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
        places = [k + life.tasks * number for number in reversed(range(environment.within))]
        tasks = [species.task.draw(species.random_stream(seed, era, Purpose.TASK, place)) for place in places]
        # as equal as they can be, together the whole life
        ends = np.arange(environment.within + 1) * life.presentations // environment.within
        for task, place, begin, end in zip(tasks, places, ends[:-1], ends[1:], strict=True):
            # batches that stay for a while are fewer
            held = -(-int(end - begin) // life.hold)
            rng = species.random_stream(seed, generation, Purpose.TRAINING, place)
            drawn = _with_noise(species, task.training(rng, held * life.batch), rng)
            inputs, targets = (
                np.repeat(_by_unit(part, held, life.batch), life.hold, axis=0)[: end - begin] for part in drawn
            )
            lived.inputs[k, begin:end, : layout.inputs] = inputs
            lived.targets[k, begin:end] = targets
        # the test asks for the last task that was taught
        task = tasks[-1]
        rng = species.random_stream(seed, generation, Purpose.TEST, k)
        tested = _with_noise(species, task.test(rng, life.test_samples), rng)
        test.append([part.T for part in _with_bias(species, tested)])
        # samples of its own stream, so that looking changes no life
        if probe_samples:
            draw = task.probe if isinstance(task, Probed) else task.training
            rng = species.random_stream(seed, generation, Purpose.PROBE, k)
            probed = _with_noise(species, draw(rng, probe_samples), rng)
            probe.append([part.T for part in _with_bias(species, probed)])
    whole = Experience(lived, _stack(test), _stack(probe) if probe else None)
    return _exchange(species, whole) if environment.exchange < 1 else whole


def _exchange(species: Species, whole: Experience) -> Experience:
    """Let the halves of the inputs change places at their moment of life."""
    moment, count = round(species.environment.exchange * species.lifetime.presentations), species.layout.inputs
    # rounded to the end of life there is none
    if moment == species.lifetime.presentations:
        return whole
    whole.training.inputs[:, moment:] = exchange_halves(whole.training.inputs[:, moment:], count)
    # fitness is that on what was there last
    test, probe = (
        samples and replace(samples, inputs=exchange_halves(samples.inputs, count))
        for samples in (whole.test, whole.probe)
    )
    assert test is not None
    return Experience(whole.training, test, whole.probe, moment, probe)


def exchange_halves(inputs: Floats, count: int) -> Floats:
    """Return inputs (..., units, samples) whose first half has changed places with the second.

    Parameters
    ----------
    inputs : ndarray of float
        The bias, if there is one, comes last and stays.
    count : int
        Inputs without the bias, an even number.

    Examples
    --------
    >>> exchange_halves(np.array([[1.0], [2.0], [3.0], [4.0], [1.0]]), 4).ravel().tolist()
    [3.0, 4.0, 1.0, 2.0, 1.0]
    """
    order = np.arange(inputs.shape[-2])
    order[:count] = np.roll(order[:count], count // 2)
    return np.asarray(inputs[..., order, :])


def _with_noise(species: Species, samples: tuple[Floats, Floats], rng: Generator) -> tuple[Floats, Floats]:
    inputs, targets = samples
    # from the task's own stream, after it: without noise nothing more is drawn
    if noise := species.environment.noise:
        inputs = np.concatenate([inputs, rng.standard_normal((len(inputs), noise))], axis=1)
    return inputs, targets


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
