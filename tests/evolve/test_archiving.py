"""An archive holds a run, says what it left out, and is checked again; strangers' archives do nothing."""

import errno
import json
import shutil
import zipfile
from pathlib import Path

import pytest
from faults import TINY, go
from typer.testing import CliRunner

from hetevo.evolve import Experiment, preset, unpacking
from hetevo.evolve.archiving import archive
from hetevo.evolve.crate import METADATA, About
from hetevo.evolve.data import keeping
from hetevo.evolve.rundir import RunBusyError, RunDirectory, RunDirectoryError
from hetevo.evolve.unpacking import verify_archive
from hetevo.evolve.verify import verify
from hetevo.populations.errors import MachineFailedError, SettingError
from hetevo.scripts.main import app

ADA = "Ada Lovelace <https://orcid.org/0000-0002-1825-0097>"


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    return go(tmp_path_factory.mktemp("archiving") / "run").path


@pytest.fixture
def packed(finished, tmp_path):
    return archive(finished, tmp_path / "run.zip", About(authors=(ADA, "B. Baer"), license="CC-BY-4.0")).path


@pytest.fixture(scope="module")
def sweep(finished, tmp_path_factory):
    folder = tmp_path_factory.mktemp("archiving") / "sweep"
    folder.mkdir()
    shutil.copytree(finished, folder / "one")
    go(folder / "two", "seed=1")
    entries = [{"run": name, "condition": "a", "seed": seed} for seed, name in enumerate(("one", "two", "three"))]
    (folder / "sweep.json").write_text(json.dumps({"schema": 1, "name": "s", "runs": entries}))
    return folder


def graph(path):
    with zipfile.ZipFile(path) as packed:
        content = json.loads(packed.read(METADATA))
    return {entity["@id"]: entity for entity in content["@graph"]}


def packed_anew(path, target, change):
    """Pack files again that were changed, by name; None leaves one out."""
    with zipfile.ZipFile(path) as source:
        files = {name: source.read(name) for name in source.namelist()}
    with zipfile.ZipFile(target, "w") as sink:
        for name, content in (files | change(files)).items():
            if content is not None:
                sink.writestr(name, content)
    return target


def test_equal_content_gives_equal_bytes_wherever_and_whenever_it_is_packed(finished, packed, tmp_path):
    other = shutil.copytree(finished, tmp_path / "elsewhere")
    again = archive(other, tmp_path / "again.zip", About(authors=(ADA, "B. Baer"), license="CC-BY-4.0"))
    assert again.path.read_bytes() == packed.read_bytes()
    assert again.bytes == packed.stat().st_size


def test_an_unpacked_run_is_that_run_and_the_archive_verifies(finished, packed, tmp_path):
    report = verify_archive(packed)
    assert report.ok
    assert any("checkpoint(s)" in line for line in report.checked)
    zipfile.ZipFile(packed).extractall(tmp_path / "unpacked")
    assert verify(tmp_path / "unpacked").ok
    for file in finished.rglob("*"):
        if file.is_file() and file.name != "lock":
            assert (tmp_path / "unpacked" / file.relative_to(finished)).read_bytes() == file.read_bytes()


def test_its_description_names_every_file_authors_licence_software_and_parameters(packed):
    found = graph(packed)
    files = {name for name, entity in found.items() if entity["@type"] == "File"}
    assert files | {METADATA} == set(zipfile.ZipFile(packed).namelist())
    assert {part["@id"] for part in found["./"]["hasPart"]} == files
    assert found["./"]["license"] == {"@id": "https://spdx.org/licenses/CC-BY-4.0"}
    assert [author["@id"] for author in found["./"]["author"]] == ["https://orcid.org/0000-0002-1825-0097", "#author-2"]
    assert found["#run-0/evolution.size"]["value"] == "6"
    action = found["#run-0"]
    assert found[action["instrument"]["@id"]]["name"] == "Hetevo"
    assert action["startTime"] <= action["endTime"]
    for reference in action["object"]:
        assert reference["@id"] in found


def test_the_reader_of_ro_crates_reads_it(packed, sweep, tmp_path):
    rocrate = pytest.importorskip("rocrate.rocrate")
    crate = rocrate.ROCrate(packed)
    assert crate.root_dataset["author"][0]["name"] == "Ada Lovelace"
    assert crate.root_dataset["license"]["name"] == "CC-BY-4.0"
    assert len(crate.data_entities) == len(zipfile.ZipFile(packed).namelist()) - 1
    crate = rocrate.ROCrate(archive(sweep, tmp_path / "sweep.zip").path)
    assert {entity.id for entity in crate.data_entities} >= {"one/", "two/", "sweep.json", "two/config.toml"}


