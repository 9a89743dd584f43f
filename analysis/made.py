"""Files that Hetevo makes beside runs: it knows them again, replaces no others, and writes them whole or not at all.

Each ends with a mark that holds the SHA-256 of what stands before it, so that a file which somebody else made, or has
changed since, is told from one that is still as it was written. A CSV and a caption have no place for a mark: the marks
of the images beside them hold their SHA-256.
"""

import contextlib
import hashlib
import os
import re
import stat
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from hetevo.evolve.rundir import StorageError, system
from hetevo.evolve.rundir.files import explained, is_there, make_folder, make_folders
from hetevo.evolve.rundir.places import Place, inside
from hetevo.evolve.rundir.system import opened, reading, write_all
from hetevo.populations.errors import SettingError

IMAGES = (".png", ".pdf", ".svg")

_HASH = rb"[0-9a-f]{64}"
_MARK = re.compile(
    rb"made by Hetevo, sha256 (" + _HASH + rb")(?:, data (" + _HASH + rb"))?(?:, caption (" + _HASH + rb"))?"
)
_BESIDE = (".csv", ".txt")
"""Endings of data and caption, whose SHA-256 stand in the mark of an image in this order."""

_AROUND = {".pdf": (b"%", b"\n"), ".png": (b"Software\0", b"")}
"""What stands before and after the mark, by ending; an HTML comment where nothing is named."""

_PNG_END = b"\0\0\0\0IEND\xaeB`\x82"


def add_mark(content: bytes, suffix: str, data: bytes | None = None, caption: bytes | None = None) -> bytes:
    """Return a file's content with a mark by which it is known again.

    Parameters
    ----------
    content : bytes
        Of a PNG, PDF, SVG, HTML or Markdown file.
    suffix : str
        Its ending, such as ``".png"``.
    data : bytes, optional
        Content of the CSV beside it.
    caption : bytes, optional
        Content of the text beside it.
    """
    mark = f"made by Hetevo, sha256 {hashlib.sha256(content).hexdigest()}"
    for name, other in (("data", data), ("caption", caption)):
        mark += f", {name} {hashlib.sha256(other).hexdigest()}" if other is not None else ""
    before, after = _AROUND.get(suffix, (b"<!-- ", b" -->\n"))
    trailer = before + mark.encode() + after
    if suffix != ".png":
        return content + trailer
    # a PNG holds text in a chunk of its own, before the one that ends it
    body = b"tEXt" + trailer
    chunk = (len(trailer)).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")
    return content.removesuffix(_PNG_END) + chunk + _PNG_END


def is_ours(path: Path) -> bool:
    """Tell whether a file is as Hetevo wrote it; for data and captions, whether an image beside them says so."""
    content = _read(path)
    if path.suffix not in _BESIDE:
        return _known(content, path.suffix) is not None
    digest = hashlib.sha256(content).hexdigest()
    images = [path.with_suffix(suffix) for suffix in IMAGES]
    named = [_known(_read(image), image.suffix) for image in images if _is_plain(image)]
    return any(digests and digests[path.suffix] == digest for digests in named)


def beside(path: Path) -> Place:
    """Return the place of a file that nobody named: its folder was, but the file itself must be no link."""
    return path if isinstance(path, Place) else inside(path.parent) / path.name


def check_replaceable(paths: Iterable[Path], *, force: bool = False) -> None:
    """Check that files which nobody named are not there, or Hetevo's own; a link is somebody else's.

    Raises
    ------
    SettingError
        Naming those that somebody else made or changed, unless ``force``.
    RunDirectoryError
        If a folder inside a run or sweep is a link.
    """
    # a link is not followed, whatever it leads to
    places = [beside(path) for path in paths]
    foreign = [str(place) for place in places if is_there(place) and not (_is_plain(place) and is_ours(place))]
    if foreign and not force:
        several = len(foreign) > 1
        raise SettingError(
            f"{', '.join(foreign)}: expected nothing there or {'files' if several else 'a file'} as Hetevo wrote"
            f" {'them' if several else 'it'}, got {'others' if several else 'another'}, so nothing is written. Move"
            f" {'them' if several else 'it'} away, choose another name with -o, or replace"
            f" {'them' if several else 'it'} with --force."
        )


