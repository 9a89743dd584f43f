"""An activation: the arcus tangens, and its derivative as a function of the activity."""

import numpy as np

from hetevo.populations.activations import Activation


def _apply(potential, out):
    np.arctan(potential, out=out)


def _slope(activity, out):
    np.cos(activity, out=out)
    np.square(out, out=out)


ARCTAN = Activation(_apply, _slope)
