"""HTML from plain functions: whatever is not made by `tag` is escaped, and holds no absolute paths."""

import html
from collections.abc import Iterable, Sequence

from hetevo.populations.text import without_places

VOID = ("img", "meta")
"""Elements without content."""


class Markup(str):
    """Text that is HTML already; only `tag` and `joined` make it, and never from data."""

    __slots__ = ()


def tag(name: str, /, *children: str, **attributes: str | int) -> Markup:
    """Make an element.

    Parameters
    ----------
    name : str
        Of the element.
    *children : str
        Its content; escaped unless it is `Markup`.
    **attributes : str or int
        Escaped; a trailing underscore is cut off, others become hyphens (``class_``, ``aria_label``).
    """
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{html.escape(str(value))}"' for key, value in attributes.items()
    )
    return Markup(f"<{name}{given}>" if name in VOID else f"<{name}{given}>{joined(children)}</{name}>")


def joined(children: Iterable[str]) -> Markup:
    """Put pieces behind each other; escaped, and without absolute paths, unless they are `Markup`."""
    return Markup(
        "".join(child if isinstance(child, Markup) else html.escape(without_places(child)) for child in children)
    )


def listed(items: Iterable[str], **attributes: str) -> Markup:
    """Make a list of paragraphs' length."""
    return tag("ul", *(tag("li", item) for item in items), **attributes)


def table(caption: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> Markup:
    """Make a table whose first column names its rows; it scrolls inside its own box where the screen is narrow."""
    names = tag("thead", tag("tr", *(tag("th", name, scope="col") for name in head)))
    body = [tag("tr", tag("th", row[0], scope="row"), *(tag("td", cell) for cell in row[1:])) for row in rows]
    whole = tag("table", tag("caption", caption), names, tag("tbody", *body))
    # it can be scrolled by keyboard only if it takes the focus
    return tag("div", whole, class_="scroll", tabindex=0, role="region", aria_label=caption)
