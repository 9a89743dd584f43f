"""`hetevo claims`: test claims of the theory, each by its sweep."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hetevo.scripts.errors import AsJson, Force, Oversubscribe, explain_errors, load_matplotlib
from hetevo.scripts.presets import list_names

if TYPE_CHECKING:
    from hetevo.analysis.claims import Claim, Measured
    from hetevo.analysis.figures import Plot
    from hetevo.analysis.runs import LoadedRun

Names = Annotated[
    list[str] | None, typer.Argument(metavar="CLAIM...", help="Claims to test, or 'all'; without, they are listed.")
]
Output = Annotated[Path, typer.Option("-o", "--output", help="Folder for the sweeps.")]
Workers = Annotated[int, typer.Option(min=0, help="Runs side by side; 0: one a core.")]
AsMarkdown = Annotated[bool, typer.Option("--markdown", help="Print each claim with a table in Markdown on stdout.")]
Pages = Annotated[
    Path | None,
    typer.Option("--pages", help="Folder in which to write a page for each claim, with pictures, and a table of all."),
]

Recorded = Annotated[
    Path | None,
    typer.Option("--recorded", help="Folder that --pages wrote: take the values recorded there, and run nothing."),
]

PAGE_DPI = 130
FIGURE = Path("figures", "claim.png")
CIRCUIT, PICTURE, VALUES = "-circuit.png", "-claim.png", "-claim.csv"
"""How files beside the page of a claim end; the values lie beside the picture, whose mark knows them again."""
TABLE = "table.md"


@explain_errors
def claims(
    names: Names = None,
    output: Output = Path("runs"),
    workers: Workers = 0,
    pages: Pages = None,
    recorded: Recorded = None,
    as_markdown: AsMarkdown = False,
    as_json: AsJson = False,
    force: Force = False,
    oversubscribe: Oversubscribe = False,
) -> None:
    """Run the sweep of each claim, or go on with it, and say whether the claim holds."""
    load_matplotlib()
    from hetevo.analysis.claims import CLAIMS, check, draw, overview, read_recorded, table, verdict
    from hetevo.analysis.figures import save
    from hetevo.analysis.made import add_mark, beside, write_files

    if not names:
        list_names({name: claim.says for name, claim in CLAIMS.items()}, as_json=as_json)
        return
    chosen = _choose(names, CLAIMS)
    # what was recorded of runs takes their place; a figure of its own needs more than that
    known = {name: read_recorded(claim, recorded / f"{name}{VALUES}") for name, claim in chosen.items() if recorded}
    drawable = [name for name, claim in chosen.items() if name not in known or (known[name].runs and not claim.figure)]
    _check_places(chosen, drawable, None if recorded else output, pages, force=force)
    results, printed = {}, {}
    for name, claim in chosen.items():
        if recorded:
            runs, measured = known[name].runs, known[name].measured
        else:
            runs = _run_sweep(claim, output / name, workers, oversubscribe=oversubscribe)
            measured = check(claim, runs)
        _print(claim, measured, as_markdown=as_markdown)
        # one figure, for its sweep and for its page
        plot = draw(claim, runs) if name in drawable and (pages or not recorded) else None
        if plot and not recorded:
            print(save(plot, output / name / FIGURE, force=force, named=False)[0], file=sys.stderr)
        if pages:
            values = recorded / f"{name}{VALUES}" if recorded else None
            _write_page(claim, runs, measured, pages, values, plot)
        results[name] = claim, measured
        predictions = table(claim, measured).drop(columns="claim").to_json(orient="records")  # NaN becomes null
        printed[name] = {"verdict": verdict(measured), "predictions": json.loads(predictions)}
    if pages:
        write_files({beside(pages / TABLE): add_mark(overview(results).encode(), ".md")})
        print(pages / TABLE, file=sys.stderr)
    if as_json:
        print(json.dumps(printed))


def _choose(names: Sequence[str], known: "Mapping[str, Claim]") -> "dict[str, Claim]":
    """Return the claims of these names."""
    from hetevo.populations.errors import SettingError, nearest

    names = list(known) if names == ["all"] else names
    unknown = [name for name in names if name not in known]
    if unknown:
        raise SettingError(f"There is no claim {unknown[0]!r}.{nearest(unknown[0], known)} Claims: {', '.join(known)}.")
    return {name: known[name] for name in names}


def _check_places(
    names: Iterable[str], drawable: Iterable[str], output: Path | None, pages: Path | None, *, force: bool
) -> None:
    """Refuse to replace what is not Hetevo's before anything is run; ``drawable``: claims that get a picture."""
    from hetevo.analysis.made import check_replaceable

    files: list[Path] = []
    if output:
        files += [output / name / FIGURE.with_suffix(suffix) for name in names for suffix in (".png", ".pdf", ".csv")]
    if pages:
        # values that are read are not written
        endings = (".md", CIRCUIT, VALUES) if output else (".md", CIRCUIT)
        files += [pages / f"{name}{ending}" for name in names for ending in endings]
        files += [pages / f"{name}{PICTURE}" for name in drawable]
        files.append(pages / TABLE)
    check_replaceable(files, force=force)


