"""Whether an archive holds what was packed; a stranger may have made it, and it is unpacked for a moment only."""

import errno
import os
import re
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path

from hetevo.evolve.archiving import describe_unfinished, open_runs
from hetevo.evolve.crate import METADATA
from hetevo.evolve.record_checks import Report
from hetevo.evolve.rundir import RunDirectoryError, StorageError
from hetevo.evolve.rundir.schemas import File, parse_json
from hetevo.evolve.rundir.sweep import FILE as SWEEP
from hetevo.evolve.rundir.system import CHUNK
from hetevo.evolve.verify import verify
from hetevo.populations.errors import MachineFailedError

METADATA_LIMIT = 256 << 20
"""Bytes beyond which a description is refused unread."""

_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_ENCRYPTED = 0x1
"""Flag of a member that needs a password."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.=_-]*(/[A-Za-z0-9][A-Za-z0-9.=_-]*){0,5}")


def verify_archive(path: str | Path) -> Report:
    """Check an archive: every file by its checksum, and each run as `hetevo verify` does, unpacked for a moment.

    Parameters
    ----------
    path : str or Path
        The file.

    Raises
    ------
    RunDirectoryError
        If it is no archive of runs.
    MachineFailedError
        If there is no room to unpack it.
    """
    path, report = Path(path), Report()
    try:
        with path.open("rb") as file, zipfile.ZipFile(file) as packed:
            try:
                expected = _read_description(path, packed)
            except zipfile.BadZipFile as error:  # it is there, and was another one when it was packed
                report.problems.append(f"{METADATA} is damaged: {' '.join(str(error).split())[:200]}")
                return report
            report.problems += _find_differences(packed, expected, file.seek(0, os.SEEK_END))
            if report.ok:
                with _make_room(path, sum(entry.bytes for entry in expected.values())) as folder:
                    report.problems += _unpack(packed, expected, folder)
                    if report.ok:
                        report.checked.append(f"{len(expected):,} files: size and SHA-256, and no others")
                        _verify_runs(folder, report)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError) as error:
        raise RunDirectoryError(f"{path} is no archive of runs: {' '.join(str(error).split())[:200]}.") from None
    except OSError as error:
        raise StorageError("read", path, error) from error
    return report


@contextmanager
def _make_room(path: Path, needed: int) -> Iterator[Path]:
    """Make a folder for a moment; where it cannot be made, or becomes too small, say how to choose another."""
    place = tempfile.tempdir or os.environ.get("TMPDIR") or "the temporary folder"
    try:
        place = tempfile.gettempdir()
        folder = tempfile.TemporaryDirectory()
    except OSError as error:
        raise _explain_room(path, place, needed, error) from None
    with folder:
        try:
            yield Path(folder.name)
        except OSError as error:
            if error.errno not in _NO_ROOM:
                raise
            raise _explain_room(path, place, needed, error) from None


def _explain_room(path: Path, place: str, needed: int, error: OSError) -> MachineFailedError:
    return MachineFailedError(
        f"{path}: cannot unpack into {place}: {error.strerror or error}. It needs {needed:,} bytes for a moment; choose"
        " another folder (TMPDIR=/another/folder before the command)."
    )


def _read_description(path: Path, packed: zipfile.ZipFile) -> dict[str, File]:
    """Return the files that the description names."""
    if METADATA not in packed.NameToInfo or packed.getinfo(METADATA).file_size > METADATA_LIMIT:
        raise ValueError(f"expected {METADATA} in it, with at most {METADATA_LIMIT:,} bytes")
    info = packed.getinfo(METADATA)
    if info.compress_type != zipfile.ZIP_STORED:
        raise ValueError(f"{METADATA} is compressed")
    if info.flag_bits & _ENCRYPTED:
        raise ValueError(f"{METADATA} is encrypted")
    content = parse_json(packed.read(info))
    graph = content.get("@graph") if isinstance(content, dict) else None
    found = {}
    for entity in graph if isinstance(graph, list) else []:
        if isinstance(entity, dict) and entity.get("@type") == "File":
            name, size = entity.get("@id"), entity.get("contentSize")
            if not isinstance(name, str) or not _NAME.fullmatch(name) or not str(size).isdecimal():
                raise ValueError(f"its description names {str(name)[:80]!r}")
            found[name] = File(bytes=int(str(size)), sha256=str(entity.get("sha256")))
    if not {"config.toml", SWEEP} & found.keys():
        raise ValueError(f"its description names neither config.toml nor {SWEEP}")
    return found


def _find_differences(packed: zipfile.ZipFile, expected: Mapping[str, File], whole: int) -> Iterator[str]:
    """Find what is missing, too much, or packed in another way, before anything is unpacked.

    ``whole``: bytes of the archive; what is not compressed has no more, unless members lie over each other.
    """
    members = [info for info in packed.infolist() if info.filename != METADATA]
    there = [info.filename for info in members]
    size = sum(entry.bytes for entry in expected.values())
    if size > whole:
        yield f"expected at most {whole:,} bytes of files, which is what it has itself, got {size:,}"
    yield from (f"{name}: it is missing" for name in sorted(expected.keys() - {*there}))
    yield from (f"{name[:200]!r}: the description does not name it" for name in sorted({*there} - expected.keys()))
    if len(there) > len({*there}):
        yield "a file is there twice"
    for info in members:
        if info.flag_bits & _ENCRYPTED:
            yield f"{info.filename[:200]}: it is encrypted, which no archive of Hetevo's is"
        entry = expected.get(info.filename)
        if entry and (info.file_size != entry.bytes or info.compress_type != zipfile.ZIP_STORED):
            yield f"{info.filename}: expected {entry.bytes:,} bytes, not compressed, got {info.file_size:,}"


def _unpack(packed: zipfile.ZipFile, expected: Mapping[str, File], folder: Path) -> Iterator[str]:
    """Write the files into a folder of one's own, and yield those that are not what the description says."""
    for name, entry in expected.items():
        target, digest = folder / name, sha256()
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with packed.open(name) as source, target.open("xb") as sink:
                while chunk := source.read(CHUNK):
                    digest.update(chunk)
                    sink.write(chunk)
        except zipfile.BadZipFile as error:
            yield f"{name}: {error}"
            continue
        if digest.hexdigest() != entry.sha256:
            yield f"{name}: its content does not fit its checksum"


def _verify_runs(folder: Path, report: Report) -> None:
    notes: dict[str, list[str]] = {}
    runs = open_runs(folder)
    for name, directory in runs.items():
        found = verify(directory.path)
        start = f"{name}: " if name else ""
        report.checked += [f"{start}{line}".replace(f"{folder}/", "") for line in found.checked]
        report.problems += [line.replace(f"{folder}/", "") for line in found.problems]
        for line in found.notes:
            notes.setdefault(line.replace(f"{folder}/", ""), []).append(start)
    # what is to be said of several runs is said once
    report.notes += [
        f"{starts[0] if len(starts) == 1 else f'{len(starts)} runs: '}{line}" for line, starts in notes.items()
    ]
    # what is damaged cannot say how far it came
    if report.ok and (unfinished := describe_unfinished(folder, runs)):
        report.notes.insert(0, unfinished)
