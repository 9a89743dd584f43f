"""An algorithm of one's own, made of DEAP's parts: (mu + lambda) with blended gains."""

import random
import sys

import numpy as np
from deap import base, creator, tools

import hetevo

creator.create("Fitness", base.Fitness, weights=(-1.0,))
creator.create("Vector", list, fitness=creator.Fitness)


def main(generations: int = 30, changes: tuple[str, ...] = ()) -> float:
    random.seed(1)
    config = hetevo.preset("emergence", overrides=["probe.every=0", *changes])
    with hetevo.Evaluator(config) as evaluate:
        space, size = evaluate.space, config.evolution.size
        parents = [creator.Vector(vector) for vector in space.flatten(space.founders(seed=0, size=size))]
        for generation in range(generations):
            children = [creator.Vector(parent) for parent in random.sample(parents, size)]
            for one, other in zip(children[::2], children[1::2], strict=False):
                tools.cxBlend(one, other, alpha=0.2)
            for child in children:
                tools.mutGaussian(child, mu=0, sigma=0.05, indpb=0.3)
            everyone = [creator.Vector(vector) for vector in space.clip(parents + children)]
            # everyone lives in the tasks of this generation, parents too
            for vector, loss in zip(everyone, evaluate(np.array(everyone), generation).loss, strict=True):
                vector.fitness.values = (loss,)
            parents = tools.selBest(everyone, size)
            print(f"generation {generation}: best loss {parents[0].fitness.values[0]:.3f}")
    return float(parents[0].fitness.values[0])


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
