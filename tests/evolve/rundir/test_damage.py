"""A single byte, a cut, a missing file: found, named, and the checkpoint before is used."""

import shutil

import pytest
from faults import go, outcome, tiny

from hetevo.evolve import resume
from hetevo.evolve.algorithms import Search
from hetevo.evolve.loading import load
from hetevo.evolve.rundir import DamagedError, NothingIntactError, RunDirectory, StorageError
from hetevo.evolve.rundir.checkpoint import list_checkpoints, load_manifest
from hetevo.evolve.rundir.parts import encode_part, find_damaged_parts, parts, read_part, up_to
from hetevo.evolve.saved import find_newest_intact
from hetevo.evolve.species import build_species
from hetevo.evolve.verify import verify

CONFIG = tiny()
SPECIES, SIZE = build_species(CONFIG), CONFIG.evolution.size


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    return go(tmp_path_factory.mktemp("damage") / "run")


@pytest.fixture
def copy(finished, tmp_path):
    return shutil.copytree(finished.path, tmp_path / "run")


EVERY = pytest.mark.parametrize(
    "step", [pytest.param(7, id="some"), pytest.param(1, id="all", marks=pytest.mark.verification)]
)
"""Tests flip a bit in every seventh byte, and in all of the first and the last hundred; `make verify` in all."""


def flips(file, step):
    """Flip one bit of a byte in turn; which one changes from byte to byte."""
    content = bytearray(file.read_bytes())
    with open(file, "r+b", buffering=0) as handle:
        for place, byte in enumerate(content):
            if place % step and 100 <= place < len(content) - 100:
                continue
            for value in (byte ^ (1 << place % 8), byte):
                handle.seek(place)
                handle.write(bytes([value]))
                if value != byte:
                    yield place


@EVERY
@pytest.mark.parametrize("name", ["state.npz", "manifest.json"])
def test_any_flipped_byte_of_a_checkpoint_is_found_and_the_file_named(copy, name, step):
    folder = list_checkpoints(copy / "checkpoints")[-1]
    load(folder, SPECIES, SIZE)
    missed = []
    for place in flips(folder / name, step):
        try:
            load(folder, SPECIES, SIZE)
            missed.append(place)
        except DamagedError as error:
            if str(folder / name) not in str(error):
                missed.append((place, str(error)))
    assert not missed
    load(folder, SPECIES, SIZE)


def cut(file):
    file.write_bytes(file.read_bytes()[:-1])


def empty(file):
    file.write_bytes(b"")


def lengthen(file):
    file.write_bytes(file.read_bytes() + b"\0")


def delete(file):
    file.unlink()


def flip(file):
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 4
    file.write_bytes(content)


def halve(file):
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


@pytest.mark.parametrize("damage", [flip, cut, halve, empty, lengthen, delete])
@pytest.mark.parametrize("name", ["state.npz", "manifest.json"])
def test_the_checkpoint_before_is_used_and_the_result_is_the_same(finished, copy, name, damage):
    folder = list_checkpoints(copy / "checkpoints")[-1]
    damage(folder / name)
    report = verify(copy)
    assert len(report.problems) == 1
    assert str(folder / name) in report.problems[0]
    said = []
    assert outcome(resume(copy, notice=said.append)) == outcome(finished)
    assert any("skipped" in line and str(folder / name) in line for line in said)
    assert verify(copy, replay=True, workers=1).ok


def test_all_checkpoints_damaged_is_an_error_that_names_each(copy):
    folders = list_checkpoints(copy / "checkpoints")
    for folder in folders:
        flip(folder / "state.npz")
    before = {path: path.read_bytes() for path in copy.rglob("*.parquet")}
    with pytest.raises(NothingIntactError) as caught:
        resume(copy)
    assert all(str(folder / "state.npz") in str(caught.value) for folder in folders)
    assert "hetevo run" in str(caught.value)
    assert before == {path: path.read_bytes() for path in copy.rglob("*.parquet")}


@EVERY
@pytest.mark.parametrize("table", ["generations", "individuals"])
def test_any_flipped_byte_of_the_records_is_found(copy, table, step):
    (part,) = parts(copy / table)
    manifest = load_manifest(list_checkpoints(copy / "checkpoints")[-1])
    missed = [place for place in flips(part, step) if not named(copy, manifest.records, 2, part)]
    assert not missed
    assert verify(copy).ok


def named(path, records, generation, part):
    return any(str(part) in str(problem) for problem in find_damaged_parts(path, records, generation))


@pytest.mark.parametrize("damage", [flip, cut, empty, delete])
@pytest.mark.parametrize("table", ["generations", "individuals"])
def test_damaged_records_are_found_by_verify_and_never_built_upon(copy, table, damage):
    (part,) = parts(copy / table)
    damage(part)
    report = verify(copy)
    assert any(str(part) in problem for problem in report.problems)
    with pytest.raises(NothingIntactError, match=part.name):
        resume(copy, 3)


@EVERY
def test_a_flipped_byte_beyond_the_checkpoint_is_found_or_does_no_harm(finished, copy, step):
    """A part that was written again after the checkpoint is not what it knows; its own checksum vouches for it."""
    shutil.rmtree(list_checkpoints(copy / "checkpoints")[-1])
    manifest = load_manifest(list_checkpoints(copy / "checkpoints")[-1])
    assert manifest.generation == 1
    assert not list(find_damaged_parts(copy, manifest.records, 1))
    (part,) = parts(copy / "individuals")
    kept = up_to(read_part(part), 1)
    harmed = []
    for place in flips(part, step):
        if named(copy, manifest.records, 1, part):
            continue
        try:
            if not up_to(read_part(part), 1).equals(kept):
                harmed.append(place)
        except DamagedError:
            pass
    assert not harmed


def test_a_checkpoint_that_cannot_be_read_is_skipped(finished, copy, monkeypatch):
    from hetevo.evolve.rundir import checkpoint as reading

    newest, original = list_checkpoints(copy / "checkpoints")[-1], reading.file_digest

    def fail(*arguments):
        monkeypatch.setattr(reading, "file_digest", original)
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(reading, "file_digest", fail)
    said = []
    found = find_newest_intact(RunDirectory(copy), Search(CONFIG, SPECIES), said.append)
    assert found is not None
    assert found[0].generation.number == 1
    assert "Input/output error" in said[0]
    assert newest.name in said[0]
    monkeypatch.setattr(reading, "file_digest", fail)
    with pytest.raises(StorageError):
        load(newest, SPECIES, SIZE)


def test_gaps_duplicates_and_wrong_values_in_records_are_found(finished, tmp_path):
    """Even where whoever changed the records made the checksums fit."""
    import pyarrow as pa
    from sealing import reseal

    def changed(name, change):
        path = shutil.copytree(finished.path, tmp_path / name)
        (part,) = parts(path / "individuals")
        part.write_bytes(encode_part(change(read_part(part))))
        reseal(path)
        return " ".join(verify(path).problems)

    assert "generation 1 has 0 rows, expected 6" in changed(
        "gap", lambda table: pa.concat_tables([table.slice(0, 6), table.slice(12)])
    )
    assert "generation 2 has 7 rows, expected 6" in changed(
        "duplicate", lambda table: pa.concat_tables([table, table.slice(17)])
    )
    assert "identifiers" in changed("order", lambda table: table.take([1, 0, *range(2, 18)]))
    assert "do not give the digest" in changed(
        "value", lambda table: table.set_column(6, "loss", pa.array([0.5, *table["loss"].to_pylist()[1:]]))
    )
