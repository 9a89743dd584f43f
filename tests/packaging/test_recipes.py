"""Recipes for conda and Docker, and the citation, say what pyproject.toml says."""

import re
import tomllib
from pathlib import Path

import yaml
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
CONDA = {"matplotlib": "matplotlib-base", "ray": "ray-core", "seaborn": "seaborn-base"}
"""Names of conda-forge that are others; those packages hold what pip installs without extras."""


def split(text):
    name, _, versions = text.partition(" ")
    return name, {one for one in versions.split(",") if one}


def test_the_conda_recipe_needs_what_the_project_needs():
    text = (ROOT / "recipe" / "recipe.yaml").read_text()
    context = yaml.safe_load(text)["context"]
    # as rattler-build fills it in
    recipe = yaml.safe_load(re.sub(r"\$\{\{ (\w+) \}\}", lambda found: context.get(found[1], found[1]), text))
    assert (recipe["package"]["name"], recipe["package"]["version"]) == (PROJECT["name"], PROJECT["version"])
    needed = [Requirement(one) for one in PROJECT["dependencies"]]
    assert not any(one.extras for one in needed)
    expected = {CONDA.get(one.name, one.name): {str(part) for part in one.specifier} for one in needed}
    python, *run = map(split, recipe["requirements"]["run"])
    assert dict(run) == expected
    assert python == ("python", {*PROJECT["requires-python"].split(",")})
    assert {split(one)[0] for one in recipe["requirements"]["host"]} == {"python", "pip", "hatchling"}
    (script,) = recipe["build"]["python"]["entry_points"]
    assert script == f"hetevo = {PROJECT['scripts']['hetevo']}"
    assert (recipe["about"]["license"], recipe["about"]["summary"]) == (PROJECT["license"], PROJECT["description"])


def test_the_image_is_built_from_what_is_locked_and_runs_as_nobody_special():
    lines = (ROOT / "Dockerfile").read_text()
    users = re.findall(r"^USER (.+)$", lines, re.MULTILINE)
    assert users == ["1000:1000"]
    assert lines.rindex("USER 1000") > lines.rindex("FROM ")
    assert "--require-hashes -r requirements.lock" in lines
    kept = {line.removeprefix("!") for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] == "!"}
    assert {"analysis", "evolve", "hetevo", "populations", "scripts", *PROJECT["license-files"]} <= kept
    assert PROJECT["readme"] in kept
    assert all((ROOT / name).exists() for name in kept)


def test_the_citation_names_this_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert (citation["version"], citation["license"]) == (PROJECT["version"], PROJECT["license"])
    assert citation["authors"] == PROJECT["authors"]
