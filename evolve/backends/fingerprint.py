"""What computes: the software and the machine that decide the bits of a result, as every worker shows them."""

import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache

from hetevo.evolve.backends.job import Job
from hetevo.evolve.backends.portable import blas_libraries, is_pinned, pinned_machine
from hetevo.evolve.software import cpu_features, hash_sources, installed_version
from hetevo.populations.errors import MachineFailedError, spell

OWN = frozenset({"hetevo.evolve", "hetevo.populations"})
"""Packages whose sources decide a result, whatever is evaluated."""


@dataclass(frozen=True)
class Fingerprint:
    """What a process computes with.

    Parameters
    ----------
    host : str
        Name of the machine.
    software : mapping of str to str
        Versions, and hashes of the sources of packages.
    machine : mapping of str to str
        What the machine chooses among: the kernel of linear algebra, the processor's features.
    """

    host: str = "a worker that shows no fingerprint"
    software: Mapping[str, str] = field(default_factory=dict)
    machine: Mapping[str, str] = field(default_factory=dict)

    def problem(self, mine: "Fingerprint", *, mixed: bool) -> str:
        """Say why results of this process cannot stand beside those of ``mine``; empty if they can.

        ``mixed``: whether machines may differ.
        """
        # other software computes something else; another machine only other last bits
        other = _find_differences(self.software, mine.software)
        if not mixed:
            other += _find_differences(self.machine, mine.machine)
        return f"{self.host} computes otherwise than this run ({'; '.join(other)})" if other else ""


def _find_differences(theirs: Mapping[str, str], mine: Mapping[str, str]) -> list[str]:
    return [
        f"{name}: {theirs.get(name, 'none')} there, {mine.get(name, 'none')} here"
        for name in {**mine, **theirs}
        if theirs.get(name) != mine.get(name)
    ]


def fingerprint(job: Job | None = None) -> Fingerprint:
    """Return that of this process, found out once: the code that it has loaded stays what it was.

    Parameters
    ----------
    job : Job, optional
        What is evaluated: the packages of its task, rule, wiring and probe count too.
    """
    return _take_fingerprint(_find_packages(job))


def workers_fingerprint(job: Job | None = None, *, portable: bool = False) -> Fingerprint:
    """Return what workers of this machine show: the same, unless they compute portably and this process does not.

    Parameters
    ----------
    job : Job, optional
        What is evaluated; it says whether that is portable.
    portable : bool, optional
        Whether it is, without a job.
    """
    mine = fingerprint(job)
    return replace(mine, machine=pinned_machine()) if portable or (job and job.portable) else mine


def check_unchanged(job: Job) -> None:
    """Compare what this process computes with and what one that is started now would.

    Raises
    ------
    MachineFailedError
        If the code was changed in between.
    """
    check_result(_take_fingerprint.__wrapped__(_find_packages(job)), fingerprint(job))


def check_same(mine: Fingerprint) -> None:
    """Compare this process, on the machine of the run, with the one that started it.

    Raises
    ------
    MachineFailedError
        If the code was changed in between.
    """
    check_result(fingerprint(), mine)


def check_result(theirs: Fingerprint, mine: Fingerprint) -> None:
    """Compare a worker on this machine with the process that evolves.

    Raises
    ------
    MachineFailedError
        If it is another one: then so will be every other that is started from now on.
    """
    if problem := theirs.problem(mine, mixed=False):
        raise MachineFailedError(
            f"Expected worker processes that compute as the run does, but a new one on {problem}. Its results are not"
            " used. The code or an installed package was changed while the run went on: put it back, or let the run go"
            f" on with what is there now, as far as it was saved: {spell('resume', 'RUN')}"
        )


def _find_packages(job: Job | None) -> frozenset[str]:
    """Return the packages whose sources decide the results of a job."""
    # whoever wrote a task, rule or probe decides results as well
    parts = (job.probe, job.species.task, job.species.rule, job.species.family) if job else ()
    found = {_find_package(type(part).__module__) for part in parts if part is not None}
    return OWN.union(found, job.packages if job else ())


def _find_package(module: str) -> str:
    """Return the package to which a module belongs; of Hetevo itself, the room."""
    return ".".join(module.split(".")[: 2 if module.startswith("hetevo.") else 1])


@cache
def _take_fingerprint(packages: frozenset[str]) -> Fingerprint:
    # what decides a result: the code, the libraries, and what these choose for the processor
    sources = {f"sources of {name}": found for name in sorted(packages) if (found := hash_sources(name))}
    libraries = blas_libraries()
    return Fingerprint(
        platform.node(),
        {
            "python": ".".join(platform.python_version_tuple()[:2]),
            **{name: installed_version(name) or "none" for name in ("hetevo", "numpy", "scipy")},
            "linear algebra": _join_names(f"{library['internal_api']} {library['version']}" for library in libraries),
            **sources,
        },
        pinned_machine()
        if is_pinned()
        else {
            "kernel of linear algebra": _join_names(library.get("architecture", "") for library in libraries),
            "processor": " ".join([platform.machine(), *cpu_features()]),
        },
    )


def _join_names(names: Iterable[str]) -> str:
    return ", ".join(sorted(set(names)))
