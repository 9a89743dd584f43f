"""Whether what a run directory holds is what was lived: checksums, gaps, duplicates, digests."""

from pathlib import Path

from hetevo.evolve.algorithms import Search, expect_memory
from hetevo.evolve.config import Config
from hetevo.evolve.config.own_data import KEPT_FOUNDERS, NAME, file_of
from hetevo.evolve.config.own_graph import files_of
from hetevo.evolve.data.keeping import kept_file
from hetevo.evolve.data.places import hash_file, opened
from hetevo.evolve.founders import read_founders
from hetevo.evolve.graphs import GraphError
from hetevo.evolve.loading import load
from hetevo.evolve.plugins import describe_plugins, find_changes
from hetevo.evolve.record_checks import Kept, Report, check_records
from hetevo.evolve.record_lives import Losses
from hetevo.evolve.replay import replay_generation
from hetevo.evolve.rundir import RunBusyError, RunDirectory, RunDirectoryError
from hetevo.evolve.rundir import checkpoint as checkpoints
from hetevo.evolve.rundir.checkpoint import Checkpoint, generation_of
from hetevo.evolve.rundir.owner import is_held
from hetevo.evolve.rundir.provenance import begins_with
from hetevo.evolve.rundir.pruned import FILE as PRUNED
from hetevo.evolve.rundir.pruned import Pruned
from hetevo.evolve.rundir.sources import describe_mixed
from hetevo.evolve.saved import check_configuration, find_foreign, find_records_beyond, read_saved_config, was_saved
from hetevo.evolve.species import build_species
from hetevo.populations.errors import HetevoError, spell
from hetevo.populations.text import for_file

LOOKS = 3
"""Looks at a run that goes on before a problem is believed: files may be replaced and removed during one."""

NOT_COVERED = (
    "not covered: telemetry (events.jsonl), figures and reports, and in config.toml the tables [backend] (but"
    " portable) and [checkpoint] and where the run is to end"
)


def verify(
    path: str | Path,
    *,
    replay: bool = False,
    generation: int | None = None,
    workers: int | None = None,
    data: str | Path | None = None,
    trust: bool = False,
    oversubscribe: bool = False,
) -> Report:
    """Check a run directory; nothing in it is changed.

    The run may go on meanwhile: what it is just writing, replacing or removing is no problem.

    Parameters
    ----------
    path : str or Path
        The run directory.
    replay : bool, optional
        Whether to compute a generation again from its checkpoint and compare the bits.
    generation : int, optional
        Which one; by default the newest that was saved.
    workers : int, optional
        Processes of the replay; by default another number than the run's.
    data : str or Path, optional
        The file of a task ``table``, for the replay, if the run has no copy.
    trust : bool, optional
        Whether a replay may import modules that the run's configuration alone names.
    oversubscribe : bool, optional
        Start any number of them; otherwise more than four a core are refused.

    Raises
    ------
    RunDirectoryError
        If it is no run, or it has no checkpoint of that generation.
    """
    directory = RunDirectory.open(path)
    # a run under way replaces files between two looks: a problem is one that stays
    for _ in range(LOOKS):
        moving = is_held(directory.lock_file)
        report, config, newest = _look(directory, replay=replay, trust=trust)
        if report.ok or not (moving or is_held(directory.lock_file)):
            break
    if replay and config and newest is not None and report.ok:
        replay_generation(
            directory,
            config,
            report,
            generation=generation,
            workers=workers,
            data=data,
            oversubscribe=oversubscribe,
        )
    elif replay:
        report.notes.append("nothing was replayed")
    return report


def require_whole(directory: RunDirectory, done: str) -> None:
    """Refuse to do something with a run that is under way, or that is not what was written.

    Parameters
    ----------
    directory : RunDirectory
        The run.
    done : str
        What is done with it, such as ``"pruned"``.

    Raises
    ------
    RunBusyError
        If it is under way.
    RunDirectoryError
        If `verify` finds something wrong with it.
    """
    if is_held(directory.lock_file):
        raise RunBusyError(
            f"{directory.path} is under way, and is not {done}: wait for it, or stop it (make the file"
            f" {directory.path / 'STOP'})."
        )
    report = verify(directory.path)
    if not report.ok:
        raise RunDirectoryError(
            f"{directory.path} is not {done}, for it is not what was written: {report.problems[0]}"
            f" All that is wrong: {spell('verify', Path(directory.path))}"
        )


def _look(directory: RunDirectory, *, replay: bool, trust: bool) -> tuple[Report, Config | None, Checkpoint | None]:
    report = Report()
    # what other packages brought is imported for a replay only
    foreign = [] if replay else find_foreign(directory)
    try:
        config = None if foreign else read_saved_config(directory, trust=trust)
    except GraphError as error:  # of the copy that the wiring is made of
        report.problems.append(f"{error} Put a copy of it into {directory.data}.")
        return report, None, None
    files = files_of(directory.config()).values() if config else ()
    report.checked += [f"{for_file(file)}: the SHA-256 of the wiring" for file in files]
    if foreign:
        report.notes.append(
            "not covered: whether genes have the shapes that they need, since only a replay (--replay) imports what"
            f" other packages brought: {', '.join(foreign)}"
        )
    report.notes += find_changes(directory.provenance.last_plugins(), describe_plugins(directory.config()))
    report.notes += describe_mixed([("this run", directory.provenance.plugin_sources())])
    newest, losses = _check_checkpoints(directory, config, report)
    _check_provenance(directory, newest, report)
    if config:
        _check_founders(directory, config, report)
    _check_data(directory, report)
    pruned = _check_pruned(directory, report)
    if newest is not None:
        content = directory.config()
        records, probe = content.get("records", {}), content.get("probe", {})
        every, share = records.get("individuals_every", 1), records.get("share", 1.0)
        kept = Kept(content["evolution"]["size"], every, share, probe.get("share", 1.0), pruned)
        check_records(directory, kept, newest, losses, report)
        if report.ok:
            _check_end(directory, newest, report)
    elif report.ok and was_saved(directory):
        report.problems.append(f"{directory.checkpoints}: there is no checkpoint any more, though the run was saved")
    elif report.ok:
        report.notes.append("the run was never saved, so that there is nothing to hold its records against")
    report.notes.append(NOT_COVERED)
    return report, config, newest


