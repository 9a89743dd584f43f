"""Files that Hetevo makes beside runs: it knows them again, replaces no others, and writes them whole or not at all.

Each ends with a mark that holds the SHA-256 of what stands before it, so that a file which somebody else made, or has
changed since, is told from one that is still as it was written. A CSV has no place for a mark: the marks of the images
beside it hold its SHA-256.
"""

import contextlib
import hashlib
import os
import re
import shutil
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path

from populations.errors import SettingError

IMAGES = (".png", ".pdf", ".svg")

_HASH = rb"[0-9a-f]{64}"
_MARK = re.compile(rb"made by Hetevo, sha256 (" + _HASH + rb")(?:, data (" + _HASH + rb"))?")
_AROUND = {".pdf": (b"%", b"\n"), ".png": (b"Software\0", b"")}
"""What stands before and after the mark, by ending; an HTML comment where nothing is named."""

_PNG_END = b"\0\0\0\0IEND\xaeB`\x82"


def marked(content: bytes, suffix: str, data: bytes | None = None) -> bytes:
    """Return a file's content with a mark by which it is known again.

    Parameters
    ----------
    content : bytes
        Of a PNG, PDF, SVG, HTML or Markdown file.
    suffix : str
        Its ending, such as ``".png"``.
    data : bytes, optional
        Content of the CSV beside it.
    """
    mark = f"made by Hetevo, sha256 {hashlib.sha256(content).hexdigest()}"
    mark += f", data {hashlib.sha256(data).hexdigest()}" if data is not None else ""
    before, after = _AROUND.get(suffix, (b"<!-- ", b" -->\n"))
    trailer = before + mark.encode() + after
    if suffix != ".png":
        return content + trailer
    body = b"tEXt" + trailer
    chunk = (len(trailer)).to_bytes(4, "big") + body + zlib.crc32(body).to_bytes(4, "big")
    return content.removesuffix(_PNG_END) + chunk + _PNG_END


def is_ours(path: Path) -> bool:
    """Tell whether a file is as Hetevo wrote it; for a CSV, whether an image beside it says so."""
    content = _read(path)
    if path.suffix != ".csv":
        return _known(content, path.suffix) is not None
    digest = hashlib.sha256(content).hexdigest()
    images = (path.with_suffix(suffix) for suffix in IMAGES)
    return any(_known(_read(image), image.suffix) == digest for image in images if image.is_file())


def check_replaceable(paths: Iterable[Path], *, force: bool = False) -> None:
    """Check that files which nobody named are not there, or Hetevo's own.

    Raises
    ------
    SettingError
        Naming those that somebody else made or changed, unless ``force``.
    """
    foreign = [str(path) for path in paths if os.path.lexists(path) and not (path.is_file() and is_ours(path))]
    if foreign and not force:
        several = len(foreign) > 1
        raise SettingError(
            f"{', '.join(foreign)}: expected nothing there or {'files' if several else 'a file'} as Hetevo wrote"
            f" {'them' if several else 'it'}, got {'others' if several else 'another'}, so nothing is written. Move"
            f" {'them' if several else 'it'} away, choose another name with -o, or replace"
            f" {'them' if several else 'it'} with --force."
        )


def write_files(contents: Mapping[Path, bytes]) -> None:
    """Write files, replacing what is there: all are written beside their places first, and then take these.

    Raises
    ------
    SettingError
        If one cannot be written; all old files are still there then.
    """
    partial: dict[Path, Path] = {}
    try:
        for path, content in contents.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            place = path.resolve()  # a link stays a link
            if place.exists():
                with open(place, "ab"):  # what may not be written is not replaced either
                    pass
            partial[place] = place.with_name(f".{place.name}.tmp-{os.getpid()}")
            with open(partial[place], "xb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            if place.exists():
                shutil.copymode(place, partial[place])
        for place, written in partial.items():
            written.replace(place)
    except OSError as error:
        reason = error.strerror or str(error)
        raise SettingError(f"Cannot write {path}: {reason}. Choose a writable place with -o.") from None
    finally:
        for written in partial.values():
            with contextlib.suppress(OSError):
                written.unlink(missing_ok=True)


def _known(content: bytes, suffix: str) -> str | None:
    """Return the digest of the data that a file's mark names, ``""`` if none; None if it has no valid mark."""
    before, after = _AROUND.get(suffix, (b"<!-- ", b" -->\n"))
    marks = list(_MARK.finditer(content[-400:]))
    if not marks:
        return None
    found = marks[-1]
    data = found[2].decode() if found[2] else ""
    mark = before + found[0] + after
    bare = content.removesuffix(mark)
    if suffix == ".png":
        chunk = 12 + len(mark)
        bare = content[: -chunk - len(_PNG_END)] + _PNG_END
    return data if hashlib.sha256(bare).hexdigest() == found[1].decode() else None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise SettingError(f"Cannot read {path}: {error.strerror}. Choose another place with -o.") from None
