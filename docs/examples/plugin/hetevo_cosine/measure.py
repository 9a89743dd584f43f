"""A measure: how long the update is beside the gradient."""

import numpy as np


def speed(view):
    update, gradient = view.snapshot.update, view.weight_gradient * view.snapshot.mask_ascending
    lengths = [np.sqrt((change.astype(float) ** 2).sum(axis=(1, 2))) for change in (update, gradient)]
    return {"speed": np.where(lengths[1] > 0, lengths[0] / np.where(lengths[1] > 0, lengths[1], 1), np.nan)}
