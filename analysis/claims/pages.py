"""Pages about claims: one for each, and a table of all."""

import shlex
from collections.abc import Mapping, Sequence

import numpy as np

from hetevo.analysis.claims.claim import Claim, judge
from hetevo.analysis.claims.prediction import Measured, Prediction

NOT_FROZEN = "Not frozen: exploratory."

SHORT = """\
These values are of the last generations alone, fewer than predictions take means over: no more was recorded when \
these runs were made."""

ON_OTHERS = {
    True: "The runs were portable: every x86-64-v3 processor computes the same values with the same software.",
    False: "The runs were not portable: on a processor of another kind last bits differ, and with them these values.",
}
"""What is said of other processors, by whether runs were portable."""

HOW = """\
Each row is a prediction of its own, which holds if its interval over seeds (95 %; 90 % where bounds are predicted, so \
that two one-sided tests at 5 % decide) lies where it is predicted to. The verdict rests on the key predictions: the \
claim is confirmed if all of them hold, refuted if the interval of one lies entirely on the other side, and undecided \
otherwise. p is of the one-sided t test over seeds on the predicted side, after Holm's correction over the key \
predictions of all claims."""


def markdown(measured: Sequence[Measured], adjusted: Mapping[str, float] | None = None, *, powers: bool = False) -> str:
    """Return a claim's predictions as a table in Markdown.

    Parameters
    ----------
    measured : sequence of Measured
        From `hetevo.analysis.claims.check`.
    adjusted : mapping of str to float, optional
        Of each key prediction, from `hetevo.analysis.claims.adjust`.
    powers : bool, optional
        Add how likely the prediction would be to hold, and how many seeds that needs.
    """
    head = ["prediction", "", "measured, mean over seeds (t interval)", "predicted", "n", "holds", "p (Holm)"]
    rows = []
    for each in measured:
        about = each.prediction
        row = [about.says, "key" if about.key else "", each.text, about.predicted, str(each.n)]
        row += ["yes" if each.holds else "**no**" if each.n else "", _write_p(about, adjusted)]
        rows.append([*row, *(list_power(each) if powers else [])])
    head += [*POWER] if powers else []
    return "\n".join(["| " + " | ".join(row) + " |" for row in [head, ["---"] * len(head), *rows]])


POWER = ("sd over seeds", "effect that matters", "power", "seeds for 80 %")


def list_power(measured: Measured) -> list[str]:
    """Return standard deviation, effect that matters, power and seeds for 80 % as text."""
    about = measured.prediction
    needed = measured.seeds_needed
    chance = f"{measured.power:.0%}" if np.isfinite(measured.power) else ""
    sd = f"{measured.sd:.3g}" if np.isfinite(measured.sd) else ""
    return [sd, f"{about.within or about.matters:g}", chance, str(needed) if needed else ""]


def write_p(value: float) -> str:
    """Write a p value; the smallest by what they are below.

    >>> write_p(0.0312), write_p(1e-9), write_p(float("nan"))
    ('.031', '< .001', '')
    """
    if not np.isfinite(value):
        return ""
    return "< .001" if value < 0.001 else f"{value:.2g}".removeprefix("0")


def _write_p(prediction: Prediction, adjusted: Mapping[str, float] | None) -> str:
    return write_p((adjusted or {}).get(prediction.says, np.nan))


def page(
    claim: Claim,
    measured: Sequence[Measured],
    *,
    circuit: str,
    figure: str,
    base: str,
    adjusted: Mapping[str, float] | None = None,
    frozen: str = NOT_FROZEN,
    notes: Sequence[str] = (),
    portable: bool = False,
    options: Sequence[str] = (),
) -> str:
    """Write the page of a claim in Markdown: what is said, the circuit, what came out, what would refute it.

    Parameters
    ----------
    claim : Claim
        What is claimed.
    measured : sequence of Measured
        From `hetevo.analysis.claims.check`.
    circuit, figure : str
        Names of the pictures, relative to the page.
    base : str
        What its sweep starts from, for `hetevo draw`.
    adjusted : mapping of str to float, optional
        Of each key prediction, from `hetevo.analysis.claims.adjust`.
    frozen : str, optional
        What was fixed before the runs were made, and when.
    notes : sequence of str, optional
        What pilot runs chose.
    portable : bool, optional
        Whether the runs were portable.
    options : sequence of str, optional
        With which the command is repeated.
    """
    again = " ".join(map(shlex.quote, [claim.file, *options]))
    seeds = max(each.n for each in measured)
    verdict, why = judge(claim, measured)
    parts = [
        f"# {claim.name}",
        f"**{claim.says}**",
        f"{f'Source: {claim.source}. ' if claim.source else ''}Repeat it: `hetevo claims {again}`.",
        "## The circuit",
        f"```{{image}} {circuit}\n:alt: A founder of {claim.name}\n:width: 100%\n```",
        f"A founder, drawn by `hetevo draw {shlex.quote(base)}`.",
        "## What came out",
        f"The claim: **{verdict}**; {seeds} seeds. {f'{why} ' if why else ''}{frozen} {ON_OTHERS[portable]}",
        f"```{{image}} {figure}\n:alt: Measures of {claim.name} by condition\n```",
        markdown(measured, adjusted),
        *([SHORT] if any(each.short for each in measured) else []),
        *notes,
        *([claim.note] if claim.note else []),
        "## What would refute it",
        HOW,
    ]
    return "\n\n".join(parts) + "\n"


def overview(
    results: Mapping[str, tuple[Claim, Sequence[Measured]]], adjusted: Mapping[str, Mapping[str, float]] | None = None
) -> str:
    """Write the table of all claims in Markdown, a row a key prediction.

    Parameters
    ----------
    results : mapping of str to (Claim, sequence of Measured)
        By the name of the claim.
    adjusted : mapping of str to mapping of str to float, optional
        From `hetevo.analysis.claims.adjust`.
    """
    rows = []
    for name, (claim, measured) in results.items():
        # what is said of the claim stands before the first of its key predictions
        holding = f"{sum(each.holds for each in measured)} of {sum(each.n > 0 for each in measured)} predictions"
        first = f"| [{name}]({name}.md) | **{judge(claim, measured)[0]}**, {holding} | {claim.says} |"
        for each in [each for each in measured if each.prediction.key] or measured[:1]:
            effect = f"{each.effect:+.2g} ({each.low:+.2g} to {each.high:+.2g}), n = {each.n}"
            p = _write_p(each.prediction, (adjusted or {}).get(name))
            rows.append(
                f"{first} {each.prediction.says}: {effect} | {each.prediction.predicted} |"
                f" {'yes' if each.holds else '**no**'} | {p} |"
            )
            first = "| | | |"
    head = [
        "| preset | verdict | claim | key prediction, measured (mean over seeds, t interval) | predicted | holds |"
        " p (Holm) |",
        "|---|---|---|---|---|---|---|",
    ]
    return "\n".join([*head, *rows]) + "\n"
