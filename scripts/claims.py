"""`hetevo claims`: test claims of the theory, each by its sweep."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from scripts.errors import explained

Names = Annotated[
    list[str] | None, typer.Argument(metavar="CLAIM...", help="Claims to test; without, they are listed.")
]
Output = Annotated[Path, typer.Option("-o", "--output", help="Folder for the sweeps.")]
Workers = Annotated[int, typer.Option(min=0, help="Runs side by side; 0: one a core.")]
AsMarkdown = Annotated[bool, typer.Option("--markdown", help="Print each claim with a table in Markdown on stdout.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]


@explained
def claims(
    names: Names = None,
    output: Output = Path("runs"),
    workers: Workers = 0,
    as_markdown: AsMarkdown = False,
    as_json: AsJson = False,
) -> None:
    """Run the sweep of each claim, or go on with it, and say whether the claim holds."""
    from analysis.claims import CLAIMS
    from populations.errors import SettingError, nearest

    if not names:
        print(json.dumps({name: claim.says for name, claim in CLAIMS.items()}) if as_json else _listed())
        return
    unknown = [name for name in names if name not in CLAIMS]
    if unknown:
        raise SettingError(
            f"There is no claim {unknown[0]!r}.{nearest(unknown[0], CLAIMS)} Claims: {', '.join(CLAIMS)}."
        )
    results = {}
    for name in names:
        results[name], text = _tested(name, output / name, workers)
        if as_markdown:
            print(text)
    if as_json:
        print(json.dumps(results))


def _listed() -> str:
    from analysis.claims import CLAIMS

    width = max(map(len, CLAIMS))
    return "\n".join(f"{name:{width}} {claim.says}" for name, claim in CLAIMS.items())


def _tested(name: str, folder: Path, workers: int) -> tuple[dict[str, Any], str]:
    """Run a claim's sweep, say what came out, and draw it."""
    from analysis.claims import CLAIMS, check, draw, markdown, table, verdict
    from analysis.figures import save
    from analysis.loading import load_all
    from evolve.config import BackendTable
    from evolve.sweeps import load_plan
    from scripts.sweep import conducted

    claim = CLAIMS[name]
    again = f"hetevo claims {name} -o {folder.parent}"
    conducted(load_plan(name), folder, BackendTable(workers=workers), again=again, as_json=False, following=False)
    runs = load_all([folder])
    found = check(claim, runs)
    rows = table(claim, found)
    print(f"\n{claim.says}\n(source: {claim.source})", file=sys.stderr)
    for row in rows.to_dict("records"):
        found_out = f"{row['effect']:.3f} ({row['low']:.3f} to {row['high']:.3f}), n = {row['n']}"
        holds = "yes" if row["holds"] else "NO "
        print(f"  {holds} {row['prediction']}: {found_out}; predicted {row['predicted']}", file=sys.stderr)
    print(f"{name}: the claim {verdict(found)}", file=sys.stderr)
    files = save(draw(claim, runs), folder / "figures" / "claim.png")
    print(files[0], file=sys.stderr)
    predictions = json.loads(rows.drop(columns="claim").to_json(orient="records"))  # NaN becomes null
    title = f"### {name}\n\n{claim.says} ({claim.source})\n\nThe claim **{verdict(found)}**.\n\n"
    return {"verdict": verdict(found), "predictions": predictions}, title + markdown(claim, found) + "\n"
