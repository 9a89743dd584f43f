"""What came out of claims: on the terminal, as JSON, and as pages."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hetevo.analysis.claims import Claim, Freezing, Measured
    from hetevo.analysis.figures import Plot
    from hetevo.analysis.runs import LoadedRun

PAGE_DPI = 130
CIRCUIT, PICTURE, VALUES = "-circuit.png", "-claim.png", "-claim.csv"
"""How files beside the page of a claim end; the values lie beside the picture, whose mark knows them again."""
TABLE = "table.md"


@dataclass(frozen=True)
class Result:
    """What came out of a claim."""

    claim: "Claim"
    runs: "list[LoadedRun]"
    measured: "list[Measured]"
    freezing: "Freezing"
    plot: "Plot | None" = None
    adjusted: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def with_adjusted(results: "Mapping[str, Result]") -> "dict[str, Result]":
    """Return results with p values after Holm's correction: over all that ship, or over the user's own."""
    from hetevo.analysis.claims import CLAIMS, adjust

    ours = {name: result.measured for name, result in results.items() if CLAIMS.get(name) == result.claim}
    own = {name: result.measured for name, result in results.items() if name not in ours}
    adjusted = adjust(ours) | adjust(own, {})
    return {name: replace(result, adjusted=adjusted[name]) for name, result in results.items()}


def summarise(result: Result, *, powers: bool) -> dict[str, Any]:
    """Return verdict, what was frozen and predictions of a claim, for JSON."""
    from hetevo.analysis.claims import judge, table

    rows = table(result.claim, result.measured, result.adjusted, powers=powers).drop(columns="claim")
    predictions = json.loads(rows.to_json(orient="records"))  # NaN becomes null
    verdict, why = judge(result.claim, result.measured)
    said = {"verdict": verdict, "why": why, "frozen": result.freezing.text, "notes": list(result.notes)}
    return {**said, "predictions": predictions}


def print_result(result: Result, *, as_markdown: bool, powers: bool) -> None:
    """Say what came out."""
    from hetevo.analysis.claims import judge, markdown
    from hetevo.analysis.claims.pages import POWER, list_power, write_p
    from hetevo.populations.text import for_terminal

    claim, measured, adjusted = result.claim, result.measured, result.adjusted
    source = f" ({claim.source})" if claim.source else ""
    print(f"\n{claim.says}{source}", file=sys.stderr)
    for each in measured:
        holds, about = "yes" if each.holds else "NO " if each.n else "-  ", each.prediction
        key = f"; key, p (Holm) {write_p(adjusted[about.says])}" if about.key else ""
        print(
            f"  {holds} {about.says}: {each.text}, n = {each.n}; predicted {about.predicted}{key}",
            file=sys.stderr,
        )
        if powers:
            said = ", ".join(f"{name} {text or '-'}" for name, text in zip(POWER, list_power(each), strict=True))
            print(f"      {said}", file=sys.stderr)
    for note in result.notes:
        print(f"  {for_terminal(note)}", file=sys.stderr)
    verdict, why = judge(claim, measured)
    reasons = " ".join(filter(None, (why, result.freezing.text)))
    print(f"{claim.name}: {verdict}. {reasons}", file=sys.stderr)
    if as_markdown:
        title = f"### {claim.name}\n\n{claim.says}{source}\n\n"
        print(f"{title}The claim: **{verdict}**. {reasons}\n")
        print("\n\n".join([markdown(measured, adjusted, powers=powers), *map(for_terminal, result.notes)]) + "\n")


def write_pages(
    results: "Mapping[str, Result]", folder: Path, recorded: Path | None, frozen: Path | None, *, trust: bool
) -> None:
    """Write the page of every claim, and a table of all; ``frozen``: the file that said which seeds to run."""
    from hetevo.analysis.claims import overview
    from hetevo.analysis.made import add_mark, beside, write_files

    for name, result in results.items():
        _write_page(result, folder, recorded / f"{name}{VALUES}" if recorded else None, frozen, trust=trust)
    text = overview(
        {name: (result.claim, result.measured) for name, result in results.items()},
        {name: result.adjusted for name, result in results.items()},
    )
    write_files({beside(folder / TABLE): add_mark(text.encode(), ".md")})
    print(folder / TABLE, file=sys.stderr)


def _write_page(result: Result, folder: Path, recorded: Path | None, frozen: Path | None, *, trust: bool) -> None:
    """Write a claim's page, the drawing of a founder's circuit and, if there is one, the claim's figure.

    Pages whose values were not read from ``recorded`` get them as a table too, of which all this can be made again.
    """
    from hetevo.analysis.claims import are_portable, page
    from hetevo.analysis.claims.recorded import write_record
    from hetevo.analysis.figures.circuit import draw_individual
    from hetevo.analysis.figures.plot import render
    from hetevo.analysis.made import add_mark, beside, write_files
    from hetevo.evolve.sweeps import find_base
    from hetevo.scripts.draw import choose_founder

    name, base = result.claim.name, find_base(result.claim.file)
    individual = choose_founder(base, None, [], trust=trust)
    text = page(
        result.claim,
        result.measured,
        circuit=f"{name}{CIRCUIT}",
        figure=f"{name}{PICTURE}",
        base=base,
        adjusted=result.adjusted,
        frozen=result.freezing.text,
        notes=result.notes,
        portable=are_portable(result.runs),
        options=[*(["--frozen", str(frozen)] if frozen else []), *(["--trust"] if trust else [])],
    ).encode()
    circuit = render(draw_individual(individual.species, individual.genes).figure, ".png", PAGE_DPI)
    files = {".md": add_mark(text, ".md"), CIRCUIT: add_mark(circuit, ".png")}
    if recorded:
        # the mark of the picture holds the hash of these values
        values = recorded.read_bytes()
    else:
        values = files[VALUES] = write_record(result.claim, result.runs, result.freezing.record(), result.notes)
    if result.plot:
        files[PICTURE] = add_mark(render(result.plot.figure, ".png", PAGE_DPI), ".png", values)
    write_files({beside(folder / f"{name}{ending}"): content for ending, content in files.items()})
    print(folder / f"{name}.md", file=sys.stderr)
