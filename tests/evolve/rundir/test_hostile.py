"""Run directories made by an enemy: refused, without running, reading or writing anything outside them."""

import io
import json
import os
import pickle
import resource
import shutil
import zipfile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from faults import go, outcome
from sealing import reseal
from typer.testing import CliRunner

from hetevo.evolve.config import ConfigError, load_config
from hetevo.evolve.rundir import DamagedError, RunDirectoryError, parts, read_part
from hetevo.scripts.main import app

pytestmark = pytest.mark.usefixtures("undrawn")

TEN_GB = 10 << 30
GROWTH = 256 << 20
"""Memory that refusing may take, in bytes: far less than what is claimed."""


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    return go(tmp_path_factory.mktemp("hostile") / "run")


class Bomb:
    """An object whose unpickling leaves a trace."""

    def __init__(self, trace):
        self.trace = trace

    def __reduce__(self):
        return os.mkdir, (str(self.trace),)


def newest(run):
    return run / "checkpoints" / "gen-000002"


def members(run):
    with zipfile.ZipFile(newest(run) / "state.npz") as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write_state(run, content, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(newest(run) / "state.npz", "w", compression) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    reseal(run)


def npy(header, data=b"", version=b"\x01\x00"):
    text = header.encode() + b"\n"
    return b"\x93NUMPY" + version + len(text).to_bytes(2 if version[0] == 1 else 4, "little") + text + data


def pickled(run, outside):
    array = np.array([Bomb(outside / "executed")] * 6, dtype=object)
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, array, allow_pickle=True)
    write_state(run, {**members(run), "loss.npy": buffer.getvalue()})


def raw_pickle(run, outside):
    (newest(run) / "state.npz").write_bytes(pickle.dumps(Bomb(outside / "executed")))
    reseal(run)


def absurd_shape(run, outside):
    header = "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,), }"
    write_state(run, {**members(run), "loss.npy": npy(header)})


def header_of_4_gb(run, outside):
    content = b"\x93NUMPY\x02\x00" + (2**32 - 1).to_bytes(4, "little") + b" " * 100
    write_state(run, {**members(run), "loss.npy": content})


def code_in_header(run, outside):
    header = f"__import__('os').mkdir({str(outside / 'executed')!r})"
    write_state(run, {**members(run), "loss.npy": npy(header)})


def deep_header(run, outside):
    write_state(run, {**members(run), "loss.npy": npy("(" * 900)})


def member_outside(run, outside):
    write_state(run, {**members(run), "../../../outside/written.npy": b"x"})


def missing_member(run, outside):
    write_state(run, {name: data for name, data in members(run).items() if name != "loss.npy"})


def twice_the_same_member(run, outside):
    content = members(run)
    with zipfile.ZipFile(newest(run) / "state.npz", "w") as archive:
        for name in content:
            archive.writestr(name, content[name])
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("loss.npy", content["loss.npy"])
    reseal(run)


def zip_bomb(run, outside):
    header = "{'descr': '<f8', 'fortran_order': False, 'shape': (6,), }"
    bomb = npy(header, bytes(64 << 20))
    write_state(run, {**members(run), "loss.npy": bomb}, zipfile.ZIP_DEFLATED)


def other_dtype(run, outside):
    content = members(run)
    content["status.npy"] = npy("{'descr': '<u8', 'fortran_order': False, 'shape': (6,), }", bytes(48))
    write_state(run, content)


def bool_that_is_none(run, outside):
    content = members(run)
    name = next(name for name in content if name.startswith("gene_mask"))
    content[name] = content[name][:-1] + b"\x07"
    write_state(run, content)


def sparse_state(run, outside):
    os.truncate(newest(run) / "state.npz", TEN_GB)
    reseal_size(run)


def reseal_size(run):
    from hetevo.evolve.rundir.manifest import seal

    file = newest(run) / "manifest.json"
    fields = json.loads(file.read_bytes())
    del fields["sha256"]
    fields["files"]["state.npz"]["bytes"] = TEN_GB
    file.write_bytes(seal(fields))


def sparse_manifest(run, outside):
    os.truncate(newest(run) / "manifest.json", TEN_GB)


def deep_manifest(run, outside):
    (newest(run) / "manifest.json").write_text('{"a":' * 100_000)


