"""Feedback alignment and Kolen-Pollack on the linear teacher-student problem: angles known from the literature.

A 30-20-10 linear network, W uniform in ±.01, V in ±.5, teacher in ±1, rate 1e-3, one new sample a presentation,
100 seeds; the angle between the hidden learning signal and the true gradient at the potentials, on a probe batch.
"""

import numpy as np
import pandas as pd
import pytest

from hetevo.analysis.gradient import potential_gradient
from hetevo.analysis.measures import angle, cosine
from hetevo.populations.birth import Weights
from hetevo.populations.experience import Experience, Samples
from hetevo.populations.genome import Population
from hetevo.populations.kernel.life import live_block
from hetevo.populations.layout import Layout
from hetevo.populations.rules import RULES
from hetevo.populations.settings import Lifetime, Network
from hetevo.populations.species import Species
from hetevo.populations.tasks import Linear

pytestmark = pytest.mark.verification

SEEDS, RATE = 100, 1e-3
EXPECTED_SEEDS = 20
STEPS = (0, 100, 300, 1000, 3000)
EXPECTED = {
    "feedback alignment": ((91.7, 3.7), (36.8, 3.1), (27.3, 2.4), (31.4, 4.4), (28.7, 4.3)),
    "Kolen-Pollack": (None, (34.9, None), (19.9, None), (18.1, None), (18.4, 4.6)),
    "Kolen-Pollack with decay": (None, (34.8, None), (18.5, None), (7.7, 0.8), (1.0, 0.1)),
}
"""Mean and standard deviation over seeds, in degrees, from an independent implementation; None: not given there."""

DEFAULT_SD = 4.0
"""Degrees; for entries of which only the mean is given, the typical deviation of the others."""


PER_SAMPLE, POOLED = "per sample", "pooled"


def measured(rule, decay, steps, seeds=SEEDS):
    """Return angles of each seed after a number of presentations, in degrees, by how they are taken.

    Per sample: between the signals and gradients of all neurons, sample by sample, and then their mean, as the
    independent implementation did. Pooled: of all neurons and samples at once, as alignment is.
    """
    layout = Layout(30, (20,), 10, bias=False)
    lifetime = Lifetime(max(steps, 1), batch=1, tasks=1, signal_clip=1e9, weight_clip=1e9)
    species = Species(
        layout,
        Linear(30, 10),
        RULES[rule],
        Network(
            layout.levels,
            "layered",
            density_ascending=1,
            density_descending=1,
            feedback="transposed",
            activation="linear",
        ),
        lifetime=lifetime,
    )
    found = {PER_SAMPLE: [], POOLED: []}
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        teacher = rng.uniform(-1, 1, (10, 30))
        allowed = species.allowed
        innate = Weights(
            rng.uniform(-0.01, 0.01, (1, 30, 50)) * allowed.ascending,
            rng.uniform(-0.5, 0.5, (1, 20, 30)) * allowed.descending,
        )
        genes = Population(
            {
                "gains_ascending": np.full((1, 30), RATE),
                "gains_descending": np.full((1, 20), RATE),
                "decay_ascending": np.full(1, decay),
                "decay_descending": np.full(1, decay),
                "mask_ascending": allowed.ascending[None],
                "mask_descending": allowed.descending[None],
            }
        )

        def samples(*shape, rng=rng, teacher=teacher):
            inputs = rng.standard_normal((1, *shape[:-1], 30, shape[-1]))
            return Samples(inputs, np.matmul(teacher, inputs))

        seen = {}
        lived = Experience(samples(max(steps, 1), 1), samples(2), samples(256))
        live_block(
            species, genes, innate, lived, observer=lambda snap, seen=seen: seen.update({snap.stage: snap}), dtype=float
        )
        final = seen["birth" if steps == 0 else "end"]
        gradient = potential_gradient(species, final.weights.ascending, final.activity, final.error)[:1, :20]
        signal = final.signal[:1, :20]
        found[PER_SAMPLE].append(angle(cosine(signal, gradient, axis=1)).mean())
        found[POOLED].append(angle(cosine(signal, gradient, axis=(1, 2)))[0])
    return {kind: np.array(values) for kind, values in found.items()}


def test_angles_of_the_literature():
    rows = []
    for condition, expected in EXPECTED.items():
        rule = "fixed-feedback" if condition == "feedback alignment" else "heterosynaptic"
        for steps, known in zip(STEPS, expected, strict=True):
            if known is None:
                continue
            angles = measured(rule, RATE if "with decay" in condition else 0.0, steps)
            row = {"condition": condition, "presentations": steps, "expected": known[0]}
            for kind, values in angles.items():
                row |= {kind: values.mean(), f"{kind} sd": values.std(ddof=1)}
                row[f"{kind} error"] = row[f"{kind} sd"] / np.sqrt(SEEDS)
            # both means are uncertain
            row["error"] = np.hypot(row[f"{PER_SAMPLE} error"], (known[1] or DEFAULT_SD) / np.sqrt(EXPECTED_SEEDS))
            rows.append(row)
    found = pd.DataFrame(rows)
    print("\n" + found.to_string(index=False, float_format="%.2f"))
    # on the measure that the expected values are of
    assert ((found[PER_SAMPLE] - found["expected"]).abs() <= 3 * found["error"]).all()
    # pooled ones differ from them, but never by much
    assert ((found[POOLED] - found[PER_SAMPLE]).abs() <= 5).all()