def _run_sweep(claim: "Claim", folder: Path, workers: int, *, oversubscribe: bool) -> "list[LoadedRun]":
    """Run a claim's sweep, or go on with it."""
    from hetevo.analysis.conditions import load_all
    from hetevo.evolve.config import BackendTable
    from hetevo.evolve.sweeps import load_plan
    from hetevo.populations.errors import spell
    from hetevo.scripts.sweep import run_plan

    # an interrupted sweep says how to go on with the claim
    again = spell("claims", claim.name, "-o", folder.parent)
    plan, place = load_plan(claim.name), BackendTable(workers=workers)
    run_plan(plan, folder, place, again=again, as_json=False, oversubscribe=oversubscribe, following=False)
    return load_all([folder])


def _print(claim: "Claim", measured: "Sequence[Measured]", *, as_markdown: bool) -> None:
    """Say what came out."""
    from hetevo.analysis.claims import markdown, verdict

    print(f"\n{claim.says}\n(source: {claim.source})", file=sys.stderr)
    for each in measured:
        holds, prediction = "yes" if each.holds else "NO ", each.prediction
        text = f"  {holds} {prediction.says}: {each.text}, n = {each.n}; predicted {prediction.predicted}"
        print(text, file=sys.stderr)
    print(f"{claim.name}: the claim {verdict(measured)}", file=sys.stderr)
    if as_markdown:
        title = f"### {claim.name}\n\n{claim.says} ({claim.source})\n\nThe claim **{verdict(measured)}**.\n\n"
        print(title + markdown(measured) + "\n")


def _write_page(
    claim: "Claim",
    runs: "Sequence[LoadedRun]",
    measured: "Sequence[Measured]",
    folder: Path,
    recorded: Path | None,
    plot: "Plot | None",
) -> None:
    """Write a claim's page, the drawing of a founder's circuit and, if there is one, the claim's figure.

    Pages whose values were not read from ``recorded`` get them as a table too, of which all this can be made again.
    """
    from hetevo.analysis.claims import page, record
    from hetevo.analysis.claims.recorded import FLOATS
    from hetevo.analysis.figures.circuit import draw_individual
    from hetevo.analysis.figures.plot import render
    from hetevo.analysis.made import add_mark, beside, write_files
    from hetevo.evolve.sweeps.file import read_sweep
    from hetevo.scripts.draw import choose_founder

    name, individual = claim.name, choose_founder(read_sweep(claim.name).base, None, [])
    text = page(claim, measured, circuit=f"{name}{CIRCUIT}", figure=f"{name}{PICTURE}").encode()
    circuit = render(draw_individual(individual.species, individual.genes).figure, ".png", PAGE_DPI)
    files = {".md": add_mark(text, ".md"), CIRCUIT: add_mark(circuit, ".png")}
    if recorded:
        # the mark of the picture holds the hash of these values
        values = recorded.read_bytes()
    else:
        values = files[VALUES] = record(claim, runs).to_csv(index=False, float_format=FLOATS).encode()
    if plot:
        files[PICTURE] = add_mark(render(plot.figure, ".png", PAGE_DPI), ".png", values)
    write_files({beside(folder / f"{name}{ending}"): content for ending, content in files.items()})
    print(folder / f"{name}.md", file=sys.stderr)
