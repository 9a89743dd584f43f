"""Places inside a run or sweep: reached name by name from its directory, through no link and never out of it.

A `Root` is that directory. Links on the way to it are the user's own, and are followed; below it there is none. While
a root is held, everything goes through one descriptor, so that it stays the same directory whatever is renamed.
"""

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path, PosixPath
from typing import Self

from hetevo.evolve import posix

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


class Root:
    """The directory of a run or sweep.

    Parameters
    ----------
    path : Path
        As the user named it; or a `Place` in a sweep, which is reached without links.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._held = -1

    @property
    def place(self) -> "Place":
        """The directory itself; ``place / name`` is what lies in it."""
        return Place.of(self, self.path)

    def open(self) -> int:
        """Return a new descriptor of the directory."""
        if self._held >= 0:
            # through the descriptor it is the same directory, whatever it is called by now
            return os.open(".", _FOLDER, dir_fd=self._held)
        with located(self.path) as (folder, name):
            return os.open(name, _FOLDER) if folder is None else open_folder(folder, name, self.path)

    def hold(self) -> bool:
        """Keep to the directory that has this path now; False if that is done already."""
        if self._held >= 0:
            return False
        self._held = self.open()
        return True

    def release(self) -> None:
        """Go by the path again."""
        held, self._held = self._held, -1
        os.close(held)

    def is_moved(self) -> bool:
        """Tell whether the path names another directory than the one that is held, or none."""
        if self._held < 0:
            return False
        try:
            with located(self.path) as (folder, name):
                there = os.stat(name, dir_fd=folder)
        except OSError:
            return True
        return not os.path.samestat(there, os.fstat(self._held))

    def find(self) -> Path:
        """Return where the directory that is held lies now, as far as the system says; else its path."""
        if not self.is_moved():
            return Path(self.path)
        with contextlib.suppress(OSError):
            return posix.find_path(self._held)
        return Path(self.path)


class Place(PosixPath):
    """A path inside a run or sweep, which remembers inside of which.

    The operations of `hetevo.evolve.rundir.system` heed that; for anything else, also for messages, it is a path.
    """

    within: Root | None = None

    @classmethod
    def of(cls, root: Root, path: Path) -> Self:
        """Return the place of a path that lies in a directory, or is it."""
        place = cls(path)
        place.within = root
        return place

    @property
    def names(self) -> tuple[str, ...]:
        """The names from the root to here."""
        assert self.within is not None
        return self.parts[len(self.within.path.parts) :]

    def _keep_inside(self, path: Path) -> Path:
        """Return another path as a place, if it lies inside too."""
        root = self.within
        if root is None or not path.is_relative_to(Path(root.path)):
            return path
        return Place.of(root, path)

    def with_segments(self, *segments: str | os.PathLike[str]) -> Path:
        """Return a plain path; Python 3.12 and later make paths by this."""
        return Path(*segments)

    def __truediv__(self, key: str | os.PathLike[str]) -> "Place":
        found = self._keep_inside(Path(self) / key)
        if not isinstance(found, Place) or ".." in found.names:
            raise ValueError(f"{os.fspath(key)!r} leads out of {self}")
        return found

    @property
    def parent(self) -> Path:  # type: ignore[override]
        """The folder in which it lies."""
        if self.within is not None and not self.names:
            return self.within.path.parent
        return self._keep_inside(Path(self).parent)

    def with_name(self, name: str) -> Path:  # type: ignore[override]
        """Return the place of another name in the same folder."""
        return self._keep_inside(Path(self).with_name(name))

    def with_suffix(self, suffix: str) -> Path:  # type: ignore[override]
        """Return the place of the same name with another ending."""
        return self._keep_inside(Path(self).with_suffix(suffix))

    def __reduce__(self) -> tuple[object, ...]:
        if self.within is None:
            return Path, (str(self),)
        return _restore, (self.within.path, self.names)


def inside(folder: str | Path) -> Place:
    """Return the place of a run's or sweep's directory; links on the way to it are followed, below it none is."""
    if isinstance(folder, Place) and folder.within is not None and not folder.names:
        return folder
    return Root(Path(folder) if not isinstance(folder, Place) else folder).place


@contextlib.contextmanager
def located(path: Path) -> Iterator[tuple[int | None, str]]:
    """Find the folder of a path: its descriptor, and the name in it; for a path that is no place None and the path.

    Raises
    ------
    OSError
        If there is no such folder; with ELOOP if a link is on the way.
    """
    if not isinstance(path, Place) or path.within is None:
        yield None, os.fspath(path)
        return
    folder = path.within.open()
    try:
        # folder by folder, each opened in the one before: no link in between can lead elsewhere
        for depth, name in enumerate(path.names[:-1], start=1):
            outer, folder = folder, open_folder(folder, name, Path(path.within.path, *path.names[:depth]))
            os.close(outer)
        yield folder, path.names[-1] if path.names else "."
    finally:
        os.close(folder)


def open_folder(folder: int, name: str, path: Path) -> int:
    """Open a folder in another one, which may be ``.`` itself; a link is an error, that names the path."""
    try:
        return os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=folder)
    except NotADirectoryError:
        if not stat.S_ISLNK(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
            raise
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), str(path)) from None


def _restore(path: Path, names: tuple[str, ...]) -> Path:
    """Return a place that was sent from another process."""
    return Place.of(Root(path), Path(path, *names))
