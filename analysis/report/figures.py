"""The section of figures."""

from hetevo.analysis.figures import FIGURES
from hetevo.analysis.report.drawings import Drawing, NotDrawn, draw
from hetevo.analysis.report.markup import Markup, listed, tag
from hetevo.analysis.report.study import Study

PIXELS = 150
"""Width of an inch of a figure where there is room, in pixels of the page: about 1.5 times its size in print."""


def figures_section(study: Study) -> tuple[Markup, list[str]]:
    """Draw every figure that applies, and list the others with the reason.

    Returns
    -------
    Markup
        The section.
    list of str
        Faults: figures that failed although nothing says that they cannot be drawn.
    """
    results = [draw(kind, study.runs, study.found) for kind in FIGURES]
    drawn = [one for one in results if isinstance(one, Drawing)]
    reasons: dict[str, list[str]] = {}
    for one in results:
        if isinstance(one, NotDrawn):
            reasons.setdefault(one.reason, []).append(one.kind)
    n = "; ".join(
        f"{condition.name}, n = {len(condition.runs)} seed{'s' if len(condition.runs) > 1 else ''}"
        for condition in study.conditions.values()
    )
    shown = [_figure(number, one, n) for number, one in enumerate(drawn, 1)]
    parts = [tag("div", *shown, class_="figures")] if shown else [tag("p", "None of the figures can be drawn.")]
    if reasons:
        parts.append(tag("h3", "Not drawn"))
        parts.append(listed(_reason(kinds, reason) for reason, kinds in reasons.items()))
    faults = [f"figure {one.kind}: {one.reason}" for one in results if isinstance(one, NotDrawn) and one.fault]
    return tag("section", tag("h2", "Figures"), *parts, id="figures"), faults


def _figure(number: int, one: Drawing, n: str) -> Markup:
    summary, *more = one.about
    width, height = (round(PIXELS * inches) for inches in one.inches)
    alt = f"{summary} Its titles, axes and legend follow as text."
    caption = tag(
        "figcaption",
        tag("p", tag("strong", f"Figure {number}, {one.kind}. "), summary),
        *(tag("p", paragraph) for paragraph in more),
        tag("details", tag("summary", "Runs and legend as text"), tag("p", f"{n}."), listed(one.texts)),
    )
    return tag("figure", tag("img", src=one.image, alt=alt, width=width, height=height), caption, id=f"fig-{one.kind}")


def _reason(kinds: list[str], reason: str) -> Markup:
    return tag("span", tag("strong", ", ".join(kinds)), f": {reason}")
