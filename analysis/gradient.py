"""The reference gradient: what no circuit knows, and the only place where it is computed.

An adjoint pass through the frozen circuit: with ``e = target - y`` at the outputs (minus the derivative of half the
squared error), a hidden neuron's true negative gradient is ``g_i = f'(p_i) * sum_k W_ki g_k`` over everything above it.
It is the full gradient through every path to the output, not the one-step-local one. In circuits with loops it
is the adjoint of their settling, step by step.
"""

import numpy as np

from hetevo.populations.circuits.layer import LayerSnapshot
from hetevo.populations.kernel.snapshot import Snapshot
from hetevo.populations.layout import Layout
from hetevo.populations.sparse.circuit import Correlation
from hetevo.populations.sparse.life import SparseSnapshot
from hetevo.populations.species import Species
from hetevo.populations.types import Floats


def potential_gradient(species: Species, weights: Floats, activity: Floats, error: Floats) -> Floats:
    """Compute the negative gradient of the loss at every neuron's potential.

    Parameters
    ----------
    species : Species
        Names sizes and activation function. Its `derivative` switch is ignored: the true gradient has ``f'`` always.
    weights : ndarray of float, shape (N, H + O, I + H)
        Ascending weights ``W``.
    activity : ndarray of float, shape (N, I + H + O, S)
        Activities ``x`` of all units on S samples.
    error : ndarray of float, shape (N, O, S)
        ``target - y``, not clipped.

    Returns
    -------
    ndarray of float, shape (N, H + O, S)
        ``-d loss_s / d p_i`` for each sample's loss ``sum_o e_o^2 / 2``.
    """
    layout = species.layout
    gradient = np.empty((len(weights), layout.neurons, activity.shape[2]), weights.dtype)
    # the error at the outputs, then level by level from above: what arrives, times the slope
    gradient[:, layout.hidden :] = error
    for rows in reversed(layout.level_slices):
        columns = slice(layout.input_units + rows.start, layout.input_units + rows.stop)
        upward = weights[:, rows.stop :, columns].swapaxes(1, 2)
        own = gradient[:, rows]
        np.matmul(upward, gradient[:, rows.stop :], out=own)
        slope = np.empty_like(own)
        species.transfer.slope(activity[:, columns], slope)
        own *= slope
    return gradient


def weight_gradient(layout: Layout, potential: Floats, activity: Floats) -> Floats:
    """Compute the negative gradient of the mean loss at the ascending weights, as if every synapse were present.

    Parameters
    ----------
    layout : Layout
        Sizes.
    potential : ndarray of float, shape (N, H + O, S)
        From `potential_gradient`.
    activity : ndarray of float, shape (N, I + H + O, S)
        Activities ``x``.

    Returns
    -------
    ndarray of float, shape (N, H + O, I + H)
        ``<g_i x_j>``, mean over samples. Mask it with the wiring to get the gradient at existing synapses.
    """
    senders = activity[:, : layout.units].swapaxes(1, 2)
    return np.asarray(np.matmul(potential, senders) / activity.shape[2])


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
    # forward in time: the states of all steps, from silence
    states = [np.zeros((len(weights), hidden, samples), weights.dtype)]
    for _ in range(species.settle):
        own = weights[:, :hidden] @ np.concatenate([inputs, states[-1]], axis=1)
        transfer.apply(own, own)
        states.append(own)
    # outputs read the last state
    potential = np.zeros((len(weights), layout.neurons, samples), weights.dtype)
    potential[:, hidden:] = error
    gradient = np.zeros_like(weights)

    def senders(state: Floats) -> Floats:
        return np.concatenate([inputs, state], axis=1).swapaxes(1, 2)

    gradient[:, hidden:] = error @ senders(states[-1])
    # backward in time: each step passes what arrives on to the state before it
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


def layer_gradient(snapshot: LayerSnapshot) -> Floats:
    """Compute the negative gradient of the mean loss at the weights of single layers with logistic outputs.

    With ``o = 1 / (1 + exp(-w . a))`` and half the squared error as loss it is ``<(t - o) o (1 - o) a>``.

    Parameters
    ----------
    snapshot : LayerSnapshot
        N layers on S samples.

    Returns
    -------
    ndarray of float64, shape (N, O, I)
        Mean over samples.
    """
    outputs = snapshot.outputs
    potential = (snapshot.targets - outputs) * outputs * (1 - outputs)
    return np.asarray(np.matmul(potential, snapshot.inputs.swapaxes(1, 2)) / outputs.shape[2])


