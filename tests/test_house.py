"""Rules of the house that no linter knows: private names stay at home, files stay short, and the maps are true."""

import ast
import importlib
import re
from functools import reduce
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ["populations", "evolve", "analysis", "scripts"]
FILES = {file.relative_to(ROOT).as_posix(): file for room in ROOMS for file in sorted((ROOT / room).rglob("*.py"))}
FILES |= {f"hetevo/{file.name}": file for file in sorted((ROOT / "hetevo").glob("*.py"))}
MAPS = ["CONTRIBUTING.md", "docs/extending.md", "tests/README.md"]
GROUPS = ["hetevo.probes"]
"""Names of entry points, which are no modules."""


def is_private(name):
    return name.startswith("_") and not name.startswith("__")


def own_names(tree):
    """Return all names that a file gives to anything, attributes of its objects among them."""
    names = set()
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                names.add(name)
    return names


def borrowed_names(tree):
    """Return the private names of other modules that a file uses; what a class inherits is its own."""
    own, borrowed = own_names(tree), set()
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module=module, names=names) if module and module.startswith("hetevo"):
                borrowed |= {alias.name for alias in names if is_private(alias.name)}
            case ast.Attribute(value=ast.Name(id="self" | "cls" | "os")):
                pass  # inherited, or `os._exit`
            case ast.Attribute(attr=name) if is_private(name) and name not in own:
                borrowed.add(name)
    return borrowed


def test_private_names_are_used_at_home_only():
    trees = {path: ast.parse(file.read_text()) for path, file in FILES.items()}
    borrowed = [f"{path}: {name}" for path, tree in trees.items() for name in borrowed_names(tree)]
    assert not borrowed


AT_HOME = {"evolve/posix.py", "evolve/machine.py", "evolve/backends/ray/host.py"}
"""What may ask the system in a way that not every system has: see the first of them."""


def test_what_only_some_systems_have_is_asked_for_in_one_place():
    systems = re.compile(
        r"^ *(import|from) (fcntl|resource|msvcrt)\b|[\"']/proc|pthread_sigmask|os\.(kill|killpg|sysconf)\("
    )
    asked = {
        path: found
        for path, file in FILES.items()
        if path not in AT_HOME and "bench/" not in path
        if (found := [line for line in file.read_text().splitlines() if systems.search(line)])
    }
    assert not asked


def test_files_have_at_most_300_lines():
    assert not [path for path, file in FILES.items() if len(file.read_text().splitlines()) > 300]


def test_functions_have_at_most_60_lines_without_their_docstrings():
    long = []
    for path, file in FILES.items():
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.FunctionDef):
                text = node.body[0]
                documented = text.end_lineno - text.lineno + 1 if ast.get_docstring(node) is not None else 0
                if (lines := node.end_lineno - node.lineno + 1 - documented) > 60:
                    long.append(f"{path}: {node.name} has {lines}")
    assert not long


@pytest.mark.parametrize("page", MAPS)
def test_paths_of_a_map_exist(page):
    paths = re.findall(r"`([a-z._][\w.-]*/[\w./-]*|[\w.-]+\.(?:md|lock|toml))`", (ROOT / page).read_text())
    assert not [path for path in paths if "NAME" not in path and not (ROOT / path).exists()]


def test_tests_that_threats_name_exist():
    paths = re.findall(r"`(\w+/[\w/]+\.py)`", (ROOT / "docs" / "threats.md").read_text())
    assert paths
    assert not [path for path in paths if not (ROOT / "tests" / path).exists()]


@pytest.mark.parametrize("page", MAPS)
def test_names_of_a_map_exist(page):
    names = re.findall(r"`(hetevo\.[\w.]+)`", (ROOT / page).read_text())
    assert not [name for name in names if name not in GROUPS and not is_there(name)]


LISTED = {
    "populations.tasks.TASKS": "model.md",
    "populations.rules.RULES": "model.md",
    "populations.wiring.WIRINGS": "circuits.md",
    "populations.formulas.FORMULAS": "model.md",
    "evolve.algorithms.ALGORITHMS": "searching.md",
    "evolve.variation.CROSSOVERS": "searching.md",
    "evolve.variation.MUTATIONS": "searching.md",
}


@pytest.mark.parametrize("place", LISTED)
def test_every_member_is_in_the_documentation(place):
    module, _, name = place.rpartition(".")
    registry = getattr(importlib.import_module(f"hetevo.{module}"), name)
    page = (ROOT / "docs" / LISTED[place]).read_text()
    assert not [member for member in getattr(registry, "own", registry) if not re.search(rf'[`"]{member}[`"]', page)]


def test_every_kind_of_figure_is_in_the_documentation():
    kinds = importlib.import_module("hetevo.analysis.figures").FIGURES.own
    page = (ROOT / "docs" / "figures.md").read_text()
    assert set(re.findall(r"^\| `([\w-]+)` \|", page, re.MULTILINE)) == set(kinds)


def is_there(name):
    """Tell whether a dotted name is a module, or an attribute of one."""
    parts = name.split(".")
    for count in range(len(parts), 0, -1):
        try:
            home = importlib.import_module(".".join(parts[:count]))
        except ModuleNotFoundError:
            continue
        try:
            reduce(getattr, parts[count:], home)
        except AttributeError:
            return False
        return True
    return False
