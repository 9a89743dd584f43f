"""`hetevo claims`: test claims of the theory, each by its sweep."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hetevo.scripts.errors import explained, load_matplotlib
from hetevo.scripts.presets import list_names

if TYPE_CHECKING:
    from hetevo.analysis.claims import Claim, Found
    from hetevo.analysis.runs import LoadedRun

Names = Annotated[
    list[str] | None, typer.Argument(metavar="CLAIM...", help="Claims to test, or 'all'; without, they are listed.")
]
Output = Annotated[Path, typer.Option("-o", "--output", help="Folder for the sweeps.")]
Workers = Annotated[int, typer.Option(min=0, help="Runs side by side; 0: one a core.")]
AsMarkdown = Annotated[bool, typer.Option("--markdown", help="Print each claim with a table in Markdown on stdout.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
Pages = Annotated[
    Path | None,
    typer.Option("--pages", help="Folder in which to write a page for each claim, with pictures, and a table of all."),
]

ForceBoth = Annotated[
    bool,
    typer.Option("--force", help="Replace files too that Hetevo did not make; start more processes than four a core."),
]

PAGE_DPI = 130
FIGURE = Path("figures", "claim.png")
TABLE = "table.md"


@explained
def claims(
    names: Names = None,
    output: Output = Path("runs"),
    workers: Workers = 0,
    pages: Pages = None,
    as_markdown: AsMarkdown = False,
    as_json: AsJson = False,
    force: ForceBoth = False,
) -> None:
    """Run the sweep of each claim, or go on with it, and say whether the claim holds."""
    load_matplotlib()
    from hetevo.analysis.claims import CLAIMS, markdown, overview, table, verdict
    from hetevo.analysis.made import beside, marked, write_files
    from hetevo.populations.errors import SettingError, nearest

    if not names:
        list_names({name: claim.says for name, claim in CLAIMS.items()}, as_json=as_json)
        return
    names = list(CLAIMS) if names == ["all"] else names
    unknown = [name for name in names if name not in CLAIMS]
    if unknown:
        raise SettingError(
            f"There is no claim {unknown[0]!r}.{nearest(unknown[0], CLAIMS)} Claims: {', '.join(CLAIMS)}."
        )
    _check_places(names, output, pages, force=force)
    results, printed = {}, {}
    for name in names:
        claim = CLAIMS[name]
        runs, found = _tested(claim, output / name, workers, force=force)
        results[name] = claim, found
        predictions = table(claim, found).drop(columns="claim").to_json(orient="records")  # NaN becomes null
        printed[name] = {"verdict": verdict(found), "predictions": json.loads(predictions)}
        if as_markdown:
            title = f"### {name}\n\n{claim.says} ({claim.source})\n\nThe claim **{verdict(found)}**.\n\n"
            print(title + markdown(claim, found) + "\n")
        if pages:
            _write_page(claim, runs, found, pages)
    if pages:
        write_files({beside(pages / TABLE): marked(overview(results).encode(), ".md")})
        print(pages / TABLE, file=sys.stderr)
    if as_json:
        print(json.dumps(printed))


def _check_places(names: Sequence[str], output: Path, pages: Path | None, *, force: bool) -> None:
    """Refuse to replace what is not Hetevo's before anything is run."""
    from hetevo.analysis.made import check_replaceable

    files = [output / name / FIGURE.with_suffix(suffix) for name in names for suffix in (".png", ".pdf", ".csv")]
    if pages:
        files += [pages / file for name in names for file in _page_files(name)]
        files.append(pages / TABLE)
    check_replaceable(files, force=force)


def _page_files(name: str) -> tuple[str, str, str]:
    """Name the files of a claim's page: text, circuit, figure."""
    return f"{name}.md", f"{name}-circuit.png", f"{name}-claim.png"


def _tested(claim: "Claim", folder: Path, workers: int, *, force: bool) -> "tuple[list[LoadedRun], list[Found]]":
    """Run a claim's sweep, say what came out, and draw it."""
    from hetevo.analysis.claims import check, draw, table, verdict
    from hetevo.analysis.conditions import load_all
    from hetevo.analysis.figures import save
    from hetevo.evolve.config import BackendTable
    from hetevo.evolve.sweeps import load_plan
    from hetevo.populations.errors import spell
    from hetevo.scripts.sweep import conducted

    again = spell("claims", claim.name, "-o", folder.parent)
    plan, place = load_plan(claim.name), BackendTable(workers=workers)
    conducted(plan, folder, place, again=again, as_json=False, force=force, following=False)
    runs = load_all([folder])
    found = check(claim, runs)
    print(f"\n{claim.says}\n(source: {claim.source})", file=sys.stderr)
    for row in table(claim, found).to_dict("records"):
        found_out = f"{row['effect']:.3f} ({row['low']:.3f} to {row['high']:.3f}), n = {row['n']}"
        holds = "yes" if row["holds"] else "NO "
        print(f"  {holds} {row['prediction']}: {found_out}; predicted {row['predicted']}", file=sys.stderr)
    print(f"{claim.name}: the claim {verdict(found)}", file=sys.stderr)
    print(save(draw(claim, runs), folder / FIGURE, force=force, named=False)[0], file=sys.stderr)
    return runs, found


def _write_page(claim: "Claim", runs: "Sequence[LoadedRun]", found: "Sequence[Found]", folder: Path) -> None:
    """Write a claim's page, its figure, and the drawing of a founder's circuit."""
    from hetevo.analysis.claims import draw, page
    from hetevo.analysis.figures.circuit import draw_individual
    from hetevo.analysis.figures.plot import drawn
    from hetevo.analysis.made import beside, marked, write_files
    from hetevo.evolve.config import preset
    from hetevo.evolve.generation import draw_generation_zero
    from hetevo.evolve.species import build_species

    config = preset(runs[0].preset)
    species = build_species(config)
    genes = draw_generation_zero(species, config.seed, config.evolution.size).population
    text, circuit, figure = _page_files(claim.name)
    plots = {circuit: draw_individual(species, genes), figure: draw(claim, runs)}
    content = page(claim, found, circuit=circuit, figure=figure).encode()
    files = {file: marked(drawn(plot.figure, ".png", PAGE_DPI), ".png") for file, plot in plots.items()}
    files[text] = marked(content, ".md")
    write_files({beside(folder / file): content for file, content in files.items()})
    print(folder / text, file=sys.stderr)
