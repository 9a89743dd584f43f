"""Pages about claims: one for each, and a table of all."""

from collections.abc import Mapping, Sequence

from hetevo.analysis.claims.claim import Claim, markdown, verdict
from hetevo.analysis.claims.contrast import Contrast, Found


def page(claim: Claim, found: Sequence[Found], *, circuit: str, figure: str) -> str:
    """Write the page of a claim in Markdown: what is said, the circuit, what came out, what would refute it.

    Parameters
    ----------
    claim : Claim
        What is claimed.
    found : sequence of Found
        From `hetevo.analysis.claims.check`.
    circuit, figure : str
        Names of the pictures, relative to the page.
    """
    seeds = max(one.n for one in found)
    parts = [
        f"# {claim.name}",
        f"**{claim.says}**",
        f"Source: {claim.source}. Repeat it: `hetevo claims {claim.name}`.",
        "## The circuit",
        f"```{{image}} {circuit}\n:alt: A founder of {claim.name}\n:width: 100%\n```",
        f"A founder, drawn by `hetevo draw {claim.name.removesuffix('-with-controls')}`.",
        "## What came out",
        f"The claim **{verdict(found)}**; {seeds} seeds.",
        f"```{{image}} {figure}\n:alt: Measures of {claim.name} by condition\n```",
        markdown(claim, found),
        *([claim.note] if claim.note else []),
        "## What would refute it",
        "Each row is a prediction of its own. It is refuted by an interval over seeds that does not lie on the"
        " predicted side; a claim fails if none of its predictions holds, and holds in part if some do.",
    ]
    return "\n\n".join(parts) + "\n"


def overview(results: Mapping[str, tuple[Claim, Sequence[Found]]]) -> str:
    """Write the table of all claims in Markdown: each with its first prediction against a control.

    Parameters
    ----------
    results : mapping of str to (Claim, sequence of Found)
        By the name of the claim.
    """
    rows = []
    for name, (claim, found) in results.items():
        one = next((one for one in found if _control(one.contrast)), found[0])
        measured = f"{one.contrast.says}: {one.effect:+.2f} ({one.low:+.2f} to {one.high:+.2f}), n = {one.n}"
        control = _control(one.contrast) or f"the value {one.contrast.value:g}"
        said = f"**{verdict(found)}**, {sum(each.holds for each in found)} of {len(found)} predictions"
        rows.append(f"| [{name}]({name}.md) | {said} | {claim.says} | {measured} | {control} |")
    head = [
        "| preset | verdict | claim | one prediction, measured (mean over seeds, 95 % t interval) | control |",
        "|---|---|---|---|---|",
    ]
    return "\n".join([*head, *rows]) + "\n"


def _control(contrast: Contrast) -> str:
    """Name what is subtracted; empty if nothing is."""
    names = list(dict.fromkeys(condition for weight, condition, _ in contrast.terms if weight < 0))
    first = {condition for weight, condition, _ in contrast.terms if weight > 0}
    if not names or set(names) <= first:
        return ""
    # of a grid: what the cells that are subtracted have in common, and the others do not
    shared = [part for part in names[0].split(", ") if all(part in name.split(", ") for name in names)]
    return ", ".join(part for part in shared if not all(part in name.split(", ") for name in first)) or names[0]
