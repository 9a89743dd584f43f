"""Runs of a sweep as jobs of Slurm, one each, by submitit (extra ``slurm``).

submitit hands calls and results over in files that it pickles. They lie in a folder of the sweep's directory that
nobody else may enter, and which is removed when the sweep ends, or at its next start if the process was killed; run
directories hold none.
"""

import contextlib
import os
import secrets
import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hetevo.evolve.messages import log
from hetevo.evolve.rundir import StorageError
from hetevo.evolve.rundir.files import make_folder, remove_tree
from hetevo.evolve.rundir.places import Place
from hetevo.evolve.sweeps.outcomes import Outcome
from hetevo.evolve.sweeps.sharing import JOBS
from hetevo.populations.errors import MachineFailedError, SettingError
from hetevo.populations.extras import load_extra

MOST = 100
"""Jobs at a time, unless somebody says otherwise."""

LOSSES = 20
"""Times that a run is sent again whose job was preempted, ran out of time or was lost."""

DEFAULTS = {"name": "hetevo", "cpus_per_task": 1, "slurm_time": 240, "slurm_signal_delay_s": 120}
"""What jobs ask for: one core, four hours, and a signal two minutes before these are over."""

SETUP = ["export OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1"]

_GENERIC = ("name", "timeout_min", "mem_gb", "cpus_per_task", "gpus_per_node", "tasks_per_node", "nodes")


@dataclass
class _Call:
    future: "Future[Any]"
    function: Callable[..., Any]
    args: tuple[Any, ...]
    job: Any
    sent: int = 1


class SlurmPool:
    """Jobs of a batch system, each of which makes one call.

    Parameters
    ----------
    folder : Place
        The sweep's directory, which all nodes see under the same path.
    workers : int, optional
        Jobs at a time; 0: a hundred.
    settings : mapping of str to str, optional
        What jobs ask for, as Slurm or submitit call it: ``{"partition": "short", "time": "08:00:00"}``.
    cluster : str, optional
        ``"local"`` for processes of this machine instead, ``"debug"`` for this process.

    Raises
    ------
    SettingError
        If submitit is not installed, there is no Slurm here, or a setting is none.
    """

    def __init__(
        self, folder: Place, workers: int = 0, settings: Mapping[str, str] | None = None, *, cluster: str = "slurm"
    ) -> None:
        self.workers = workers or MOST
        self._submitit = load_extra("submitit", "slurm", "--backend slurm")
        self._asked = {**DEFAULTS, f"{'slurm' if cluster == 'slurm' else 'local'}_setup": SETUP}
        for key, value in (settings or {}).items():
            name = key if key in _GENERIC or key.startswith("slurm_") else f"slurm_{key}"
            self._asked[name] = int(value) if value.isdecimal() else value
        self._cluster, self._place = cluster, folder / f"{JOBS}{os.getpid()}-{secrets.token_hex(4)}"
        # tried elsewhere, before anything is written
        with tempfile.TemporaryDirectory() as tried:
            self._make_executor(Path(tried))
        self._executor: Any = None
        self._calls: list[_Call] = []

    def _make_executor(self, folder: Path) -> Any:
        try:
            executor = self._submitit.AutoExecutor(folder, cluster=self._cluster)
            executor.update_parameters(**self._asked)
        except (NameError, TypeError, ValueError, AssertionError) as error:
            raise SettingError(
                f"--slurm: {str(error).partition(chr(10))[0]} Expected what Slurm calls its options, such as"
                " --slurm partition=short --slurm time=08:00:00 --slurm account=mine."
            ) from None
        except RuntimeError as error:
            raise SettingError(
                f"--backend slurm: {error} It needs the commands of Slurm (sbatch, srun, sacct), as on a login node."
                " Without them leave it out: the runs go on in processes of this machine."
            ) from None
        return executor

    def submit(self, function: Callable[..., Any], *args: Any) -> "Future[Any]":
        """Make a call in a job.

        Raises
        ------
        MachineFailedError
            If the batch system takes none.
        """
        if self._executor is None:
            make_folder(self._place)
            os.chmod(self._place, 0o700)  # noqa: PTH101 - a place goes by its path here
            self._executor = self._make_executor(Path(self._place))
        call = _Call(Future(), function, args, None)
        call.job = self._send(call)
        self._calls.append(call)
        return call.future

    def _send(self, call: _Call) -> Any:
        try:
            return self._executor.submit(call.function, *call.args)
        except (self._submitit.core.utils.FailedJobError, RuntimeError, OSError) as error:
            raise MachineFailedError(f"The batch system took no job: {error}. The same command goes on.") from None

    def check(self) -> None:
        """Take the results of jobs that have ended, and send again what was preempted or lost."""
        for call in [call for call in self._calls if call.job.done()]:
            self._calls.remove(call)
            try:
                result = call.job.result()
            except self._submitit.core.utils.FailedJobError as error:
                call.future.set_exception(RuntimeError(str(error)))
                continue
            except self._submitit.core.utils.UncompletedJobError:
                lost = f"the job {call.job.job_id} has ended without a result: it was killed, or out of time or memory"
                self._send_again(call, lost, MachineFailedError(f"{lost}; {call.sent} jobs were"))
                continue
            if isinstance(result, Outcome) and result.signal:
                self._send_again(call, f"the job {call.job.job_id} had to end: {result.error}", result)
            else:
                call.future.set_result(result)

    def _send_again(self, call: _Call, why: str, otherwise: Any) -> None:
        """Send a call again; if that was done too often, it has its result."""
        if call.sent <= LOSSES:
            log.warning("%s; its run is queued again", why)
            call.sent += 1
            try:
                call.job = self._send(call)
                self._calls.append(call)
                return
            except MachineFailedError as error:
                otherwise = error
        if isinstance(otherwise, Exception):
            call.future.set_exception(otherwise)
        else:
            call.future.set_result(otherwise)

    def close(self) -> None:
        """Cancel what is under way, and remove what was handed over."""
        for call in self._calls:
            call.job.cancel()
            call.future.cancel()
        self._calls = []
        # a job that is being cancelled may still write its log
        with contextlib.suppress(StorageError):
            if self._executor is not None:
                remove_tree(self._place)
