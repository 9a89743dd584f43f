"""Selection by several objectives on arrays: whom DEAP's operators choose, in a small part of the time.

Everywhere ``values`` is an array (n, K), each of K objectives to be minimised, all finite. An individual dominates
another if it is nowhere worse and somewhere better; a front are those that only members of earlier fronts dominate.
"""

from collections.abc import Iterable
from functools import cache

import numpy as np

from hetevo.evolve.private_deap import PYTHON, draw_unit, tools
from hetevo.populations.types import Floats, Indices, Mask

CELLS = 1 << 22
"""Numbers in a temporary array: larger comparisons are made in parts."""

ROUND = 4
"""`deap.tools.selTournamentDCD` chooses so many at a time."""


def find_fronts(values: Floats, count: int) -> list[Indices]:
    """Sort individuals into fronts until ``count`` or more are in one, each in the order of `deap.tools`.

    The result is that of `deap.tools.sortNondominated`, the fast non-dominated sorting of Deb et al. (2002).

    Returns
    -------
    list of ndarray of int64
        Positions of each front's members, the best front first.

    Examples
    --------
    >>> [front.tolist() for front in find_fronts(np.array([[1, 3], [2, 2], [3, 3], [3, 1]]), 4)]
    [[0, 1, 3], [2]]
    """
    ranks = rank(values)
    # individuals with the same values count as one, where the first of them stands
    _, first, same = np.unique(values, axis=0, return_index=True, return_inverse=True)
    leader = first[same.reshape(-1)]
    fronts: list[Indices] = []
    order: Indices = np.empty(0, np.int64)
    while sum(map(len, fronts)) < min(count, len(values)):
        number = len(fronts)
        members = np.flatnonzero((ranks == number) & (leader == np.arange(len(values))))
        # DEAP meets a member when it takes away the last one that dominates it
        if number:
            members = members[np.argsort(_find_last_dominating(values[order], values[members]), kind="stable")]
        order = members
        fronts.append(_with_equals(order, leader, ranks == number))
    return fronts


def _find_last_dominating(before: Floats, values: Floats) -> Indices:
    """Return for each individual the place of the last one of the front before that dominates it."""
    last = np.empty(len(values), np.int64)
    for part in _parts(len(values), before.size):
        dominated = dominates(before[None], values[part, None])
        last[part] = dominated.shape[1] - 1 - dominated[:, ::-1].argmax(axis=1)
    return last


def _with_equals(order: Indices, leader: Indices, here: Mask) -> Indices:
    """Let those with the same values follow their first one."""
    place = np.empty(len(leader), np.int64)
    place[order] = np.arange(len(order))
    members = np.flatnonzero(here)
    return members[np.argsort(place[leader[members]], kind="stable")]


def rank(values: Floats) -> Indices:
    """Return the number of each individual's front, (n,), from 0 on."""
    from moocore import pareto_rank  # it takes its time to load, and few runs need it

    return np.asarray(pareto_rank(np.ascontiguousarray(values, np.float64)), np.int64)


def dominates(first: Floats, second: Floats) -> Mask:
    """Tell whether individuals dominate others; values on the last axis, the others broadcast."""
    nowhere_worse, better = np.True_, np.False_
    # objective by objective: there are few of them, and a reduction over few is slow
    for one, other in zip(np.moveaxis(first, -1, 0), np.moveaxis(second, -1, 0), strict=True):
        nowhere_worse, better = nowhere_worse & (one <= other), better | (one < other)
    return np.asarray(nowhere_worse & better)


def measure_crowding(values: Floats) -> Floats:
    """Return the crowding distance of each member of a front, (n,), as `deap.tools.assignCrowdingDist` does.

    Half the circumference of the box between an individual's neighbours, objectives scaled by their ranges (Deb et al.
    2002); infinite at the ends.
    """
    distance, order = np.zeros(len(values)), np.arange(len(values))
    for column in values.T:
        # equal ones stay in the order that the objective before gave them
        order = order[np.argsort(column[order], kind="stable")]
        ordered = column[order]
        distance[order[[0, -1]]] = np.inf
        if ordered[-1] != ordered[0]:
            distance[order[1:-1]] += (ordered[2:] - ordered[:-2]) / (values.shape[1] * float(ordered[-1] - ordered[0]))
    return distance


