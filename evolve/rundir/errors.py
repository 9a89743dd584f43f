"""What can be wrong with a run directory."""

from pathlib import Path

from populations.errors import HetevoError


class RunDirectoryError(HetevoError):
    """A directory is not a run, or cannot be used as one."""


class RunExistsError(RunDirectoryError):
    """A new run was asked for where something is already."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            f"{path} exists already, and a run is never overwritten."
            f" Go on with it by 'hetevo resume {path}', or choose another directory with -o."
        )


class StorageError(HetevoError):
    """A file could not be written or read; nothing that was durable before is lost."""

    def __init__(self, action: str, path: Path, error: OSError, needed: int = 0) -> None:
        self.path = path
        space = f" It needs {needed:,} bytes." if needed else ""
        reason = error.strerror or str(error)
        super().__init__(
            f"Cannot {action} {path}: {reason}.{space} What was saved before is intact:"
            " repair the cause and go on with 'hetevo resume'."
        )
