"""The slow, obvious twin: one network, one sample at a time, float64, sharing no code with the fast path.

Written from the equations alone: loops over neurons and synapses, no matrices, no batching.
"""

import math

import numpy as np

FUNCTIONS = {
    "tanh": (math.tanh, lambda p: 1 - math.tanh(p) ** 2),
    "relu": (lambda p: max(p, 0.0), lambda p: float(p > 0)),
    "softplus": (lambda p: math.log1p(math.exp(-abs(p))) + max(p, 0), lambda p: 1 / (1 + math.exp(-p))),
    "linear": (lambda p: p, lambda p: 1.0),
}


class Twin:
    """One network with dictionaries of synapses."""

    def __init__(self, inputs, hidden, outputs, weights, feedback, activation="tanh", derivative=True, settle=0):
        self.inputs, self.hidden, self.outputs = inputs, hidden, outputs
        self.f, self.slope = FUNCTIONS[activation]
        self.derivative = derivative
        self.settle = settle
        self.traces = {}
        self.W = {tuple(map(int, key)): float(weights[tuple(key)]) for key in np.argwhere(weights != 0)}
        self.V = {tuple(map(int, key)): float(feedback[tuple(key)]) for key in np.argwhere(feedback != 0)}

    def sweep(self, sample, target, clip=math.inf):
        """Return x of all units and outputs, p and q of all neurons."""
        if self.settle:
            return self.settled(sample, target, clip)
        x = [float(value) for value in sample] + [0.0] * (self.hidden + self.outputs)
        p = [0.0] * (self.hidden + self.outputs)
        for i in range(self.hidden + self.outputs):
            p[i] = sum(w * x[j] for (row, j), w in self.W.items() if row == i)
            x[self.inputs + i] = self.f(p[i]) if i < self.hidden else p[i]
        q = [0.0] * (self.hidden + self.outputs)
        for o in range(self.outputs):
            error = float(target[o]) - p[self.hidden + o]
            q[self.hidden + o] = max(-clip, min(clip, error))
        for i in reversed(range(self.hidden)):
            q[i] = sum(v * q[k] for (row, k), v in self.V.items() if row == i)
            if self.derivative:
                q[i] *= self.slope(p[i])
        return x, p, q

    def settled(self, sample, target, clip):
        """Like `sweep`, where synapses may form loops: everything steps on together."""
        n, hidden = self.hidden + self.outputs, self.hidden
        x, p = [float(value) for value in sample] + [0.0] * n, [0.0] * n
        for _ in range(self.settle):
            p = [sum(w * x[j] for (row, j), w in self.W.items() if row == i) for i in range(n)]
            x = x[: self.inputs] + [self.f(p[i]) for i in range(hidden)] + [0.0] * self.outputs
        for o in range(hidden, n):
            p[o] = x[self.inputs + o] = sum(w * x[j] for (row, j), w in self.W.items() if row == o)
        errors = [max(-clip, min(clip, float(target[o]) - p[hidden + o])) for o in range(self.outputs)]
        q = [0.0] * hidden + errors
        for _ in range(self.settle):
            arriving = [sum(v * q[k] for (row, k), v in self.V.items() if row == i) for i in range(hidden)]
            q = [a * (self.slope(p[i]) if self.derivative else 1) for i, a in enumerate(arriving)] + errors
        return x, p, q

    def present(self, samples, targets, gains, terms, decays, clip=3.0, *, shuffled=False, momentum=0, signs=False):
        """One presentation: gains (gA, gB), homosynaptic terms {(pathway, name): coefficients}, decays."""
        swept = [self.sweep(s, t, clip) for s, t in zip(samples, targets, strict=True)]
        n = len(swept)
        hidden = self.hidden
        if signs:
            swept = [(x, p, [float(int(v > 0) - int(v < 0)) for v in q[:hidden]] + q[hidden:]) for x, p, q in swept]
        if shuffled:
            before = [swept[s - 1][2] for s in range(n)]
            swept = [(x, p, before[s][:hidden] + q[hidden:]) for s, (x, p, q) in enumerate(swept)]

        def mean(function):
            return sum(function(x, q) for x, _, q in swept) / n

        first = self.inputs
        new_w, new_v = {}, {}
        for (i, j), w in self.W.items():
            change = gains[0][i] * mean(lambda x, q: q[i] * x[j])
            change += terms.get(("ascending", "hebbian"), 0 * gains[0])[i] * mean(lambda x, q: x[first + i] * x[j])
            change += terms.get(("ascending", "presynaptic"), 0 * gains[0])[i] * mean(lambda x, q: x[j])
            change += terms.get(("ascending", "postsynaptic"), 0 * gains[0])[i] * mean(lambda x, q: x[first + i])
            oja = terms.get(("ascending", "oja"), 0 * gains[0])[i] * mean(lambda x, q: x[first + i] ** 2)
            change = self.traces["W", i, j] = change + momentum * self.traces.get(("W", i, j), 0)
            new_w[i, j] = w * (1 - decays[0]) * (1 - oja) + change
        for (i, k), v in self.V.items():
            change = gains[1][i] * mean(lambda x, q: x[first + i] * q[k])
            change += terms.get(("descending", "hebbian"), 0 * gains[1])[i] * mean(lambda x, q: q[i] * q[k])
            change += terms.get(("descending", "presynaptic"), 0 * gains[1])[i] * mean(lambda x, q: q[k])
            change += terms.get(("descending", "postsynaptic"), 0 * gains[1])[i] * mean(lambda x, q: q[i])
            oja = terms.get(("descending", "oja"), 0 * gains[1])[i] * mean(lambda x, q: q[i] ** 2)
            change = self.traces["V", i, k] = change + momentum * self.traces.get(("V", i, k), 0)
            new_v[i, k] = v * (1 - decays[1]) * (1 - oja) + change
        self.W, self.V = new_w, new_v

    def clip_weights(self, bound):
        for table in (self.W, self.V):
            for key, value in table.items():
                table[key] = max(-bound, min(bound, value))