def select_nsga2(values: Floats, count: int) -> Indices:
    """Choose the first fronts, and of the last one those that are least crowded (Deb et al. 2002)."""
    *whole, last = find_fronts(values, count)
    wanted = count - sum(map(len, whole))
    least_crowded = last[np.argsort(-measure_crowding(values[last]), kind="stable")]
    return np.concatenate([*whole, least_crowded[:wanted]])


def select_tournament_dcd(values: Floats, count: int) -> Indices:
    """Choose by tournaments of two: who dominates, or else who is less crowded in its front, or else by lot.

    Each individual is in two tournaments at most until everybody was in two; more are chosen in further rounds. The
    number of individuals is divisible by 4.
    """
    size = len(values)
    crowding = np.empty(size)
    for front in find_fronts(values, size):
        crowding[front] = measure_crowding(values[front])
    chosen: list[Indices] = []
    while (wanted := count - sum(map(len, chosen))) > 0:
        pairs = min(size, -(-wanted // ROUND) * ROUND)
        # two orders of all, of which groups of four meet in turn
        orders = [np.array(PYTHON.sample(range(size), size)).reshape(-1, 2, 2)[: pairs // ROUND] for _ in range(2)]
        first, second = np.concatenate(orders, axis=1).reshape(-1, 2).T
        chosen.append(_hold_tournaments(values, crowding, first, second))
    return np.concatenate(chosen)[:count]


def _hold_tournaments(values: Floats, crowding: Floats, first: Indices, second: Indices) -> Indices:
    better, worse = dominates(values[first], values[second]), dominates(values[second], values[first])
    open_still = ~better & ~worse
    better |= open_still & (crowding[first] > crowding[second])
    tied = open_still & (crowding[first] == crowding[second])
    better[tied] = draw_unit(int(tied.sum())) <= 0.5
    return np.where(better, first, second)


def select_nsga3(values: Floats, count: int, p: int) -> Indices:
    """Choose the first fronts, and of the last one those near reference points that have few (Deb and Jain 2014).

    The reference points lie evenly on a plane, ``p`` steps along each objective. Nothing is remembered from one
    generation to the next.
    """
    fronts = _find_sorted_fronts(values, count)
    members = np.concatenate(fronts)
    points, found = reference_points(values.shape[1], p), values[members]
    # the frame in which distances are measured: from the best values to where the plane through extremes cuts axes
    best, worst = found.min(axis=0), found.max(axis=0)
    intercepts = _find_intercepts(tools.emo.find_extreme_points(found, best), best, worst)
    niches, distance = np.empty(len(found), np.int64), np.empty(len(found))
    for part in _parts(len(found), points.size):
        niches[part], distance[part] = tools.emo.associate_to_niche(found[part], points, best, intercepts)
    taken = len(members) - len(fronts[-1])
    counts = np.bincount(niches[:taken], minlength=len(points))
    last = tools.emo.niching(fronts[-1], count - taken, niches[taken:], distance[taken:], counts)
    return np.concatenate([members[:taken], np.array(last, np.int64)])


def _find_sorted_fronts(values: Floats, count: int) -> list[Indices]:
    """Sort into fronts as `deap.tools.sortLogNondominated` does, which lists their members by value."""
    ranks, order = rank(values), np.lexsort(values.T[::-1])
    wanted = np.searchsorted(np.cumsum(np.bincount(ranks)), count)
    return [order[ranks[order] == number] for number in range(int(wanted) + 1)]


@cache
def reference_points(objectives: int, p: int) -> Floats:
    """Return the reference points of NSGA-III, (points, objectives): see `deap.tools.uniform_reference_points`."""
    return np.asarray(tools.uniform_reference_points(objectives, p), np.float64)


def _find_intercepts(extremes: Floats, best: Floats, worst: Floats) -> Floats:
    """Return where the plane through the extreme points cuts the axes, as DEAP does; the worst values if it does not.

    Solved here, for a library's last bits depend on the processor.
    """
    size = len(best)
    matrix, right = extremes - best, np.ones(size)
    rows = np.column_stack([matrix, right])
    for column in range(size):
        pivot = column + int(np.abs(rows[column:, column]).argmax())
        if rows[pivot, column] == 0:
            return worst
        rows[[column, pivot]] = rows[[pivot, column]]
        rows[column + 1 :] -= np.outer(rows[column + 1 :, column] / rows[column, column], rows[column])
    solved = np.zeros(size)
    for row in reversed(range(size)):
        solved[row] = (rows[row, -1] - (rows[row, row + 1 : -1] * solved[row + 1 :]).sum()) / rows[row, row]
    if np.count_nonzero(solved) < size:
        return worst
    intercepts = 1 / solved
    fits = np.allclose((matrix * solved).sum(axis=1), right)
    within = (intercepts > 1e-6).all() and (intercepts + best <= worst).all()
    return np.asarray(intercepts if fits and within else worst)


def select_spea2(values: Floats, count: int) -> Indices:
    """Choose those whom nobody dominates, filled up by strength and density, or thinned out where they are too many.

    As in DEAP, which follows Zitzler et al. (2001) but for the density: of the distances to others it takes only those
    to individuals that come later, and 0 for the rest, so that almost all have the same density.
    """
    size = len(values)
    raw = _sum_strengths(values)
    chosen = np.flatnonzero(raw < 1)
    if len(chosen) > count:
        return chosen[_thin_out(values[chosen], count)]
    if len(chosen) == count:
        return chosen
    nth = min(int(np.sqrt(size)), size - 1)
    # from there on the distance of that rank is one of the zeros
    distance = np.triu(_square_distances(values[:nth], values), 1)
    density = 1 / (np.partition(distance, nth, axis=1)[:, nth] + 2)
    fits = raw + np.concatenate([density, np.full(size - nth, 0.5)])
    others = np.flatnonzero(raw >= 1)
    return np.concatenate([chosen, others[np.argsort(fits[others], kind="stable")][: count - len(chosen)]])


def _sum_strengths(values: Floats) -> Indices:
    """Return the sum over all that dominate an individual of how many each of them dominates."""
    size = len(values)
    strength, raw = np.empty(size, np.int64), np.empty(size, np.int64)
    for part in _parts(size, values.size):
        strength[part] = dominates(values[part, None], values[None]).sum(axis=1)
    for part in _parts(size, values.size):
        raw[part] = np.where(dominates(values[None], values[part, None]), strength, 0).sum(axis=1)
    return raw


def _square_distances(first: Floats, second: Floats) -> Floats:
    # objective by objective, in the order of a sum that is made one by one
    return np.asarray(sum((a[:, None] - b[None]) ** 2 for a, b in zip(first.T, second.T, strict=True)))


def _thin_out(values: Floats, count: int) -> Indices:
    """Remove again and again the one that is nearest to another, of several the one with the nearer next neighbour."""
    size = len(values)
    distance = _square_distances(values, values)
    np.fill_diagonal(distance, np.inf)  # nobody is a neighbour of itself
    neighbours = np.argsort(distance, axis=1, kind="stable")
    there, nearest = np.ones(size, np.bool_), distance.min(axis=1)
    for _ in range(size - count):
        tied = np.flatnonzero(nearest == nearest.min())
        if len(tied) > 1:
            near = [distance[row, neighbours[row][there[neighbours[row]]]].tolist() for row in tied]
            tied = tied[[near.index(min(near))]]
        gone = int(tied[0])
        there[gone], nearest[gone] = False, np.inf
        # whose nearest it was looks for another
        for row in np.flatnonzero((nearest == distance[:, gone]) & there):
            nearest[row] = distance[row, there].min()
        distance[:, gone] = np.inf
    return np.flatnonzero(there)


def _parts(size: int, cells: int) -> Iterable[slice]:
    """Cut ``size`` rows, each of which takes so many cells, into parts that are not too large."""
    step = max(1, CELLS // max(1, cells))
    return (slice(start, min(start + step, size)) for start in range(0, size, step))
