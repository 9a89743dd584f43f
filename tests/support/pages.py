"""Examples in the documentation."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(page for page in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")] if "```python" in page.read_text())
"""Pages with examples."""


def examples(page):
    """Return the examples of a page, in their order."""
    return re.findall(r"^```python\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)


def defined_in(page):
    """Return what the examples of a page that are whole files define, by name."""
    names = {"__name__": f"example_of_{page.stem}"}
    for example in filter(is_file, examples(page)):
        exec(compile(example, str(page), "exec"), names)
    return names


def is_file(example):
    """Tell whether an example is a whole file of somebody's own: it defines something."""
    return re.search(r"^(def|class) ", example, re.MULTILINE) is not None


TUTORIALS = sorted(page for page in (ROOT / "docs" / "tutorials").glob("*.md") if page.stem != "index")
"""Pages that are notebooks."""


def cells(page):
    """Return the cells of a notebook: their magic (``bash``, ``writefile NAME`` or none) and what they hold."""
    found = re.findall(
        r"^```\{code-cell\} ipython3\n(?::.*\n)*(?:%%(.*)\n)?((?s:.*?))^```", page.read_text(), re.MULTILINE
    )
    return [(magic, content) for magic, content in found]
