"""Commands that draw: `hetevo plot`, `figure` (a page of several), `report`, and `draw` (a circuit)."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from hetevo.scripts.design import (
    Columns,
    Conditions,
    Hue,
    Label,
    Order,
    Title,
    Width,
    choose_look,
    name_option,
    split_labels,
    split_names,
)
from hetevo.scripts.errors import Force, TrustRun, explain_errors, load_matplotlib, warn

if TYPE_CHECKING:
    from hetevo.populations.genome import Population
    from hetevo.populations.species import Species

Runs = Annotated[list[Path] | None, typer.Argument(metavar="RUN...", help="Run directories, or sweeps.")]
Kind = Annotated[str, typer.Option(help="Kind of figure; 'list' names them. Default: the one that suits what was run.")]
Figure = Annotated[
    Path | None, typer.Option("-o", "--output", help="File to write: PNG, PDF or SVG. Default: RUN/figures/KIND.png.")
]
Composed = Annotated[
    Path, typer.Argument(metavar="FILE.toml", help=r"File with a table \[\[panel]] for each panel.")  # Rich's markup
]
ComposedOutput = Annotated[
    Path | None, typer.Option("-o", "--output", help="File: PNG, PDF or SVG. Default: FILE.png here.")
]
Several = Annotated[list[Path], typer.Argument(metavar="RUN...", help="Run directories, or sweeps.")]
Page = Annotated[
    Path | None,
    typer.Option("-o", "--output", help="HTML file to write. Default for one run or sweep: report.html inside it."),
]
Neutral = Annotated[
    str | None,
    typer.Option(metavar="CONDITION", help="What to compare with. Default: where parents are drawn by lot."),
]
Source = Annotated[
    str,
    typer.Argument(metavar="PRESET|FILE.toml|RUN[@G]", help="A preset or file: a founder; a run: one of those saved."),
]
Individual = Annotated[
    int | None,
    typer.Option(help="Id of an individual of the saved generation, or number of a founder. Default: the best, or 0."),
]
Set = Annotated[list[str] | None, typer.Option("-s", "--set", metavar="KEY=VALUE", help="Change of a preset or file.")]
Drawing = Annotated[
    Path | None,
    typer.Option("-o", "--output", help="File: PNG, PDF or SVG. Default: RUN/figures/circuit-ID.png or PRESET.png."),
]


@explain_errors
def plot(
    runs: Runs = None,
    kind: Kind = "",
    output: Figure = None,
    width: Width = "",
    columns: Columns = None,
    order: Order = None,
    conditions: Conditions = None,
    hue: Hue = None,
    title: Title = "",
    label: Label = None,
    force: Force = False,
) -> None:
    """Draw a figure, and say in two lines what alignment did in these runs."""
    load_matplotlib()
    from hetevo.analysis.conditions import load_all
    from hetevo.analysis.figures import FIGURES, Design, save
    from hetevo.analysis.figures.design import choose_conditions
    from hetevo.analysis.figures.frame import takes_design
    from hetevo.analysis.verdict import verdict
    from hetevo.evolve.rundir.places import inside
    from hetevo.populations.errors import SettingError, nearest, spell

    if kind == "list":
        for name, function in FIGURES.items():
            print(f"{name:15} {next(iter((function.__doc__ or '').splitlines()), '')}")
        return
    if kind and kind not in FIGURES:
        raise SettingError(f"--kind: expected one of {', '.join(FIGURES)}, got {kind!r}.{nearest(kind, FIGURES)}")
    if not runs:
        raise SettingError(f"Expected a run directory or a sweep to draw, got none: {spell('plot', 'RUN...')}")
    loaded = load_all(runs, notice=warn)
    # what was chosen is checked before anything is drawn
    names = [name for run in loaded for name in (run.condition, run.shown_as) if name]
    of_conditions = {"order": split_names(order or [], names), "labels": split_labels(label or [], names), "hue": hue}
    design = choose_look(width, columns, title, **of_conditions)
    try:
        loaded = choose_conditions(loaded, split_names(conditions or [], names))
        arranged = Design(**design).arrange(loaded)
    except SettingError as error:
        raise name_option(error) from None
    if kind:
        if design and not takes_design(FIGURES[kind]):
            raise SettingError(f"--{next(iter(design))}: the figure {kind!r} takes none. Leave it out.")
        drawn = FIGURES[kind](loaded, **design)
    else:
        from hetevo.analysis.claims import CLAIMS, picture  # reads the file of every experiment

        kind, drawn = picture(CLAIMS, loaded, **design)
    target = output or (inside(runs[0]) / "figures" / f"{kind}.png" if len(runs) == 1 else Path(f"{kind}.png"))
    for path in save(drawn, target, force=force, named=output is not None):
        print(path)
    # in its words, too, conditions come in the order and under the names that were chosen
    print(verdict(arranged if order or label else loaded))


@explain_errors
def figure(source: Composed, output: ComposedOutput = None, force: Force = False) -> None:
    """Draw a page of several figures, as a TOML file says, with letters and one caption."""
    load_matplotlib()
    from hetevo.analysis.figures import compose, save
    from hetevo.populations.text import for_file

    drawn = compose(source)
    for path in save(drawn, output or Path(f"{for_file(source.stem)}.png"), force=force, named=output is not None):
        print(path)


@explain_errors
def report(runs: Several, output: Page = None, neutral: Neutral = None, force: Force = False) -> None:
    """Write verdict, figures, tables, configuration and provenance into one HTML file."""
    load_matplotlib()
    from hetevo.analysis.report import report as make
    from hetevo.analysis.report import write
    from hetevo.evolve.rundir.places import inside
    from hetevo.populations.errors import SettingError

    if output is None and len(runs) > 1:
        raise SettingError(
            f"A report of {len(runs)} runs or sweeps belongs to none of them: say where with -o, for instance"
            " -o report.html."
        )
    # nothing is printed before the page is written
    made = make(runs, neutral=neutral)
    print(write(made, output or inside(runs[0]) / "report.html", force=force, named=output is not None))
    for line in made.headline:
        print(line)
    for fault in made.faults:
        warn(fault)


@explain_errors
def draw(
    source: Source,
    individual: Individual = None,
    settings: Set = None,
    output: Drawing = None,
    width: Width = "",
    columns: Columns = None,
    title: Title = "",
    trust: TrustRun = False,
    force: Force = False,
) -> None:
    """Draw both pathways of a circuit, with the signs of its gains; or an inherited rule."""
    load_matplotlib()
    from hetevo.analysis.figures import save
    from hetevo.analysis.figures.circuit import draw_individual
    from hetevo.populations.errors import SettingError

    look = choose_look(width, columns, title)
    # a folder is a run, with or without a generation
    of_run = any(Path(name).is_dir() for name in (source, source.rpartition("@")[0]) if name)
    if of_run and settings:
        raise SettingError("-s changes a preset or a file, not what is saved of a run: leave it out.")
    if of_run:
        chosen = _choose_saved(source, individual, trust=trust)
    else:
        chosen = choose_founder(source, individual, settings or [], trust=trust)
    drawing = draw_individual(chosen.species, chosen.genes, chosen.row, about=chosen.about, **look)
    for file in save(drawing, output or chosen.target, force=force, named=output is not None):
        print(file)


class Chosen(NamedTuple):
    """An individual to be drawn, in a row of the genes, with what to say of it and where the figure goes."""

    species: "Species"
    genes: "Population"
    row: int
    about: str
    target: Path


def _choose_saved(source: str, individual: int | None, *, trust: bool) -> Chosen:
    """Find an individual of a run's checkpoint: the one with the lowest loss unless another is named."""
    from hetevo.evolve.origin import Origin
    from hetevo.evolve.species import build_species
    from hetevo.populations.errors import SettingError

    origin = Origin.find(source, trust=trust)
    species = build_species(origin.config)
    state = origin.load(origin.config, species)
    # its identifier, or else the lowest loss
    ids = [int(one) for one in state.generation.identifiers]
    chosen = ids[int(state.loss.argmin())] if individual is None else individual
    if chosen not in ids:
        raise SettingError(
            f"--individual: generation {origin.generation} of {origin.directory.path} has the individuals {ids[0]} to"
            f" {ids[-1]}, got {chosen}. Name one of them, or another saved generation: RUN@GENERATION."
        )
    row = ids.index(chosen)
    about = f"individual {chosen}, generation {origin.generation}, loss {state.loss[row]:.3g}"
    target = origin.directory.figures / f"circuit-{chosen}.png"
    return Chosen(species, state.generation.population, row, about, target)


def choose_founder(source: str, individual: int | None, settings: list[str], *, trust: bool = False) -> Chosen:
    """Draw the founders that a preset or a file begins with, and choose one."""
    from hetevo.evolve.config import load_config
    from hetevo.evolve.config.sources import HERE
    from hetevo.evolve.founders import bring_founders
    from hetevo.evolve.generation import draw_generation_zero
    from hetevo.evolve.species import build_species
    from hetevo.populations.errors import SettingError
    from hetevo.populations.text import for_file

    # nothing is computed, so nothing is contacted
    config = load_config(source, [*settings, *HERE], trust=trust)
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
