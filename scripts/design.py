"""Options of commands that draw: how a figure is to look."""

from collections.abc import Collection, Sequence
from typing import Annotated, Any

import typer

Width = Annotated[
    str, typer.Option(metavar="one|two|MM", help="Width: one column (89 mm) or two (183 mm) of a journal, or mm.")
]
Columns = Annotated[int | None, typer.Option(help="Panels side by side.")]
Order = Annotated[
    list[str] | None, typer.Option(metavar="A,B,...", help="Conditions in their order; the others come after them.")
]
Conditions = Annotated[
    list[str] | None, typer.Option(metavar="A,B,...", help="Conditions that are drawn, in their order. Default: all.")
]
Hue = Annotated[
    list[str] | None,
    typer.Option(metavar="KEY", help="Setting that colours stand for; given twice, also what line styles stand for."),
]
Title = Annotated[str, typer.Option(help="What stands above the figure.")]
Label = Annotated[
    list[str] | None, typer.Option(metavar="CONDITION=TEXT", help="What a condition is called in the figure.")
]


def choose_look(width: str, columns: int | None, title: str, **others: Any) -> dict[str, Any]:
    """Return what was chosen of the look of a figure, under the names of `hetevo.analysis.figures.Design`.

    Parameters
    ----------
    width, columns, title : optional
        As on the command line.
    **others
        The other options of `Design`; what is empty was not given.

    Raises
    ------
    SettingError
        If a value is none of those that there are.
    """
    from hetevo.analysis.figures import Design
    from hetevo.populations.errors import SettingError

    given = {"width": _read_width(width), "columns": columns, "title": title, **others}
    chosen = {option: value for option, value in given.items() if value not in (None, "", [], {})}
    try:
        Design(**chosen)
    except SettingError as error:
        raise name_option(error) from None
    return chosen


def name_option(error: Exception) -> Exception:
    """Return an error of a `Design` with the option that is meant."""
    from hetevo.populations.errors import SettingError

    return SettingError(f"--{error}".replace("--labels:", "--label:"))


def _read_width(width: str) -> str | float:
    """Take what looks like a number for mm."""
    try:
        return float(width.removesuffix("mm"))
    except ValueError:
        return width


def split_names(given: Sequence[str], names: Collection[str]) -> list[str]:
    """Split at commas, but not inside names of conditions, which may have some."""
    order = []
    for text in given:
        words = text.split(",")
        while words:
            # the longest beginning that is a name, or else one word, which will be refused
            ends = [end for end in range(len(words), 0, -1) if ",".join(words[:end]).strip() in names]
            end = ends[0] if ends else 1
            order.append(",".join(words[:end]).strip())
            words = words[end:]
    return order


def split_labels(given: Sequence[str], names: Collection[str]) -> dict[str, str]:
    """Split at the sign of equality that ends the name of a condition, which may have some."""
    from hetevo.populations.errors import SettingError

    labels = {}
    for text in given:
        places = [place for place, char in enumerate(text) if char == "="]
        if not places:
            raise SettingError(f'--label: expected CONDITION=TEXT, such as "{next(iter(names))}=Text", got {text!r}.')
        end = next((place for place in places[::-1] if text[:place] in names), places[0])
        labels[text[:end]] = text[end + 1 :]
    return labels
