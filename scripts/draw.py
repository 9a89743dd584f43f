"""`hetevo draw`: draw the circuit of an individual."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from hetevo.scripts.errors import Force, explained, load_matplotlib

if TYPE_CHECKING:
    from hetevo.populations.genome import Population
    from hetevo.populations.species import Species

Source = Annotated[
    str,
    typer.Argument(metavar="PRESET|FILE.toml|RUN[@G]", help="A preset or file: a founder; a run: one of those saved."),
]
Individual = Annotated[
    int | None,
    typer.Option(help="Id of an individual of the saved generation, or number of a founder. Default: the best, or 0."),
]
Set = Annotated[list[str] | None, typer.Option("-s", "--set", metavar="KEY=VALUE", help="Change of a preset or file.")]
File = Annotated[
    Path | None,
    typer.Option("-o", "--output", help="File: PNG, PDF or SVG. Default: RUN/figures/circuit-ID.png or PRESET.png."),
]


@explained
def draw(
    source: Source, individual: Individual = None, settings: Set = None, output: File = None, force: Force = False
) -> None:
    """Draw both pathways of a circuit, with the signs of its gains; or an inherited rule."""
    load_matplotlib()
    from hetevo.analysis.figures import save
    from hetevo.analysis.figures.circuit import draw_individual
    from hetevo.populations.errors import SettingError

    of_run = any(Path(name).is_dir() for name in (source, source.rpartition("@")[0]) if name)
    if of_run and settings:
        raise SettingError("-s changes a preset or a file, not what is saved of a run: leave it out.")
    chosen = _saved(source, individual) if of_run else founder(source, individual, settings or [])
    plot = draw_individual(chosen.species, chosen.genes, chosen.row, chosen.title)
    for file in save(plot, output or chosen.target, force=force, named=output is not None):
        print(file)


class Chosen(NamedTuple):
    """An individual to be drawn, in a row of the genes, with what to write above it and where the figure goes."""

    species: "Species"
    genes: "Population"
    row: int
    title: str
    target: Path


def _saved(source: str, individual: int | None) -> Chosen:
    """Find an individual of a run's checkpoint: the one with the lowest loss unless another is named."""
    from hetevo.evolve.origin import Origin
    from hetevo.evolve.species import build_species
    from hetevo.populations.errors import SettingError

    origin = Origin.find(source)
    species = build_species(origin.config)
    state = origin.load(origin.config, species)
    ids = [int(one) for one in state.generation.identifiers]
    chosen = ids[int(state.loss.argmin())] if individual is None else individual
    if chosen not in ids:
        raise SettingError(
            f"--individual: generation {origin.generation} of {origin.directory.path} has the individuals {ids[0]} to"
            f" {ids[-1]}, got {chosen}. Name one of them, or another saved generation: RUN@GENERATION."
        )
    row = ids.index(chosen)
    title = f"individual {chosen}, generation {origin.generation}, loss {state.loss[row]:.3g}"
    target = origin.directory.figures / f"circuit-{chosen}.png"
    return Chosen(species, state.generation.population, row, title, target)


def founder(source: str, individual: int | None, settings: list[str]) -> Chosen:
    """Draw the founders that a preset or a file begins with, and choose one."""
    from hetevo.evolve.config import load_config
    from hetevo.evolve.founders import bring_founders
    from hetevo.evolve.generation import draw_generation_zero
    from hetevo.evolve.species import build_species
    from hetevo.populations.errors import SettingError
    from hetevo.populations.text import for_file

    config = load_config(source, settings, trust=True)  # nothing is computed, so nothing is contacted
    species, row = build_species(config), individual or 0
    if not 0 <= row < config.evolution.size:
        raise SettingError(f"--individual: {source} has the founders 0 to {config.evolution.size - 1}, got {row}.")
    config, brought = bring_founders(config, None)
    size = config.evolution.size
    population = (
        brought.population(species, size) if brought else draw_generation_zero(species, config.seed, size).population
    )
    name = Path(source).stem
    return Chosen(species, population, row, f"{name}, founder {row}, seed {config.seed}", Path(f"{for_file(name)}.png"))
