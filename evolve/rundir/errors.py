"""What can be wrong with a run directory."""

from pathlib import Path

from hetevo.populations.errors import HetevoError, MachineFailedError, spell, spell_both


class RunDirectoryError(HetevoError):
    """A directory is not a run, or cannot be used as one."""


class RunExistsError(RunDirectoryError):
    """A new run was asked for where something is already."""

    def __init__(self, path: Path, again: str = "") -> None:
        super().__init__(
            f"{path} exists already, and a run is never overwritten. Choose another directory (-o); or if it is a run,"
            f" go on with it (as --or-resume does, in Python or_resume=True): {again or spell_both(path)}"
        )


class RunBusyError(RunDirectoryError):
    """Another process holds the lock of a run; the message names it."""


class LostError(MachineFailedError):
    """A run's directory was deleted, or another process writes it now; ``deleted`` says which."""

    def __init__(self, message: str, *, deleted: bool) -> None:
        self.deleted = deleted
        super().__init__(message)


def explain_deletion(path: Path) -> LostError:
    """Return the error that somebody deleted a directory in which nothing had lived yet."""
    message = f"{path} was deleted before anything lived in it. Nothing is lost: the same command begins again."
    return LostError(message, deleted=True)


class SchemaError(RunDirectoryError):
    """A run was written in a format that this version cannot read; the message names one that can."""


class DamagedError(HetevoError):
    """A file is not what was written: changed, cut, missing, or made by something else."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        super().__init__(f"{path}: {reason}")


class NothingIntactError(HetevoError):
    """No checkpoint of a run can be trusted."""


class StorageError(MachineFailedError):
    """A file could not be written or read; nothing that was durable before is lost."""

    def __init__(self, action: str, path: Path, error: OSError, needed: int = 0) -> None:
        self.path = path
        space = f" It needs {needed:,} bytes." if needed else ""
        reason = error.strerror or str(error)
        super().__init__(
            f"Cannot {action} {path}: {reason}.{space} What was saved before is intact: repair the cause, then go on"
            f" with '{spell('resume')}' (or, if the run had not begun yet, or with a sweep, with the same command)."
        )