def write_new(contents: Mapping[Path, bytes], *, force: bool = False) -> list[Path]:
    """Write files that have no place for a mark: nothing must be there, or the very same.

    Raises
    ------
    SettingError
        Naming files that are there and differ, unless ``force``; or if one cannot be written.
    RunDirectoryError
        If a folder inside a run or sweep is a link.
    """
    places: dict[Path, bytes] = {beside(path): content for path, content in contents.items()}
    others = [place for place, content in places.items() if is_there(place) and not _holds(place, content)]
    if others and not force:
        raise SettingError(
            f"{', '.join(map(str, others))}: expected nothing there, or the same that was to be written, got something"
            " else, so nothing is written. Choose another name with -o, or replace what is there with --force."
        )
    write_files(places)
    return list(contents)


def _holds(place: Path, content: bytes) -> bool:
    return _is_plain(place) and _read(place) == content


def write_files(contents: Mapping[Path, bytes]) -> None:
    """Write files, replacing what is there: all are written beside their places first, and then take these.

    Parameters
    ----------
    contents : mapping of Path to bytes
        A path may lead through links; a place inside a run or sweep, or `beside` a named file, never does: a link
        there is replaced.

    Raises
    ------
    SettingError
        If one cannot be written; all old files are still there then.
    RunDirectoryError
        If a folder inside a run or sweep is a link.
    """
    partial: dict[Place, Place] = {}
    try:
        for path, content in contents.items():
            place = path if isinstance(path, Place) else beside(path.resolve())  # a link stays a link
            _make_parent(place)
            mode = _mode_kept(place)
            partial[place] = beside(place.with_name(f".{place.name}.tmp-{os.getpid()}"))
            with opened(partial[place], os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666) as descriptor:
                write_all(descriptor, memoryview(content))
                os.fsync(descriptor)
                if mode is not None:
                    os.fchmod(descriptor, mode)
        # only when all are there does the first take its place
        for place, written in partial.items():
            system.rename(written, place)
    except (OSError, StorageError) as error:
        cause = error if isinstance(error, OSError) else error.__cause__
        reason = getattr(cause, "strerror", None) or str(error)
        raise SettingError(f"Cannot write {path}: {reason}. Choose a writable place with -o.") from None
    finally:
        for written in partial.values():
            with contextlib.suppress(OSError):
                system.unlink(written)


def _make_parent(place: Place) -> None:
    folder = place.parent
    if isinstance(folder, Place) and folder.names:
        _make_parent(folder)
        make_folder(folder)
    else:
        make_folders(Path(folder))


def _mode_kept(place: Place) -> int | None:
    """Return the permissions of a file that is to be replaced; what may not be written is not replaced either."""
    if not _is_plain(place):
        return None
    with opened(place, os.O_WRONLY) as descriptor:
        return stat.S_IMODE(os.fstat(descriptor).st_mode)


def _is_plain(path: Path) -> bool:
    """Tell whether a file is one, and neither a link nor a pipe."""
    return is_there(path) and stat.S_ISREG(system.look(path).st_mode)


def _known(content: bytes, suffix: str) -> dict[str, str] | None:
    """Return the digests of data and caption that a file's mark names, by ending; None if it has no valid mark."""
    # the last mark at the end of the file; what stands before it must be what it was made for
    before, after = _AROUND.get(suffix, (b"<!-- ", b" -->\n"))
    marks = list(_MARK.finditer(content[-500:]))
    if not marks:
        return None
    last = marks[-1]
    mark = before + last[0] + after
    bare = content.removesuffix(mark)
    if suffix == ".png":
        # length, type and checksum of the chunk, and the chunk that ends every PNG
        chunk = 12 + len(mark)
        bare = content[: -chunk - len(_PNG_END)] + _PNG_END
    if hashlib.sha256(bare).hexdigest() != last[1].decode():
        return None
    return {ending: (last[group] or b"").decode() for group, ending in enumerate(_BESIDE, start=2)}


def _read(path: Path) -> bytes:
    try:
        with explained("read", path), reading(path) as source:
            return source.read()
    except StorageError as error:
        reason = getattr(error.__cause__, "strerror", None) or str(error)
        raise SettingError(f"Cannot read {path}: {reason}. Choose another place with -o.") from None
