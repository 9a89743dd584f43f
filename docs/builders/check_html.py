"""Check built pages: every link inside leads somewhere, and nothing is fetched from outside: ``check_html.py FOLDER``.

Links to other sites are not followed, for there may be no network.
"""

import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

SOURCES = {"src", "srcset", "poster", "data"}
"""Attributes whose address a browser fetches at once, in whatever element."""

FETCHED_LINKS = {"stylesheet", "icon", "preload", "prefetch", "preconnect", "dns-prefetch", "modulepreload"}
"""Kinds of ``<link>`` that are fetched; others, such as ``canonical``, are only named."""

OUTSIDE = re.compile(r"(https?:)?//", re.IGNORECASE)


class Page(HTMLParser):
    """What a page refers to.

    Parameters
    ----------
    text : str
        HTML.

    Attributes
    ----------
    links : list of str
        What a reader may follow.
    fetched : list of str
        What a browser loads by itself.
    anchors : set of str
        Where links may lead on this page.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.fetched: list[str] = []
        self.anchors: set[str] = set()
        self._is_style = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Sort an element's addresses."""
        values = {name: value or "" for name, value in attrs}
        self._is_style = tag == "style"
        self.anchors |= {values[name] for name in ("id", "name") if name in values}
        self.fetched += [values[name] for name in SOURCES & values.keys()]
        self.fetched += list_styled(values.get("style", ""))
        if tag == "link" and FETCHED_LINKS & set(values.get("rel", "").split()):
            self.fetched.append(values.get("href", ""))
        elif tag in ("a", "area") and "href" in values:
            self.links.append(values["href"])

    def handle_data(self, data: str) -> None:
        """Read styles that stand in the page."""
        if self._is_style:
            self.fetched += list_styled(data)


def list_styled(style: str) -> list[str]:
    """Return what a style sheet fetches.

    >>> list_styled("@import 'a.css'; p { background: url(b.png) }")
    ['a.css', 'b.png']
    """
    return re.findall(r"(?:url\(\s*|@import\s+)['\"]?([^'\")\s;]+)", style)


def check(folder: Path) -> Iterator[str]:
    """Say what is wrong with the pages in a folder, a line each.

    Parameters
    ----------
    folder : Path
        Of HTML pages and style sheets.

    Yields
    ------
    str
        The page, and what is wrong with it.
    """
    pages = {
        file: Page(file.read_text(encoding="utf-8"))
        for file in sorted(folder.rglob("*.html"))
        if "_static" not in file.parts
    }
    for file, page in pages.items():
        name = file.relative_to(folder)
        for address in page.fetched:
            if OUTSIDE.match(address):
                yield f"{name}: {address} is fetched from outside"
            elif not address.startswith("data:") and not find(file, address).exists():
                yield f"{name}: {address} is not there"
        for address in sorted(set(page.links)):
            parts = urlsplit(address)
            if parts.scheme or parts.netloc:
                continue
            target = find(file, address)
            if not target.is_file():
                yield f"{name}: the link {address} leads nowhere"
            elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].anchors:
                yield f"{name}: the link {address} leads to no such place on that page"
    for file in sorted(folder.rglob("*.css")):
        for address in list_styled(file.read_text(encoding="utf-8")):
            if OUTSIDE.match(address):
                yield f"{file.relative_to(folder)}: {address} is fetched from outside"


def find(page: Path, address: str) -> Path:
    """Return the file that an address on a page means."""
    path = unquote(urlsplit(address).path)
    return (page.parent / path).resolve() if path else page.resolve()


def main() -> None:
    """Print what is wrong, and end with 1 if anything is."""
    folder = Path(sys.argv[1]).resolve()
    wrong = list(check(folder))
    print("\n".join(wrong) or f"{folder}: all links inside lead somewhere, and nothing is fetched from outside")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
