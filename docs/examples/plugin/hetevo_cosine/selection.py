"""A selection operator: parents are drawn from the better half. It draws from ``rng`` alone."""


def half(individuals, k, rng, *, share=0.5):
    better = sorted(individuals, key=lambda one: one.fitness, reverse=True)[: max(1, round(share * len(individuals)))]
    return [better[place] for place in rng.integers(len(better), size=k)]