def test_a_sweep_is_packed_as_a_whole(sweep, tmp_path):
    found = archive(sweep, tmp_path / "sweep.zip")
    report = verify_archive(found.path)
    assert report.ok
    # what is not covered is said once for all runs
    assert len([note for note in report.notes if note.startswith("2 runs: not covered: telemetry")]) == 1
    assert not any("one: not covered: telemetry" in note for note in report.notes)
    entities = graph(found.path)
    assert {part["@id"] for part in entities["./"]["hasPart"]} == {"sweep.json", "one/", "two/"}
    assert entities["#all/evolution.size"]["value"] == "6"
    assert [entities[f"#run-{run}/seed"]["value"] for run in (0, 1)] == ["0", "1"]


def test_runs_that_are_not_there_or_not_at_their_end_are_said_everywhere(sweep, finished, tmp_path):
    folder = shutil.copytree(sweep, tmp_path / "sweep")
    shutil.rmtree(folder / "two")
    go(folder / "two", "seed=1", progress=lambda *_: (folder / "two" / "STOP").touch())
    done = CliRunner().invoke(app, ["archive", str(folder), "-o", str(tmp_path / "sweep.zip"), "--json"])
    assert done.exit_code == 0, done.output
    said = "1 of 3 runs has not begun, 1 is not at its end"
    assert json.loads(done.stdout)["notes"] == [said]
    assert said in done.stderr
    assert f"Note: {said}." in graph(tmp_path / "sweep.zip")["./"]["description"]
    report = verify_archive(tmp_path / "sweep.zip")
    assert report.ok
    assert said in report.notes
    # nothing is missing of a run that is done
    whole = archive(finished, tmp_path / "run.zip")
    assert whole.notes == []
    assert "Note" not in graph(whole.path)["./"]["description"]


def test_a_table_of_which_the_run_has_no_copy_is_said(tmp_path, monkeypatch):
    shutil.copy(Path(keeping.__file__).parents[1] / "experiments" / "iris.csv", tmp_path / "big.csv")
    monkeypatch.setattr(keeping, "KEPT_BYTES", 100)
    monkeypatch.chdir(tmp_path)
    table = 'task={name="table",options={file="big.csv",targets=["species"]}}'
    overrides = [one for one in TINY if not one.startswith(("task.", "network.", "lifetime="))]
    lives = "lifetime={presentations=12,batch=4,tasks=1,test_samples=20,clip_every=4}"
    Experiment(preset("smoke", overrides=[*overrides, table, lives])).run(tmp_path / "run")
    done = CliRunner().invoke(app, ["archive", "run", "-o", "run.zip"])
    assert done.exit_code == 0, done.output
    assert "left out: the data, big.csv, of which the run has no copy" in done.stderr
    assert "the data, big.csv" in graph(tmp_path / "run.zip")["./"]["description"]


def test_a_link_does_not_lead_the_archive_into_the_run(finished, tmp_path):
    path = shutil.copytree(finished, tmp_path / "run")
    (tmp_path / "link").symlink_to(path)
    for run, output in ((path, tmp_path / "link" / "x.zip"), (tmp_path / "link", path / "x.zip")):
        with pytest.raises(SettingError, match="outside"):
            archive(run, output)
    assert not (path / "x.zip").exists()


def test_what_is_not_the_runs_is_left_out_and_named(finished, tmp_path):
    path = shutil.copytree(finished, tmp_path / "run")
    for name in ("notes.txt", "figures/a.png", "checkpoints/gen-000002/mine", "data/secret.csv"):
        (path / name).parent.mkdir(exist_ok=True)
        (path / name).write_text("mine")
    done = CliRunner().invoke(app, ["archive", str(path), "-o", str(tmp_path / "run.zip"), "--json"])
    assert done.exit_code == 0, done.output
    left = json.loads(done.stdout)["left_out"]
    assert sorted(left) == ["checkpoints/gen-000002/mine", "data/secret.csv", "figures", "notes.txt"]
    assert not {*left} & {*zipfile.ZipFile(tmp_path / "run.zip").namelist()}


def test_nothing_is_written_for_a_run_that_is_damaged_or_under_way_or_over_a_file(finished, tmp_path):
    path = shutil.copytree(finished, tmp_path / "run")
    target = tmp_path / "run.zip"
    with RunDirectory.open(path).lock(), pytest.raises(RunBusyError, match="under way"):
        archive(path, target)
    with pytest.raises(SettingError, match="outside"):
        archive(path, path / "run.zip")
    (path / "provenance.json").write_text("{}")
    with pytest.raises(RunDirectoryError, match="not what was written"):
        archive(path, target)
    assert not target.exists()
    target.write_text("mine")
    with pytest.raises(SettingError, match="--force"):
        archive(finished, target)
    assert target.read_text() == "mine"
    assert archive(finished, target, force=True).files
    assert {file.name for file in tmp_path.iterdir()} == {"run", "run.zip"}


