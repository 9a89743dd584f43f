"""Locked versions: complete, each file with its hash, and from nowhere in particular."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
LOCKS = {
    "requirements.lock": ["", "data", "dev", "graphs", "stats"],
    "requirements-bench.lock": ["bench"],
    "requirements-docs.lock": ["docs"],
    "requirements-qd.lock": ["qd"],
}


def entries(name):
    """Yield a locked requirement and the hashes of its files."""
    text = re.sub(r"^\s*#.*\n?", "", (ROOT / name).read_text(), flags=re.MULTILINE)
    for entry in text.replace("\\\n", " ").splitlines():
        requirement, *hashes = entry.split("--hash=")
        yield Requirement(requirement), [one.strip() for one in hashes]


@pytest.mark.parametrize("name", LOCKS)
def test_every_file_has_a_hash_and_no_address(name):
    for requirement, hashes in entries(name):
        assert re.fullmatch(r"==[\w.]+", str(requirement.specifier)), requirement
        assert requirement.url is None
        assert hashes, requirement
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", one) for one in hashes)
    # no index, no folder, no option that names one
    assert not re.findall(r"://|^-(?!-hash)|^\S*/|\s--(?!hash=)\S+", (ROOT / name).read_text(), re.MULTILINE)


def versions(name, python):
    """Return what is installed from a file on Linux."""
    marks = {"python_version": python[:4], "python_full_version": python, "sys_platform": "linux"}
    return {
        one.name: next(iter(one.specifier)).version
        for one, _ in entries(name)
        if one.marker is None or one.marker.evaluate(marks)
    }


@pytest.mark.parametrize("name", LOCKS)
@pytest.mark.parametrize("python", ["3.11.9", "3.12.9", "3.13.9"])
def test_what_the_project_asks_for_is_locked_in_one_version(name, python):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = {"": project["dependencies"], **project["optional-dependencies"]}
    locked, common = versions(name, python), versions("requirements.lock", python)
    for requirement in map(Requirement, [text for extra in LOCKS[name] for text in asked[extra]]):
        assert requirement.specifier.contains(locked[requirement.name.lower()], prereleases=True), requirement
    assert {package: common[package] for package in locked.keys() & common.keys()}.items() <= locked.items()


def test_set_up_takes_what_is_locked_and_nothing_else():
    makefile = (ROOT / "Makefile").read_text()
    installs = [line for line in makefile.splitlines() if line.startswith("\t") and "$(INSTALL)" in line]
    assert len(installs) == 5
    assert all("--require-hashes -r requirements" in line or "--no-index -e ." in line for line in installs)
    assert len(re.findall("pip install", makefile)) == 1  # the one of INSTALL