def snapshot_gradients(snapshot: Snapshot) -> tuple[Floats, Floats]:
    """Return the potential and weight gradients of a lifetime snapshot, shapes as above."""
    species = snapshot.species
    if species.family.recurrent:
        inputs = snapshot.activity[:, : species.layout.input_units]
        return unrolled_gradient(species, snapshot.weights.ascending, inputs, snapshot.error)
    potential = potential_gradient(snapshot.species, snapshot.weights.ascending, snapshot.activity, snapshot.error)
    return potential, weight_gradient(snapshot.species.layout, potential, snapshot.activity)


def sparse_gradients(snapshot: SparseSnapshot) -> tuple[Floats, Floats]:
    """Return the same of circuits whose wirings are lists of synapses, at the E synapses that exist.

    Here ``W`` is transposed, which no circuit does.

    Returns
    -------
    potential : ndarray of float, shape (N, H + O, S)
        As of `potential_gradient`, or of `unrolled_gradient`.
    weight : ndarray of float, shape (N, E)
        ``-d loss / d W_ij``, mean over samples.
    """
    through = _unrolled_sparse if snapshot.species.family.recurrent else _level_by_level
    found = [through(snapshot, life) for life in range(len(snapshot.error))]
    potential, weight = (np.stack(part) for part in zip(*found, strict=True))
    return potential, weight


def _level_by_level(snapshot: SparseSnapshot, life: int) -> tuple[Floats, Floats]:
    """As `potential_gradient` and `weight_gradient`, for one life."""
    species, layout, activity = snapshot.species, snapshot.species.layout, snapshot.activity[life]
    everything = slice(0, layout.neurons)
    transposed = snapshot.ascending.matrix(snapshot.weights.ascending[life], everything).T.tocsr()
    gradient = np.zeros((layout.neurons, activity.shape[1]), activity.dtype)
    gradient[layout.hidden :] = snapshot.error[life]
    for rows in reversed(layout.level_slices):
        units = slice(layout.input_units + rows.start, layout.input_units + rows.stop)
        slope = np.empty_like(activity[units])
        species.transfer.slope(activity[units], slope)
        gradient[rows] = slope * (transposed[units] @ gradient)
    weight = Correlation(snapshot.ascending, gradient, activity[: layout.units]).whole() / activity.shape[1]
    return gradient, weight


def _unrolled_sparse(snapshot: SparseSnapshot, life: int) -> tuple[Floats, Floats]:
    """As `unrolled_gradient`, for one life."""
    species, layout, hidden = snapshot.species, snapshot.species.layout, snapshot.species.layout.hidden
    weights, error = snapshot.weights.ascending[life], snapshot.error[life]
    inputs, samples = snapshot.activity[life, : layout.input_units], error.shape[1]
    inner = snapshot.ascending.matrix(weights, slice(0, hidden))
    backward = snapshot.ascending.matrix(weights, slice(0, layout.neurons)).T.tocsr()[layout.input_units :]
    # forward in time: the states of all steps, from silence
    states = [np.zeros((hidden, samples), weights.dtype)]
    for _ in range(species.settle):
        own = inner @ np.concatenate([inputs, states[-1]])
        species.transfer.apply(own, own)
        states.append(own)
    # outputs read the last state; then backward in time
    total = np.zeros((layout.neurons, samples), weights.dtype)
    total[hidden:] = error
    weight = Correlation(snapshot.ascending, total, np.concatenate([inputs, states[-1]])).whole()
    arriving = (backward @ total)[:hidden]
    for step in range(species.settle, 0, -1):
        slope = np.empty_like(states[step])
        species.transfer.slope(states[step], slope)
        signal = np.zeros_like(total)
        signal[:hidden] = arriving * slope
        total[:hidden] += signal[:hidden]
        weight += Correlation(snapshot.ascending, signal, np.concatenate([inputs, states[step - 1]])).whole()
        arriving = backward @ signal
    return total, weight / samples
