"""The description of an archive for data repositories: an RO-Crate, JSON that says what each file is and how it came.

Soiland-Reyes, S. et al. (2022), Packaging research artefacts with RO-Crate, Data Science 5(2), 97-138; format 1.2,
https://w3id.org/ro/crate/1.2. Nothing in it depends on when or where an archive is made.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hetevo.evolve.rundir.schemas import File
from hetevo.populations.errors import SettingError

METADATA = "ro-crate-metadata.json"
FORMAT = "https://w3id.org/ro/crate/1.2"

_PERSON = re.compile(r"(?P<name>[^<>]+?)\s*(?:<(?P<orcid>https://orcid\.org/\d{4}-\d{4}-\d{4}-\d{3}[\dX])>)?")
_KINDS = (
    ("config.toml", "application/toml", "The complete configuration"),
    ("provenance.json", "application/json", "What ran, when, and with which versions"),
    ("pruned.json", "application/json", "What was removed from the run on purpose"),
    ("sweep.json", "application/json", "What the runs of the sweep are"),
    ("events.jsonl", "application/jsonl", "Telemetry"),
    ("manifest.json", "application/json", "Checksums of a checkpoint and of the records up to it"),
    ("state.npz", "application/x-npz", "The state after a generation, as NumPy arrays"),
    (".parquet", "application/vnd.apache.parquet", "Records: generations, individuals or failures"),
)
"""Ends of paths, with the type of such files and what they hold."""


@dataclass(frozen=True)
class Described:
    """A run in an archive, as its description needs it.

    Parameters
    ----------
    folder : str
        Where it lies in the archive, with a slash at its end; empty: at the top.
    name : str
        What it is called.
    config : mapping
        Its configuration, as nested dictionaries.
    sessions : sequence of mapping
        Of its provenance.
    """

    folder: str
    name: str
    config: Mapping[str, Any]
    sessions: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class About:
    """What people say of an archive.

    Parameters
    ----------
    name, description : str, optional
        For readers; empty: made from the runs.
    authors : tuple of str, optional
        Names, each perhaps with an address: ``Ada Lovelace <https://orcid.org/0000-0000-0000-0000>``.
    license : str, optional
        Identifier of SPDX, such as ``CC-BY-4.0``, or an address.

    Raises
    ------
    SettingError
        If an author or the licence is written in another way.
    """

    name: str = ""
    description: str = ""
    authors: tuple[str, ...] = ()
    license: str = ""

    def __post_init__(self) -> None:
        for author in self.authors:
            if not _PERSON.fullmatch(author):
                raise SettingError(
                    f"--author: expected a name, or one with an ORCID such as 'Ada Lovelace"
                    f" <https://orcid.org/0000-0002-1825-0097>', got {author!r}."
                )
        if self.license and not re.fullmatch(r"[A-Za-z0-9.+-]+|https?://\S+", self.license):
            raise SettingError(
                f"--license: expected an SPDX identifier such as CC-BY-4.0, or an address, got {self.license!r}."
            )


def describe(runs: Sequence[Described], files: Mapping[str, File], about: About, notes: Sequence[str] = ()) -> bytes:
    """Return the content of ``ro-crate-metadata.json``.

    Parameters
    ----------
    runs : sequence of Described
        At least one.
    files : mapping of str to File
        Size and checksum of every other file, by its path in the archive.
    about : About
        What people say.
    notes : sequence of str, optional
        What is missing; it stands at the end of the description.
    """
    several = any(run.folder for run in runs)
    shared = _shared([_flatten(run.config) for run in runs]) if several else {}
    software = {name: version for run in runs for name, version in _versions(run).items()}
    hetevo = f"#hetevo-{software.get('hetevo', '')}"
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": about.name
        or ", ".join(dict.fromkeys(run.name for run in runs[:3])) + (", ..." if len(runs) > 3 else ""),
        "description": " ".join(
            [about.description or _summarise(runs, software.get("hetevo", "")), *(f"Note: {note}." for note in notes)]
        ),
        "datePublished": max((stamp[:10] for run in runs for stamp in _times(run)), default="1970-01-01"),
        "hasPart": _refer(name for name in files if not several or "/" not in name or name.startswith("data/")),
        "mentions": _plain(_refer(f"#run-{number}" for number in range(len(runs)))),
        **_people(about),
    }
    if several:
        root["hasPart"] += _refer(run.folder for run in runs)
    if shared:
        root["additionalProperty"] = _refer(f"#all/{key}" for key in shared)
    graph: list[dict[str, Any]] = [
        {
            "@id": METADATA,
            "@type": "CreativeWork",
            "name": METADATA,
            "conformsTo": {"@id": FORMAT},
            "about": {"@id": "./"},
        },
        root,
        *_authors(about),
        *_licenses(about),
        {
            "@id": hetevo,
            "@type": "SoftwareApplication",
            "name": "Hetevo",
            "softwareVersion": software.get("hetevo", "unknown"),
            "version": software.pop("hetevo", "unknown"),
            "softwareRequirements": _refer(f"#{name}-{version}" for name, version in software.items()),
        },
        *(_describe_package(name, version) for name, version in software.items()),
        *_parameters("#all", shared),
    ]
    for number, run in enumerate(runs):
        graph += _describe_run(number, run, files, shared, hetevo)
    graph += [_describe_file(name, file) for name, file in files.items()]
    content = {"@context": f"{FORMAT}/context", "@graph": graph}
    return json.dumps(content, indent=1, sort_keys=True).encode() + b"\n"


def _describe_run(
    number: int, run: Described, files: Mapping[str, File], shared: Mapping[str, str], hetevo: str
) -> Iterator[dict[str, Any]]:
    """Yield the run as something that was done, with its parameters, and as a folder if it is one of several."""
    own = {key: value for key, value in _flatten(run.config).items() if key not in shared}
    started, ended = (_times(run) or [""])[0], (_times(run) or [""])[-1]
    yield {
        "@id": f"#run-{number}",
        "@type": "CreateAction",
        "name": run.name,
        "instrument": {"@id": hetevo},
        "object": _refer([f"{run.folder}config.toml", *(f"#run-{number}/{key}" for key in own)]),
        "result": {"@id": run.folder or "./"},
        **({"startTime": started, "endTime": ended} if started else {}),
    }
    yield from _parameters(f"#run-{number}", own)
    if run.folder:
        inside = [name for name in files if name.startswith(run.folder)]
        yield {"@id": run.folder, "@type": "Dataset", "name": run.name, "hasPart": _refer(inside)}


def _describe_package(name: str, version: str) -> dict[str, Any]:
    known = {"url": f"https://pypi.org/project/{name}/{version}/", "softwareVersion": version, "version": version}
    return {"@id": f"#{name}-{version}", "@type": "SoftwareApplication", "name": name, **known}


def _describe_file(name: str, file: File) -> dict[str, Any]:
    kind = next((kind for kind in _KINDS if name.endswith(kind[0])), None)
    known = {"encodingFormat": kind[1], "description": kind[2]} if kind else {}
    return {"@id": name, "@type": "File", "name": name, "contentSize": str(file.bytes), "sha256": file.sha256, **known}


def _parameters(place: str, values: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    for key, value in values.items():
        yield {"@id": f"{place}/{key}", "@type": "PropertyValue", "name": key, "value": value}


def _people(about: About) -> dict[str, Any]:
    """Return what a dataset says of its authors and its licence."""
    found: dict[str, Any] = {"author": _plain(_refer(one["@id"] for one in _authors(about)))} if about.authors else {}
    for entity in _licenses(about):
        found["license"] = {"@id": entity["@id"]}
    return found


def _licenses(about: About) -> list[dict[str, Any]]:
    if not about.license:
        return []
    address = about.license if "://" in about.license else f"https://spdx.org/licenses/{about.license}"
    return [{"@id": address, "@type": "CreativeWork", "name": about.license}]


def _authors(about: About) -> list[dict[str, Any]]:
    found = [match for author in about.authors if (match := _PERSON.fullmatch(author))]
    return [
        {"@id": match["orcid"] or f"#author-{number}", "@type": "Person", "name": match["name"]}
        for number, match in enumerate(found, start=1)
    ]


def _refer(names: Iterable[str]) -> list[dict[str, str]]:
    return [{"@id": name} for name in names]


def _plain(found: list[dict[str, str]]) -> list[dict[str, str]] | dict[str, str]:
    """Write one as itself, as the format recommends, and several as a list."""
    return found[0] if len(found) == 1 else found


def _summarise(runs: Sequence[Described], version: str) -> str:
    evolution = runs[0].config.get("evolution", {})
    what = "A run" if len(runs) == 1 else f"{len(runs)} runs"
    size, generations = evolution.get("size"), evolution.get("generations")
    of = f" of {size} individuals through {generations} generations" if len(runs) == 1 else ""
    return (
        f"{what} of Hetevo {version}{of}: configuration, provenance, records and checkpoints. Unpacked, the folder is"
        " read by `hetevo plot`, checked by `hetevo verify` and gone on with by `hetevo resume`; records are Parquet."
    )


def _times(run: Described) -> list[str]:
    """List when the run's sessions began and ended, in order."""
    stamps = [session.get(key) for session in run.sessions for key in ("started", "stopped")]
    return sorted(stamp for stamp in stamps if isinstance(stamp, str))


def _versions(run: Described) -> dict[str, str]:
    """Return the versions of packages that its last session ran with."""
    found = run.sessions[-1].get("versions") if run.sessions else None
    return {str(name): str(version) for name, version in found.items()} if isinstance(found, dict) else {}


def _flatten(content: Mapping[str, Any], before: str = "") -> dict[str, str]:
    """Return all values by their dotted keys, as JSON."""
    flat: dict[str, str] = {}
    for key, value in content.items():
        if isinstance(value, Mapping) and value:
            flat |= _flatten(value, f"{before}{key}.")
        else:
            flat[f"{before}{key}"] = value if isinstance(value, str) else json.dumps(value, sort_keys=True, default=str)
    return flat


def _shared(parameters: Sequence[dict[str, str]]) -> dict[str, str]:
    """Return the parameters that all runs have in common."""
    first, *others = parameters
    return {key: value for key, value in first.items() if all(other.get(key) == value for other in others)}