def foreign_file(run, outside):
    entry = {"bytes": 6, "sha256": "0" * 64}
    reseal(run, files={"../../../outside/secret": entry})


def foreign_records(run, outside):
    entry = {"bytes": 6, "sha256": "0" * 64}
    reseal(run, records={"../outside/part-000000.parquet": entry})


def wrong_types(run, outside):
    reseal(run, facts=[1], generation="2")


def other_facts(run, outside):
    reseal(run, facts={"config": 3})


def state_is_a_link(run, outside):
    replace_by_link(newest(run) / "state.npz", outside)


def manifest_is_a_link(run, outside):
    replace_by_link(newest(run) / "manifest.json", outside)


def checkpoint_is_a_link(run, outside):
    replace_by_link(newest(run), outside)


def state_is_a_pipe(run, outside):
    (newest(run) / "state.npz").unlink()
    os.mkfifo(newest(run) / "state.npz")


def state_is_a_folder(run, outside):
    (newest(run) / "state.npz").unlink()
    (newest(run) / "state.npz").mkdir()


def replace_by_link(path, outside):
    """Move something out of the run, and put a link in its place."""
    target = outside / path.name
    shutil.move(path, target)
    path.symlink_to(target)


SKIPPED = [
    pickled,
    raw_pickle,
    absurd_shape,
    header_of_4_gb,
    code_in_header,
    deep_header,
    member_outside,
    missing_member,
    twice_the_same_member,
    zip_bomb,
    other_dtype,
    bool_that_is_none,
    sparse_state,
    sparse_manifest,
    deep_manifest,
    state_is_a_link,
    manifest_is_a_link,
    checkpoint_is_a_link,
    state_is_a_pipe,
    state_is_a_folder,
]


def sparse_config(run, outside):
    os.truncate(run / "config.toml", TEN_GB)


def deep_config(run, outside):
    (run / "config.toml").write_text("a = " + "[" * 100_000)


def binary_config(run, outside):
    (run / "config.toml").write_bytes(bytes(range(256)))


def config_is_a_pipe(run, outside):
    (run / "config.toml").unlink()
    os.mkfifo(run / "config.toml")


def absurd_population(run, outside):
    change_config(run, "size = 6", "size = 1000000000000")


def absurd_levels(run, outside):
    change_config(run, "    2,\n]", "    1000000000,\n]")


def absurd_lifetime(run, outside):
    change_config(run, "presentations = 3", "presentations = 1000000000000")


def change_config(run, before, after):
    text = (run / "config.toml").read_text()
    assert before in text
    (run / "config.toml").write_text(text.replace(before, after))


def config_is_a_link(run, outside):
    replace_by_link(run / "config.toml", outside)


def checkpoints_are_a_link(run, outside):
    replace_by_link(run / "checkpoints", outside)


def records_are_a_link(run, outside):
    replace_by_link(run / "individuals", outside)


def lock_is_a_link(run, outside):
    replace_by_link(run / "lock", outside)


def events_are_a_link(run, outside):
    replace_by_link(run / "events.jsonl", outside)


def provenance_is_a_link(run, outside):
    replace_by_link(run / "provenance.json", outside)


def part_is_a_link(run, outside):
    replace_by_link(run / "individuals" / "part-000000.parquet", outside)


def part_is_a_pipe(run, outside):
    (run / "individuals" / "part-000000.parquet").unlink()
    os.mkfifo(run / "individuals" / "part-000000.parquet")


REFUSED = [
    foreign_file,
    foreign_records,
    wrong_types,
    other_facts,
    sparse_config,
    deep_config,
    binary_config,
    config_is_a_pipe,
    absurd_population,
    absurd_levels,
    absurd_lifetime,
    config_is_a_link,
    checkpoints_are_a_link,
    records_are_a_link,
    lock_is_a_link,
    events_are_a_link,
    provenance_is_a_link,
    part_is_a_link,
    part_is_a_pipe,
]