def _check_checkpoints(
    directory: RunDirectory, config: Config | None, report: Report
) -> tuple[Checkpoint | None, list[Losses]]:
    """Return the newest that is as it should be, and what became of the individuals of each."""
    species, newest = build_species(config) if config else None, None
    memory = expect_memory(Search(config, species)) if config and species else {}
    size = directory.config()["evolution"]["size"]
    losses: list[Losses] = []
    for path in checkpoints.list_checkpoints(directory.checkpoints):
        try:
            check_configuration(directory, path)
            state, newest = load(path, species, size, memory)
            losses.append((newest.generation, state.loss, state.status))
        except HetevoError as error:
            if path in checkpoints.list_checkpoints(directory.checkpoints):  # or the run has pruned it
                report.problems.append(str(error))
    report.checked.append(f"{len(losses)} checkpoint(s): checksums, shapes, configuration and digest")
    return newest, losses


def _check_provenance(directory: RunDirectory, newest: Checkpoint | None, report: Report) -> None:
    file = directory.provenance.path
    # the checkpoint knows the sessions before it; later ones follow in the file
    mark = newest.facts.get("provenance") if newest else None
    try:
        content, sealed = directory.provenance.read_sealed()
        lost = content.get("lost")
        if isinstance(mark, dict) and not begins_with(content, mark) and not lost:
            report.problems.append(f"{file}: it does not begin with the sessions that the newest checkpoint knows")
        elif sealed is False or (sealed is None and isinstance(mark, dict)):
            report.problems.append(f"{file}: its content does not fit its checksum")
        elif sealed is None:
            report.notes.append(f"not covered: {file.name}, which a version wrote that put no checksum into it")
        else:
            report.checked.append(f"{file.name}: checksum, and the sessions that the newest checkpoint knows")
        if lost:
            report.notes.append(f"{file.name} says that its earlier sessions cannot be trusted: {lost}")
    except HetevoError as error:
        report.problems.append(str(error))


def _check_founders(directory: RunDirectory, config: Config, report: Report) -> None:
    """Check the copy that a run keeps of founders that were brought."""
    if not config.genome.founders:
        return
    try:
        read_founders(directory, config, build_species(config))
    except HetevoError as error:
        report.problems.append(str(error))
    else:
        report.checked.append(f"data/{KEPT_FOUNDERS}: the SHA-256 of the founders")


def _check_pruned(directory: RunDirectory, report: Report) -> Pruned:
    """Return what was removed from a run on purpose, and note it."""
    try:
        pruned = directory.pruned()
    except HetevoError as error:
        report.problems.append(str(error))
        return Pruned()
    report.notes += pruned.describe()
    if pruned.prunings:
        report.checked.append(f"{PRUNED}: checksum")
    return pruned


def _check_data(directory: RunDirectory, report: Report) -> None:
    """Check the copy of its data that a run keeps."""
    content = directory.config()
    file = file_of(content)
    if content["task"]["name"] != NAME or file is None:
        return
    kept = kept_file(directory, file)
    # large files are not copied
    if kept is None:
        report.notes.append(f"not covered: the data, {file}, of which the run has no copy")
        return
    try:
        # the hash stands in the configuration, since the run began
        with opened(kept) as source:
            fits = hash_file(source) == content["task"]["options"].get("sha256")
    except HetevoError as error:
        report.problems.append(str(error))
        return
    if fits:
        report.checked.append(f"{kept.name}: the SHA-256 of the data")
    else:
        report.problems.append(f"{kept}: its content does not fit task.options.sha256; put a copy in its place")


def _check_end(directory: RunDirectory, newest: Checkpoint, report: Report) -> None:
    """Check that a run that is done has its last checkpoint and nothing beyond it; a run under way may have."""
    try:
        beyond = sorted({path.parent.name for path in find_records_beyond(directory, newest)})
    except HetevoError as error:
        report.problems.append(str(error))
        return
    # done means: the last checkpoint is that of the last generation, and nothing lies beyond it
    last = generation_of(checkpoints.list_checkpoints(directory.checkpoints)[-1])
    if directory.provenance.outcome() == "done" and not is_held(directory.lock_file):
        session = directory.provenance.read()["sessions"][-1]
        target = session.get("generation") if session.get("reason") else session.get("generations")
        if type(target) is int and last < target:
            report.problems.append(
                f"{directory.checkpoints}: the run was done at generation {target}, but its newest checkpoint is that"
                f" of generation {last}"
            )
            return
        report.problems += [
            f"{name}: rows beyond generation {newest.generation}, with which the run was done" for name in beyond
        ]
        return
    report.notes += [
        f"{name} reach beyond the newest checkpoint: the run was killed (or is running);"
        f" '{spell('resume')}' drops those rows and lives them again"
        for name in beyond
    ]
