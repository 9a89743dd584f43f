"""Draw every kind of figure from small runs, and write the page that shows them: ``python docs/builders/gallery.py``.

Runs are those of the sweeps in ``docs/gallery``. Each figure is drawn by the command that stands beside it. A new kind
of figure needs a line in `RUNS` only if it cannot be drawn from the sweep `USUAL`.
"""

import os
import shlex
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from matplotlib.image import imread
from typer.testing import CliRunner

from hetevo.analysis import figures
from hetevo.analysis.figures import FIGURES
from hetevo.scripts.main import app

HERE = Path(__file__).resolve().parents[1]
SWEEPS = HERE / "gallery"
TARGET = HERE / "generated" / "gallery"

USUAL = "selection-and-drift"
ONE = f"{USUAL}/selection-seed0"

RUNS = {
    "gains": ONE,
    "signs": ONE,
    "phi": ONE,
    "phase-diagram": "density-and-gain",
    "metaplasticity": "histories",
    "bcm": "intensities",
    "exchange": "exchange",
    "front": "objectives",
    "front-alignment": "objectives",
    "hypervolume": "objectives",
    "archive": "elites/smoke-seed0",
}
"""Of which sweep or run a kind of figure is drawn, if not of `USUAL`."""

DPI = 300
SCREEN_DPI = 120
"""Pixels an inch on the page, of the `DPI` in the file."""


class Picture(NamedTuple):
    """A picture of the gallery.

    Parameters
    ----------
    name : str
        Its heading, and the name of its file.
    says : str
        What it shows, in a sentence.
    command : str
        Which draws it, without ``-o``.
    python : str
        The same from Python.
    """

    name: str
    says: str
    command: str
    python: str


def describe(function: Callable[..., Any]) -> str:
    """Return the first paragraph of a docstring on one line, without its marks of code."""
    paragraph = (function.__doc__ or "").strip().split("\n\n")[0]
    return " ".join(paragraph.split()).replace("``", "`")


def call(kind: str) -> str:
    """Write how a figure is named in Python.

    >>> call("phase-diagram")
    'hetevo.figures.phase_diagram'
    """
    name = kind.replace("-", "_")
    return f"hetevo.figures.{name}" if name in figures.__all__ else f'hetevo.figures.FIGURES["{kind}"]'


def list_pictures() -> list[Picture]:
    """Return every registered kind of figure, then what other commands draw."""
    kinds = []
    for kind, function in FIGURES.items():
        runs = f"runs/{RUNS.get(kind, USUAL)}"
        kinds.append(
            Picture(
                kind,
                describe(function),
                f"hetevo plot {runs} --kind {kind}",
                f'runs = hetevo.load_all(["{runs}"])\nplot = {call(kind)}(runs)',
            )
        )
    evolved = f'run = hetevo.load_run("runs/{ONE}")\n'
    circuit = "from hetevo.analysis.figures.circuit import draw_individual\n\n"
    champion = "champion = run.champion()\nplot = {}\n"
    others = [
        Picture(
            "circuit",
            "Both pathways of an evolved circuit, and the signs of its gains.",
            f"hetevo draw runs/{ONE}",
            f"{evolved}{circuit}{champion.format('draw_individual(champion.species, champion.genes)')}",
        ),
        Picture(
            "circuit-of-a-preset",
            "A founder with error neurons beside the forward ones.",
            "hetevo draw error-neurons-evolved",
            "",
        ),
        Picture("rule", "A learning rule that is inherited whole.", "hetevo draw chalmers", ""),
        Picture(
            "trace",
            "Weights, activities, learning signals and measures of one individual through its life.",
            f"hetevo trace runs/{ONE} --every 10 -o trace.npz",
            f"{evolved}plot = hetevo.figures.trace(run.trace(every=10))",
        ),
    ]
    return [*kinds, *others]


def hetevo(*arguments: str) -> None:
    """Run a command as the shell would, and end with its message if it fails."""
    result = CliRunner().invoke(app, list(arguments))
    if result.exit_code:
        sys.exit(f"hetevo {shlex.join(arguments)}: exit status {result.exit_code}\n{result.output}")


def make_runs() -> None:
    """Run the sweeps, as far as that is not done."""
    for sweep in sorted(SWEEPS.glob("*.toml")):
        hetevo("sweep", str(sweep), "-o", f"runs/{sweep.stem}")


def draw(picture: Picture) -> None:
    """Draw a picture by its command."""
    words = shlex.split(picture.command)[1:]
    if words[0] == "trace":
        # its figure lies beside the arrays
        hetevo(*words)
        Path("trace.npz").unlink()
        return
    hetevo(*words, "-o", f"{picture.name}.png", "--force")


def write_section(picture: Picture) -> str:
    """Write the part of the page about one picture."""
    width = round(imread(f"{picture.name}.png").shape[1] * SCREEN_DPI / DPI)
    lines = [
        f"(gallery-{picture.name})=",
        f"## {picture.name}",
        picture.says,
        f"```{{image}} /generated/gallery/{picture.name}.png\n:width: {width}px\n:alt: {picture.says}\n```",
        f"```console\n$ {picture.command}\n```",
        *([f"```python\n{picture.python}\n```"] if picture.python else []),
    ]
    return "\n\n".join(lines)


def write_page(pictures: list[Picture]) -> str:
    """Write the page: small pictures that lead to large ones."""
    cards = [
        f":::{{grid-item-card}} {picture.name}\n:img-top: /generated/gallery/{picture.name}.png\n"
        f":link: gallery-{picture.name}\n:link-type: ref\n:::"
        for picture in pictures
    ]
    grid = ["::::{grid} 2 3 3 4\n:gutter: 2\n:class-container: gallery", *cards, "::::"]
    runs = [
        f"### {sweep.stem}\n\n```console\n$ hetevo sweep docs/gallery/{sweep.name} -o runs/{sweep.stem}\n```\n\n"
        f"```{{literalinclude}} /gallery/{sweep.name}\n:language: toml\n```"
        for sweep in sorted(SWEEPS.glob("*.toml"))
    ]
    sections = [write_section(picture) for picture in pictures]
    return "\n\n".join(["\n".join(grid), *sections, "## The runs behind them", *runs]) + "\n"


def main() -> None:
    """Make runs, pictures and page."""
    TARGET.mkdir(parents=True, exist_ok=True)
    os.chdir(TARGET)
    make_runs()
    pictures = list_pictures()
    for picture in pictures:
        draw(picture)
    Path("page.md").write_text(write_page(pictures), encoding="utf-8")
    # what the page does not show
    for other in [*Path().glob("*.pdf"), *Path().glob("*.csv"), *Path().glob("*.txt")]:
        other.unlink()
    shutil.rmtree("runs")


if __name__ == "__main__":
    main()
