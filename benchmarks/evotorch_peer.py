"""The peer: the whole experiment with EvoTorch, a genetic algorithm whose fitness is the same lifetimes in PyTorch.

``python -m benchmarks.evotorch_peer CONFIGURATION`` runs it in a process that loads nothing of Hetevo, and says in
JSON what came of it.
"""

import json
import sys
from typing import Any

import torch
from evotorch import Problem
from evotorch.algorithms import GeneticAlgorithm
from evotorch.operators import GaussianMutation, MultiPointCrossOver

from benchmarks.sizes import Sizes

STEP = 0.1
"""Standard deviation of mutations, in units of the founders'."""


class Lives:
    """The lives of N networks at once, each presentation a few batched products."""

    def __init__(self, sizes: Sizes) -> None:
        self.sizes = sizes

    def forward(self, W: torch.Tensor, inputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return activities, shape (N, I + H, S), and outputs, (N, O, S), for inputs (N, I, S)."""
        x = inputs
        for rows in self.sizes.level_slices:
            x = torch.cat([x, torch.tanh(W[:, rows, : x.shape[1]] @ x)], dim=1)
        return x, W[:, self.sizes.hidden :] @ x

    def live(self, W: Any, V: Any, masks: Any, genes: Any, inputs: Any, targets: Any) -> tuple[Any, Any]:
        """Let networks live: weights and masks (N, ...), inputs (T, N, I, S) and targets (T, N, O, S)."""
        sizes = self.sizes
        first, samples = sizes.inputs, inputs.shape[-1]
        gain_a, gain_b, decay_a, decay_b = genes
        scale_a, scale_b = (g[:, :, None] * m / samples for g, m in zip((gain_a, gain_b), masks, strict=True))
        keep_a, keep_b = (1 - decay_a)[:, None, None], (1 - decay_b)[:, None, None]
        for t in range(sizes.presentations):
            x, y = self.forward(W, inputs[t])
            q = torch.clamp(targets[t] - y, -sizes.signal_clip, sizes.signal_clip)
            for rows in reversed(sizes.level_slices):
                h = x[:, first + rows.start : first + rows.stop]
                q = torch.cat([(1 - h * h) * (V[:, rows, rows.stop :] @ q), q], dim=1)
            W = keep_a * W + scale_a * (q @ x.mT)
            V = keep_b * V + scale_b * (x[:, first:] @ q.mT)
            if (t + 1) % sizes.clip_every == 0:
                W, V = (weights.clamp(-sizes.weight_clip, sizes.weight_clip) for weights in (W, V))
        return W, V

    def losses(self, W: Any, V: Any, masks: Any, genes: Any, training: Any, test: Any) -> torch.Tensor:
        """Return the test losses, shape (P, K), of P individuals, capped; arguments as of the peer in JAX."""
        people, tasks = len(W), len(training[0])
        # each individual lives once in each task
        W, V, *rest = (part.repeat_interleave(tasks, dim=0) for part in (W, V, *masks, *genes))
        inputs, targets, asked, wanted = (
            part.transpose(0, 1).repeat(1, people, 1, 1) if part.ndim == 4 else part.repeat(people, 1, 1)
            for part in (*training, *test)
        )
        W, _ = self.live(W, V, rest[:2], rest[2:], inputs, targets)
        wrong = ((self.forward(W, asked)[1] - wanted) ** 2).mean(dim=(1, 2)) / (wanted**2).mean(dim=(1, 2))
        cap = self.sizes.loss_cap
        return torch.nan_to_num(wrong, nan=cap, posinf=cap).clamp(max=cap).reshape(people, tasks)


class Experiment(Problem):  # type: ignore[misc]
    """Fitness is the mean test loss; a genome is a vector whose entries are standard normal in founders."""

    def __init__(self, sizes: Sizes, seed: int) -> None:
        self.sizes, self.lives, self.lived = sizes, Lives(sizes), 0
        self.parts = [sizes.shapes[0][0], sizes.shapes[1][0], 1, 1, *(a * b for a, b in sizes.shapes)]
        normal = torch.distributions.Normal(0.0, 1.0)
        self.thresholds = [float(normal.icdf(torch.tensor(1 - density))) for density in sizes.density]
        self.allowed = [torch.from_numpy(mask) for mask in sizes.allowed]
        super().__init__("min", solution_length=sum(self.parts), initial_bounds=(-1, 1), seed=seed)

    def _fill(self, values: torch.Tensor) -> None:
        values.normal_(generator=self.generator)

    def _evaluate_batch(self, solutions: Any) -> None:
        solutions.set_evals(self.evaluate_genomes(solutions.values))

    @torch.no_grad()  # type: ignore[untyped-decorator,unused-ignore]
    def evaluate_genomes(self, vectors: torch.Tensor) -> torch.Tensor:
        """Return the mean test loss of each of P genomes, shape (P,)."""
        sizes = self.sizes
        self.lived += len(vectors)
        gain_a, gain_b, decay_a, decay_b, *wirings = vectors.split(self.parts, dim=1)
        masks = [
            ((wiring.reshape(-1, *shape) > threshold) & allowed).float()
            for wiring, shape, threshold, allowed in zip(
                wirings, sizes.shapes, self.thresholds, self.allowed, strict=True
            )
        ]
        decays = [torch.exp(sizes.decay_log_mean + sizes.decay_log_scale * decay[:, 0]) for decay in (decay_a, decay_b)]
        genes = [sizes.gain_scale * gain_a, sizes.gain_scale * gain_b, *decays]
        innate = [self._draw(*m.shape) * m / m.sum(dim=-1, keepdim=True).clamp(min=1).sqrt() for m in masks]
        W, V = innate
        training, test = self._draw_experience()
        return self.lives.losses(W, V, masks, genes, training, test).mean(dim=1)

    def _draw(self, *shape: int) -> torch.Tensor:
        return torch.randn(*shape, generator=self.generator)

    def _draw_experience(self) -> tuple[Any, Any]:
        sizes = self.sizes
        waves = torch.linalg.qr(self._draw(sizes.tasks, sizes.inputs - 1, sizes.outputs))[0].mT

        def sample(directions: torch.Tensor, *shape: int) -> tuple[torch.Tensor, torch.Tensor]:
            inputs = self._draw(sizes.tasks, *shape[:-1], sizes.inputs - 1, shape[-1])
            targets = sizes.amplitude * torch.sin(sizes.frequency * (directions @ inputs))
            bias = torch.ones(sizes.tasks, *shape[:-1], 1, shape[-1])
            return torch.cat([inputs, bias], dim=-2), targets

        return sample(waves[:, None], sizes.presentations, sizes.batch), sample(waves, sizes.test_samples)


def run(sizes: Sizes, seed: int = 0) -> dict[str, Any]:
    """Evolve; see `benchmarks.evosax_peer.run`. Nothing is compiled."""
    torch.set_num_threads(1)
    problem = Experiment(sizes, seed)
    operators = [MultiPointCrossOver(problem, tournament_size=3, num_points=2), GaussianMutation(problem, stdev=STEP)]
    # children and no parents, as many as lived before: every one of them lives once
    algorithm = GeneticAlgorithm(
        problem, operators=operators, popsize=sizes.individuals, elitist=False, re_evaluate=False
    )
    algorithm.run(sizes.generations)
    return {
        "generations": sizes.generations,
        "individuals": problem.lived,
        "loss_best": float(algorithm.population.evals[:, 0].min()),
        "compile_seconds": 0.0,
    }


if __name__ == "__main__":
    print(json.dumps(run(Sizes.read(sys.argv[1]))))
