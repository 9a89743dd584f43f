"""Pages about claims: one for each, and a table of all."""

from collections.abc import Mapping, Sequence

from hetevo.analysis.claims.claim import Claim, verdict
from hetevo.analysis.claims.prediction import Measured, Prediction


def markdown(measured: Sequence[Measured]) -> str:
    """Return a claim's predictions as a table in Markdown: prediction, measured with interval, predicted, n, holds."""
    rows = [
        f"| {each.prediction.says} | {each.text} | {each.prediction.predicted} | {each.n} |"
        f" {'yes' if each.holds else '**no**'} |"
        for each in measured
    ]
    head = [
        "| prediction | measured, mean over seeds (95 % t interval) | predicted | n | holds |",
        "|---|---|---|---|---|",
    ]
    return "\n".join([*head, *rows])


def page(claim: Claim, measured: Sequence[Measured], *, circuit: str, figure: str) -> str:
    """Write the page of a claim in Markdown: what is said, the circuit, what came out, what would refute it.

    Parameters
    ----------
    claim : Claim
        What is claimed.
    measured : sequence of Measured
        From `hetevo.analysis.claims.check`.
    circuit, figure : str
        Names of the pictures, relative to the page.
    """
    seeds = max(each.n for each in measured)
    parts = [
        f"# {claim.name}",
        f"**{claim.says}**",
        f"Source: {claim.source}. Repeat it: `hetevo claims {claim.name}`.",
        "## The circuit",
        f"```{{image}} {circuit}\n:alt: A founder of {claim.name}\n:width: 100%\n```",
        f"A founder, drawn by `hetevo draw {claim.name.removesuffix('-with-controls')}`.",
        "## What came out",
        f"The claim **{verdict(measured)}**; {seeds} seeds.",
        f"```{{image}} {figure}\n:alt: Measures of {claim.name} by condition\n```",
        markdown(measured),
        *([claim.note] if claim.note else []),
        "## What would refute it",
        "Each row is a prediction of its own. It is refuted by an interval over seeds that does not lie on the"
        " predicted side; a claim fails if none of its predictions holds, and holds in part if some do.",
    ]
    return "\n\n".join(parts) + "\n"


def overview(results: Mapping[str, tuple[Claim, Sequence[Measured]]]) -> str:
    """Write the table of all claims in Markdown: each with its first prediction against a control.

    Parameters
    ----------
    results : mapping of str to (Claim, sequence of Measured)
        By the name of the claim.
    """
    rows = []
    for name, (claim, measured) in results.items():
        # what stands for a claim is its first comparison with a control
        shown = next((each for each in measured if _control(each.prediction)), measured[0])
        effect = f"{shown.effect:+.2f} ({shown.low:+.2f} to {shown.high:+.2f}), n = {shown.n}"
        control = _control(shown.prediction) or f"the value {shown.prediction.value:g}"
        holding = f"{sum(each.holds for each in measured)} of {len(measured)} predictions"
        rows.append(
            f"| [{name}]({name}.md) | **{verdict(measured)}**, {holding} | {claim.says} |"
            f" {shown.prediction.says}: {effect} | {control} |"
        )
    head = [
        "| preset | verdict | claim | one prediction, measured (mean over seeds, 95 % t interval) | control |",
        "|---|---|---|---|---|",
    ]
    return "\n".join([*head, *rows]) + "\n"


def _control(prediction: Prediction) -> str:
    """Name what is subtracted; empty if nothing is."""
    names = list(dict.fromkeys(condition for weight, condition, _ in prediction.terms if weight < 0))
    first = {condition for weight, condition, _ in prediction.terms if weight > 0}
    if not names or set(names) <= first:
        return ""
    # of a grid: what the cells that are subtracted have in common, and the others do not
    shared = [part for part in names[0].split(", ") if all(part in name.split(", ") for name in names)]
    return ", ".join(part for part in shared if not all(part in name.split(", ") for name in first)) or names[0]
