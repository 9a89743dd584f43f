"""`hetevo claims`: test claims of the theory, each by its sweep."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from scripts.errors import explained

if TYPE_CHECKING:
    from analysis.claims import Claim, Found
    from analysis.loading import LoadedRun

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

PAGE_DPI = 130


@explained
def claims(
    names: Names = None,
    output: Output = Path("runs"),
    workers: Workers = 0,
    pages: Pages = None,
    as_markdown: AsMarkdown = False,
    as_json: AsJson = False,
) -> None:
    """Run the sweep of each claim, or go on with it, and say whether the claim holds."""
    from analysis.claims import CLAIMS, markdown, overview, table, verdict
    from populations.errors import SettingError, nearest

    if not names:
        print(json.dumps({name: claim.says for name, claim in CLAIMS.items()}) if as_json else _listed())
        return
    names = list(CLAIMS) if names == ["all"] else names
    unknown = [name for name in names if name not in CLAIMS]
    if unknown:
        raise SettingError(
            f"There is no claim {unknown[0]!r}.{nearest(unknown[0], CLAIMS)} Claims: {', '.join(CLAIMS)}."
        )
    results, printed = {}, {}
    for name in names:
        claim = CLAIMS[name]
        runs, found = _tested(claim, output / name, workers)
        results[name] = claim, found
        predictions = table(claim, found).drop(columns="claim").to_json(orient="records")  # NaN becomes null
        printed[name] = {"verdict": verdict(found), "predictions": json.loads(predictions)}
        if as_markdown:
            title = f"### {name}\n\n{claim.says} ({claim.source})\n\nThe claim **{verdict(found)}**.\n\n"
            print(title + markdown(claim, found) + "\n")
        if pages:
            _write_page(claim, runs, found, pages)
    if pages:
        (pages / "table.md").write_text(overview(results), encoding="utf-8")
        print(pages / "table.md", file=sys.stderr)
    if as_json:
        print(json.dumps(printed))


def _listed() -> str:
    from analysis.claims import CLAIMS

    width = max(map(len, CLAIMS))
    return "\n".join(f"{name:{width}} {claim.says}" for name, claim in CLAIMS.items())


def _tested(claim: "Claim", folder: Path, workers: int) -> "tuple[list[LoadedRun], list[Found]]":
    """Run a claim's sweep, say what came out, and draw it."""
    from analysis.claims import check, draw, table, verdict
    from analysis.figures import save
    from analysis.loading import load_all
    from evolve.config import BackendTable
    from evolve.sweeps import load_plan
    from scripts.sweep import conducted

    again = f"hetevo claims {claim.name} -o {folder.parent}"
    conducted(load_plan(claim.name), folder, BackendTable(workers=workers), again=again, as_json=False, following=False)
    runs = load_all([folder])
    found = check(claim, runs)
    print(f"\n{claim.says}\n(source: {claim.source})", file=sys.stderr)
    for row in table(claim, found).to_dict("records"):
        found_out = f"{row['effect']:.3f} ({row['low']:.3f} to {row['high']:.3f}), n = {row['n']}"
        holds = "yes" if row["holds"] else "NO "
        print(f"  {holds} {row['prediction']}: {found_out}; predicted {row['predicted']}", file=sys.stderr)
    print(f"{claim.name}: the claim {verdict(found)}", file=sys.stderr)
    print(save(draw(claim, runs), folder / "figures" / "claim.png")[0], file=sys.stderr)
    return runs, found


def _write_page(claim: "Claim", runs: "Sequence[LoadedRun]", found: "Sequence[Found]", folder: Path) -> None:
    """Write a claim's page, its figure, and the drawing of a founder's circuit."""
    from analysis.claims import draw, page
    from analysis.drawing import draw_individual
    from analysis.figures.style import style
    from evolve.cohort import founders
    from evolve.config import preset
    from evolve.species import species_of

    folder.mkdir(parents=True, exist_ok=True)
    config = preset(runs[0].preset)
    species = species_of(config)
    genes = founders(species, config.seed, config.evolution.size).population
    figures = {"circuit": draw_individual(species, genes), "claim": draw(claim, runs)}
    files = {kind: f"{claim.name}-{kind}.png" for kind in figures}
    with style():
        for kind, plot in figures.items():
            plot.figure.savefig(folder / files[kind], dpi=PAGE_DPI)
    text = page(claim, found, circuit=files["circuit"], figure=files["claim"])
    (folder / f"{claim.name}.md").write_text(text, encoding="utf-8")
    print(folder / f"{claim.name}.md", file=sys.stderr)
