"""MAP-Elites (pyribs) keeps the best genes for each mean gain in the two pathways."""

import sys

import numpy as np
from ribs.archives import GridArchive
from ribs.emitters import GaussianEmitter
from ribs.schedulers import Scheduler

import hetevo


def main(generations: int = 30, changes: tuple[str, ...] = ()) -> int:
    config = hetevo.preset("emergence", overrides=["probe.every=0", *changes])
    with hetevo.Evaluator(config) as evaluate:
        space = evaluate.space
        start = space.flatten(space.founders(seed=0, size=1))[0]
        archive = GridArchive(solution_dim=space.size, dims=(20, 20), ranges=[(-0.5, 0.5)] * 2, seed=1)
        options = {"bounds": space.bounds, "batch_size": config.evolution.size, "seed": 1}
        emitter = GaussianEmitter(archive, sigma=0.05, x0=start, **options)
        scheduler = Scheduler(archive, [emitter])
        for generation in range(generations):
            vectors = scheduler.ask()
            genes = space.unflatten(vectors)
            loss = evaluate(genes, generation).loss
            gains = [genes[f"gains_{pathway}"].mean(axis=1) for pathway in ("ascending", "descending")]
            scheduler.tell(-loss, np.stack(gains, axis=1))
            print(f"generation {generation}: {archive.stats.num_elites} elites, best loss {loss.min():.3f}")
    return int(archive.stats.num_elites)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
