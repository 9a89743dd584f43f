"""The algorithm `map-elites`: an archive (pyribs) of the best circuit of each kind, whose elites have the children."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from hetevo.evolve.algorithms.algorithm import Memory, Search, number
from hetevo.evolve.algorithms.described import KEY, Described
from hetevo.evolve.generation import Generation, begin_with
from hetevo.evolve.reproduction import Mating, breed, draw_crossed
from hetevo.populations.circuits import draw_founders, genome
from hetevo.populations.errors import SettingError
from hetevo.populations.evaluation import Evaluation
from hetevo.populations.extras import load_extra
from hetevo.populations.genome import Population
from hetevo.populations.isolation import isolated
from hetevo.populations.random_streams import Purpose, random_stream
from hetevo.populations.settings import Setting
from hetevo.populations.types import Floats, Indices

if TYPE_CHECKING:
    from hetevo.evolve.rundir.checkpoint import Expected
    from hetevo.evolve.state import State

MOST = 1_000_000
"""Cells that an archive may have."""

GENE = "gene_"
"""With the name of a gene, that of the array with the elites' genes."""


@dataclass(frozen=True)
class MapElites(Described):
    """MAP-Elites (Mouret & Clune 2015): a grid over descriptors, in each cell the circuit with the lowest loss.

    Parents are drawn by lot among the elites of all cells; crossover and mutation are those of ``[evolution]``. Since
    tasks are new in every generation, a loss is that of other tasks than the next one's, and who was lucky once would
    stay for ever. So a share of each generation are elites that live again, those with the fewest lives first, and the
    loss of an elite is the mean over all its lives.
    """

    package: ClassVar[str] = "ribs"
    extra: ClassVar[str] = "qd"

    cells: Annotated[tuple[int, ...], Setting("cells along each descriptor", least=1)] = (16, 16)
    initial: Annotated[int, Setting("generations of founders to begin with", least=1)] = 1
    relive: Annotated[float, Setting("share of a generation that are elites who live again", least=0, most=1)] = 0.1

    def check(self, search: Search) -> None:
        """Refuse what is no grid, or cannot be had."""
        super().check(search)
        if len(self.cells) != len(self.descriptors) or math.prod(self.cells) > MOST:
            raise SettingError(
                f"{KEY}.cells: expected a number for each of {', '.join(self.descriptors)}, {MOST:,} cells together at"
                f" most, got {list(self.cells)}."
            )
        _load_archives()

    def begin(self, founders: Generation, search: Search) -> tuple[Generation, Memory]:
        """Return the founders, and an empty archive."""
        memory: dict[str, NDArray[Any]] = {
            name: np.zeros(shape, dtype) for name, (shape, dtype) in self.expect(search).items()
        }
        memory |= {"bounds": self.limits(search), "cells": np.array(self.cells)}
        memory["identifiers"] -= 1
        return founders, {**memory, "relived": np.empty(0, np.int64)}

    @isolated
    def ask(self, lived: "State", search: Search) -> tuple[Generation, Memory]:
        """Return elites that live again, and children of others; or founders, as long as it begins."""
        config, memory, before = search.config, lived.memory, lived.generation
        at, size = before.number + 1, before.size
        if at < self.initial:
            drawn = draw_founders(search.species, config.seed, size, generation=at)
            return begin_with(drawn, number=at), {**memory, "relived": np.empty(0, np.int64)}
        # elites that live again: by lot among those with the fewest lives
        rng = random_stream(config.seed, at, Purpose.SELECT)
        elites = np.flatnonzero(memory["occupied"])
        shuffled = rng.permutation(elites)
        order = np.argsort(memory["lives"][shuffled], kind="stable")
        relived = shuffled[order][: round(self.relive * size)]
        # parents of all others: by lot among all elites
        crossed, crossing = draw_crossed(config, at, size, len(relived))
        first = np.concatenate([relived, rng.choice(elites, size - len(relived))])
        second = rng.choice(elites, len(crossed))
        genes = Population({gene.name: memory[f"{GENE}{gene.name}"] for gene in genome(search.species)})
        mating = Mating(genes, memory["identifiers"], first, second, crossed, len(relived))
        return breed(mating, at, crossing, config, search.species), {**memory, "relived": relived}

    @isolated
    def tell(self, generation: Generation, evaluation: Evaluation, asked: Memory, search: Search) -> Memory:
        """Give elites that lived again their new means, then let newcomers take the cells in which they are best."""
        memory = {name: array.copy() for name, array in asked.items() if name != "relived"}
        relived = asked["relived"]
        again, new = slice(len(relived)), slice(len(relived), None)
        memory["lives"][relived] += 1
        memory["losses"][relived] += (evaluation.loss[again] - memory["losses"][relived]) / memory["lives"][relived]
        memory["identifiers"][relived] = generation.identifiers[again]
        # newcomers, one row each, as they would stand in a cell
        newcomers = generation.population.take(new)
        rows: dict[str, NDArray[Any]] = {
            "descriptors": self.describe(newcomers, search),
            "losses": evaluation.loss[new],
            "identifiers": generation.identifiers[new],
            "lives": np.ones(newcomers.size, np.int64),
            "occupied": np.ones(newcomers.size, np.bool_),
            **{f"{GENE}{name}": array for name, array in newcomers.items()},
        }
        cells, who = self._place(memory, rows)
        for name, array in rows.items():
            memory[name][cells] = array[who]
        return memory

    def report(self, memory: Memory, search: Search) -> Mapping[str, float]:
        """Return the share of cells that are occupied, what stands in them, and the sum over them of cap minus loss."""
        occupied = memory["occupied"]
        losses = memory["losses"][occupied]
        return {
            "archive_coverage": float(occupied.mean()),
            "archive_loss_best": float(losses.min()),
            "archive_loss_mean": float(losses.mean()),
            "archive_lives": float(memory["lives"][occupied].mean()),
            "qd_score": float((search.config.lifetime.loss_cap - losses).sum()),
        }

    def expect(self, search: Search) -> "Expected":
        """Return shape and dtype of what is remembered: of each cell its elite, zeros where there is none."""
        cells, dimensions = math.prod(self.cells), len(self.descriptors)
        genes = {f"{GENE}{gene.name}": ((cells, *gene.shape), np.dtype(gene.dtype)) for gene in genome(search.species)}
        return {
            **genes,
            "occupied": number(np.bool_, cells),
            "losses": number(np.float64, cells),
            "lives": number(np.int64, cells),
            "identifiers": number(np.int64, cells),
            "descriptors": number(np.float64, cells, dimensions),
            # so that whoever reads it knows what the cells are
            "bounds": number(np.float64, dimensions, 2),
            "cells": number(np.int64, dimensions),
        }

    def _place(self, memory: Memory, rows: Memory) -> tuple[Indices, Indices]:
        """Return the cells in which newcomers are better than who is there, and the row of the best one for each."""
        archive = make_archive(self.cells, memory["bounds"])
        kept = np.flatnonzero(memory["occupied"])
        # what pyribs keeps of each is where its genes are: elites come first
        for first, losses, descriptors in (
            (kept, memory["losses"][kept], memory["descriptors"][kept]),
            (len(memory["occupied"]) + np.arange(len(rows["losses"])), rows["losses"], rows["descriptors"]),
        ):
            if len(first):
                archive.add(first[:, None], -losses, descriptors)
        found = archive.data(["index", "solution"])
        cells, who = found["index"].astype(np.int64), found["solution"][:, 0].astype(np.int64)
        new = who >= len(memory["occupied"])
        return cells[new], who[new] - len(memory["occupied"])


def make_archive(cells: tuple[int, ...], bounds: Floats) -> Any:
    """Return an empty `ribs.archives.GridArchive` of numbers, over descriptors between ``bounds``, shape (D, 2)."""
    return _load_archives().GridArchive(solution_dim=1, dims=cells, ranges=[tuple(pair) for pair in bounds.tolist()])


def _load_archives() -> Any:
    return load_extra("ribs.archives", "qd", "evolution.algorithm: 'map-elites'")