@pytest.mark.parametrize(
    "about", [{"authors": ("<x>",)}, {"authors": ("A <http://evil>",)}, {"license": "do what you want"}]
)
def test_authors_and_licences_that_nobody_could_read_are_refused(about):
    with pytest.raises(SettingError, match="expected"):
        About(**about)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda files: {"config.toml": files["config.toml"].replace(b"6", b"7", 1)}, "does not fit its checksum"),
        (lambda files: {"config.toml": files["config.toml"] + b"\n"}, "config.toml: expected"),
        (lambda files: {"provenance.json": None}, "provenance.json: it is missing"),
        (lambda files: {"../evil": b"x"}, "the description does not name it"),
    ],
)
def test_what_was_changed_in_an_archive_is_named(packed, tmp_path, change, problem):
    changed = packed_anew(packed, tmp_path / "changed.zip", change)
    done = CliRunner().invoke(app, ["verify", str(changed)])
    assert done.exit_code == 1
    assert problem in done.output
    assert not (tmp_path.parent / "evil").exists()


def named(files, name, size="4"):
    content = json.loads(files[METADATA])
    content["@graph"].append({"@id": name, "@type": "File", "contentSize": size, "sha256": "0" * 64})
    return {METADATA: json.dumps(content).encode(), name: b"evil"}


def test_a_description_of_which_one_byte_was_changed_is_damage(packed, tmp_path):
    content = bytearray(packed.read_bytes())
    content[content.index(b"contentSize")] ^= 1
    (tmp_path / "changed.zip").write_bytes(content)
    done = CliRunner().invoke(app, ["verify", str(tmp_path / "changed.zip")])
    assert done.exit_code == 1
    assert f"{METADATA} is damaged: Bad CRC-32" in done.output


@pytest.mark.parametrize("name", ["../evil", "/tmp/evil", "a/../../evil", "C:\\evil", ".hidden"])
def test_names_that_lead_elsewhere_are_not_unpacked(packed, tmp_path, name):
    changed = packed_anew(packed, tmp_path / "changed.zip", lambda files: named(files, name))
    with pytest.raises(RunDirectoryError, match="no archive of runs"):
        verify_archive(changed)
    assert not list(tmp_path.parent.rglob("evil"))


def test_what_is_compressed_or_claims_more_than_it_has_is_not_unpacked(packed, tmp_path):
    with zipfile.ZipFile(packed) as source, zipfile.ZipFile(tmp_path / "bomb.zip", "w", zipfile.ZIP_DEFLATED) as sink:
        files = {name: source.read(name) for name in source.namelist()}
        sink.writestr(METADATA, json.dumps(json.loads(files.pop(METADATA))), zipfile.ZIP_STORED)
        for name, content in files.items():
            sink.writestr(name, content)
    assert "not compressed" in verify_archive(tmp_path / "bomb.zip").problems[0]
    claims = packed_anew(packed, tmp_path / "claims.zip", lambda files: named(files, "huge", "9" * 15))
    assert "expected at most" in verify_archive(claims).problems[0]


@pytest.mark.parametrize("name", ["config.toml", METADATA])
def test_an_encrypted_member_is_refused(packed, tmp_path, name):
    content = bytearray(packed.read_bytes())
    # the flags in the list of members, 38 bytes before the name
    at = content.rindex(name.encode(), 0, len(content)) - 38
    assert content[at - 8 : at - 4] == b"PK\x01\x02"
    content[at] |= 1
    (tmp_path / "secret.zip").write_bytes(content)
    done = CliRunner().invoke(app, ["verify", str(tmp_path / "secret.zip")])
    assert done.exit_code in {1, 2}
    assert not isinstance(done.exception, RuntimeError)
    assert f"{name}: it is encrypted" in done.output or f"{name} is encrypted" in " ".join(done.output.split())


def test_no_room_to_unpack_says_how_much_is_needed_and_how_to_choose_another_folder(packed, monkeypatch):
    def full(*arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(unpacking, "_unpack", full)
    with pytest.raises(MachineFailedError, match=r"cannot unpack into .*needs [0-9,]+ bytes.*TMPDIR"):
        verify_archive(packed)
    monkeypatch.undo()
    monkeypatch.setattr(unpacking.tempfile, "TemporaryDirectory", full)
    with pytest.raises(MachineFailedError, match="TMPDIR"):
        verify_archive(packed)


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04nothing", b"text", b"PK\x05\x06" + bytes(18)])
def test_a_file_that_is_no_archive_is_refused_in_one_line(tmp_path, content):
    (tmp_path / "x.zip").write_bytes(content)
    done = CliRunner().invoke(app, ["verify", str(tmp_path / "x.zip")])
    assert done.exit_code == 2
    assert "no archive of runs" in done.output


def test_a_replay_needs_a_directory(packed):
    done = CliRunner().invoke(app, ["verify", str(packed), "--replay"])
    assert done.exit_code == 2
    assert "Unpack it first" in done.output
