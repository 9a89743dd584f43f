"""CMA-ES (pycma) looks for gains and decays of the networks of a preset."""

import sys

import cma
import numpy as np

import hetevo


def main(generations: int = 30, changes: tuple[str, ...] = ()) -> float:
    config = hetevo.preset("emergence", overrides=["probe.every=0", *changes])
    with hetevo.Evaluator(config) as evaluate:
        space = evaluate.space  # gains and decays; the wiring is that of the first founder
        start = space.flatten(space.founders(seed=0, size=1))[0]
        low, high = space.bounds.T
        options = {"bounds": [low, high], "CMA_stds": np.abs(start) + 0.1, "seed": 1, "verbose": -9}
        search = cma.CMAEvolutionStrategy(start, 0.2, options)
        best = np.inf
        for generation in range(generations):
            vectors = search.ask()
            # each generation has tasks and innate weights of its own, as in a run
            loss = evaluate(space.clip(vectors), generation).loss
            search.tell(vectors, loss)
            best = min(best, float(loss.min()))
            print(f"generation {generation}: loss {np.median(loss):.3f}, best {loss.min():.3f}")
    return best


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
