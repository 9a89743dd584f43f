"""The reference gradient of circuits with loops: the adjoint of their settling, unrolled step by step."""

import numpy as np

from hetevo.populations.species import Species
from hetevo.populations.types import Floats


def unrolled_gradient(species: Species, weights: Floats, inputs: Floats, error: Floats) -> tuple[Floats, Floats]:
    """Compute the negative gradient of the loss through all steps of settling (backpropagation through time).

    Parameters
    ----------
    species : Species
        With a wiring family that has loops; names sizes, activation function and steps.
    weights : ndarray of float, shape (N, H + O, I + H)
        Ascending weights ``W``.
    inputs : ndarray of float, shape (N, I, S)
        Constant inputs.
    error : ndarray of float, shape (N, O, S)
        ``target - y`` after the last step, not clipped.

    Returns
    -------
    potential : ndarray of float, shape (N, H + O, S)
        ``-d loss_s / d b_i`` for a constant ``b_i`` added to the neuron's potential in every step: the sum over steps.
    weight : ndarray of float, shape (N, H + O, I + H)
        ``-d loss / d W_ij``, mean over samples, as if every synapse were present.
    """
    layout, transfer, hidden = species.layout, species.transfer, species.layout.hidden
    samples = inputs.shape[2]
    states = [np.zeros((len(weights), hidden, samples), weights.dtype)]
    for _ in range(species.settle):
        own = weights[:, :hidden] @ np.concatenate([inputs, states[-1]], axis=1)
        transfer.apply(own, own)
        states.append(own)
    potential = np.zeros((len(weights), layout.neurons, samples), weights.dtype)
    potential[:, hidden:] = error
    gradient = np.zeros_like(weights)

    def senders(state: Floats) -> Floats:
        return np.concatenate([inputs, state], axis=1).swapaxes(1, 2)

    gradient[:, hidden:] = error @ senders(states[-1])
    backward = weights[:, :, layout.input_units :].swapaxes(1, 2)
    arriving = backward[:, :, hidden:] @ error
    for step in range(species.settle, 0, -1):
        slope = np.empty_like(states[step])
        transfer.slope(states[step], slope)
        arriving = arriving * slope
        potential[:, :hidden] += arriving
        gradient[:, :hidden] += arriving @ senders(states[step - 1])
        arriving = backward[:, :, :hidden] @ arriving
    return potential, gradient / samples
