"""The system calls by which a run touches its directory; there are no others.

Everything in `hetevo.evolve.rundir` calls these functions through this module, so that a test can put itself in the
place of any one of them: let the n-th call fail, write only a part, or kill the process before, inside or after it.
"""

import fcntl
import os
from pathlib import Path

from hetevo.evolve.rundir.places import located, open_folder


def open_file(path: Path, flags: int, mode: int = 0o644) -> int:
    """Open a file and return its descriptor; a symbolic link is an error, and a pipe does not block."""
    with located(path) as (folder, name):
        return os.open(name, flags | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK, mode, dir_fd=folder)


def look(path: Path) -> os.stat_result:
    """Return what is known of a file, folder or link without opening it."""
    with located(path) as (folder, name):
        return os.stat(name, dir_fd=folder, follow_symlinks=False)


def write(descriptor: int, content: memoryview) -> int:
    """Write what fits, and return how many bytes that were."""
    return os.write(descriptor, content)


def sync(descriptor: int) -> None:
    """Wait until a file's content, or a folder's names, have reached the disk."""
    os.fsync(descriptor)


def truncate(descriptor: int, size: int) -> None:
    """Cut a file to a size."""
    os.ftruncate(descriptor, size)


def lock(descriptor: int) -> None:
    """Take an exclusive lock, which the system gives back when the process ends; BlockingIOError if another has it."""
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


def share(descriptor: int) -> None:
    """Take a share in a lock, waiting for whoever has it alone."""
    fcntl.flock(descriptor, fcntl.LOCK_SH)


def rename(source: Path, target: Path) -> None:
    """Rename in one step; a file in the place of the new name is replaced."""
    with located(source) as (before, old), located(target) as (after, new):
        os.rename(old, new, src_dir_fd=before, dst_dir_fd=after)


def unlink(path: Path) -> None:
    """Remove a file or link."""
    with located(path) as (folder, name):
        os.unlink(name, dir_fd=folder)


def make_directory(path: Path) -> None:
    """Make one folder."""
    with located(path) as (folder, name):
        os.mkdir(name, dir_fd=folder)


def remove_directory(path: Path) -> None:
    """Remove an empty folder."""
    with located(path) as (folder, name):
        os.rmdir(name, dir_fd=folder)


def names(folder: Path) -> list[str]:
    """List what is in a folder, in no particular order."""
    with located(folder) as (outer, name):
        if outer is None:
            return [path.name for path in folder.iterdir()]
        descriptor = open_folder(outer, name, folder)
        try:
            return os.listdir(descriptor)  # noqa: PTH208 - a descriptor is no path
        finally:
            os.close(descriptor)


def read(descriptor: int, size: int) -> bytes:
    """Read at most so many bytes from where the file stands."""
    return os.read(descriptor, size)


def close(descriptor: int) -> None:
    """Give a descriptor back."""
    os.close(descriptor)