@pytest.fixture
def place(finished, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_text("secret")
    return shutil.copytree(finished.path, tmp_path / "run"), outside


def hetevo(*arguments):
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def contents(folder):
    return {path: path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


@pytest.mark.parametrize("attack", SKIPPED)
def test_a_hostile_checkpoint_is_skipped_and_the_one_before_is_used(finished, place, attack):
    run, outside = place
    attack(run, outside)
    before, memory = contents(outside), peak()
    assert hetevo("verify", run).exit_code == 1
    assert hetevo("status", run, "--json").exit_code == 0
    assert hetevo("run", "--from", f"{run}@2", "-o", run.parent / "branch").exit_code in (1, 2)
    done = hetevo("resume", run)
    assert done.exit_code == 0, done.output
    assert "skipped gen-000002" in done.stderr
    assert outcome(go(run)) == outcome(finished)
    assert contents(outside) == before
    assert peak() - memory < GROWTH
    assert not (run.parent / "branch").exists()


@pytest.mark.parametrize("attack", REFUSED)
def test_a_hostile_directory_is_refused(place, attack):
    run, outside = place
    attack(run, outside)
    before, memory = contents(outside), peak()
    for command in (["resume", run, "--generations", 4], ["verify", run], ["status", run], ["plot", run]):
        done = hetevo(*command)
        assert "Traceback" not in done.output
        assert done.exception is None or isinstance(done.exception, SystemExit), (command, done.exception)
        if command[0] in ("resume", "verify"):
            assert done.exit_code in (1, 2), (command, done.output)
            assert done.stderr.strip()
    assert contents(outside) == before
    assert peak() - memory < GROWTH


def test_names_that_a_writer_would_take_are_not_followed(finished, place):
    """A partial file's name can be guessed: what is there already is swept away, never written through."""
    run, outside = place
    before = contents(outside)
    (run / "individuals" / f".part-000000.parquet.tmp-{os.getpid()}").symlink_to(outside / "secret")
    (run / "checkpoints" / f"gen-000003.tmp-{os.getpid()}").symlink_to(outside)
    (run / "checkpoints" / f"trash-gen-000000-{os.getpid()}").symlink_to(outside)
    done = hetevo("resume", run, "--generations", 4)
    assert done.exit_code == 0, done.output
    (run / f".provenance.json.tmp-{os.getpid()}").symlink_to(outside / "secret")
    assert hetevo("resume", run, "--generations", 5).exit_code == 2
    assert contents(outside) == before


def test_records_that_claim_more_rows_than_memory_are_refused(place, monkeypatch):
    run, _ = place
    monkeypatch.setattr(parts, "MEMORY_SHARE", 1e-9)
    with pytest.raises(DamagedError, match="rows"):
        read_part(run / "individuals" / "part-000000.parquet")


def test_records_of_foreign_types_are_refused(tmp_path):
    for column in (pa.array([[1], [2]]), pa.array([{"a": 1}, {"a": 2}])):
        table = pa.table({"generation": [0, 1], "x": column})
        (tmp_path / "part-000000.parquet").write_bytes(parts.encode_part(table))
        with pytest.raises(DamagedError, match="'x' has the type"):
            read_part(tmp_path / "part-000000.parquet")
    pq.write_table(pa.table({"generation": ["a"]}), tmp_path / "part-000000.parquet")
    with pytest.raises(DamagedError, match="checksum"):
        read_part(tmp_path / "part-000000.parquet")


def test_a_hostile_configuration_file_is_refused(tmp_path):
    file = tmp_path / "huge.toml"
    file.touch()
    os.truncate(file, TEN_GB)
    memory = peak()
    with pytest.raises(ConfigError, match="not a configuration"):
        load_config(file)
    file.write_text("a = " + "[" * 100_000)
    with pytest.raises(ConfigError, match="not valid TOML"):
        load_config(file)
    for sizes in ("evolution.size=1000000000000", "network.levels=[1000000000]", "lifetime.batch=1000000000000"):
        done = hetevo("run", "smoke", "-s", sizes, "-o", tmp_path / "run")
        assert done.exit_code == 2
        assert "iB of memory" in done.stderr
    assert peak() - memory < GROWTH
    assert not (tmp_path / "run").exists()


def test_a_run_directory_is_opened_by_its_link(finished, tmp_path):
    """The user's own link to a run is no attack."""
    (tmp_path / "link").symlink_to(finished.path)
    assert hetevo("verify", tmp_path / "link").exit_code == 0
    (tmp_path / "part-000000.parquet").symlink_to(finished.path / "individuals" / "part-000000.parquet")
    with pytest.raises(RunDirectoryError, match="symbolic link"):
        read_part(tmp_path / "part-000000.parquet")
