"""Files with a right seal and wrong content: refused in one message that names the file, or of no consequence."""

import io
import json
import re
import shutil
import zipfile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from faults import go
from fuzzing import add_failure, nested
from sealing import fit_digest, reseal, rewrite_facts, sealed_parquet
from typer.testing import CliRunner

from hetevo.evolve.rundir import DamagedError, RunDirectoryError, parts, read_part
from hetevo.evolve.rundir.parts import encode_part
from hetevo.evolve.rundir.sweep import FILE, read_entries
from hetevo.evolve.rundir.telemetry import latest
from hetevo.scripts.main import app

pytestmark = pytest.mark.usefixtures("undrawn")


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    run = go(tmp_path_factory.mktemp("schemas") / "run").path
    add_failure(run)
    return run


@pytest.fixture
def run(finished, tmp_path):
    return shutil.copytree(finished, tmp_path / "run")


def hetevo(*words):
    """Return exit status and message of a command that must not end in a traceback."""
    done = CliRunner().invoke(app, [str(word) for word in words])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.stderr


def without(table, name):
    return table.drop_columns([name])


def doubled(table, name):
    return pa.Table.from_arrays([*table.columns, table[name]], names=[*table.column_names, name])


def put(table, name, values, kind=None):
    return table.set_column(table.column_names.index(name), name, pa.array(values, kind))


def rows(table, value):
    return [value] * table.num_rows


WRONG = {
    "empty": ("generations", lambda t: t.slice(0, 0), "at least one row"),
    "a column missing": ("generations", lambda t: without(t, "evaluations"), "'evaluations'"),
    "a column doubled": ("generations", lambda t: doubled(t, "loss_best"), "'loss_best' 2 times"),
    "a column of text": ("individuals", lambda t: put(t, "loss", rows(t, "x")), "'loss' has the type string"),
    "a measure of text": ("individuals", lambda t: put(t, "alignment_end", rows(t, "x")), "'alignment_end' has"),
    "no values": ("individuals", lambda t: put(t, "status", rows(t, None), pa.int64()), "'status'"),
    "values too small": ("individuals", lambda t: put(t, "parent_a", rows(t, -2)), "at least -1"),
    "an infinite loss": ("individuals", lambda t: put(t, "loss", rows(t, np.inf)), "finite"),
    "generations twice": ("generations", lambda t: pa.concat_tables([t, t]), "in order"),
    "another first one": ("individuals", lambda t: t.slice(6), "from generation 0 on"),
    "genes of text": ("failures", lambda t: put(t, "genes", rows(t, "x")), "'genes' has the type string"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_sealed_table_of_wrong_content_is_named(run, case):
    name, change, message = WRONG[case]
    (part,) = sorted((run / name).iterdir())
    part.write_bytes(encode_part(change(read_part(part))))
    with pytest.raises(DamagedError) as caught:
        read_part(part)
    assert message in str(caught.value)
    assert str(part) in str(caught.value)
    assert "verify" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_commands_refuse_swapped_tables_without_a_traceback(run):
    tables = [run / name / "part-000000.parquet" for name in ("generations", "individuals")]
    contents = [table.read_bytes() for table in tables]
    for table, content in zip(tables, reversed(contents), strict=True):
        table.write_bytes(content)
    reseal(run)
    for command in ("status", "plot", "report", "verify", "resume"):
        status, message = hetevo(command, run)
        assert status == 1, command
        assert "evaluations" in message or command in ("verify", "resume")


def test_columns_of_another_probe_are_plain_values(run):
    part = run / "individuals" / "part-000000.parquet"
    table = read_part(part)
    for values in (rows(table, 1), rows(table, 0.5), rows(table, True), rows(table, "word"), pa.nulls(table.num_rows)):
        part.write_bytes(encode_part(table.append_column("mine", pa.array(values))))
        read_part(part)
    shutil.rmtree(run / "failures")  # which no individual's status knows of
    reseal(run)
    assert hetevo("verify", run) == (0, "")
    assert hetevo("plot", run)[0] == 0
    part.write_bytes(encode_part(table.append_column("mine", pa.array(rows(table, [1])))))
    with pytest.raises(DamagedError, match="'mine' has the type list"):
        read_part(part)


@pytest.mark.parametrize("folder", ["individuals", "generations"])
def test_figures_say_that_a_table_is_missing(run, folder):
    (run / folder / "part-000000.parquet").unlink()
    status, message = hetevo("report", run, "-o", run.parent / "report.html")
    assert "it failed" not in message
    assert status == (0 if folder == "individuals" else 2)


def test_a_figure_says_which_measure_a_probe_did_not_take(run):
    part = run / "generations" / "part-000000.parquet"
    part.write_bytes(encode_part(read_part(part).drop_columns(["alignment_birth", "alignment_end_elite"])))
    assert hetevo("plot", run, "--kind", "alignment")[0] == 0


def test_a_small_part_cannot_claim_much(run, monkeypatch):
    part = run / "individuals" / "part-000000.parquet"
    table = read_part(part)
    monkeypatch.setattr(parts, "UNPACKED", 1 << 20)
    many = 100_000
    columns = {name: pa.nulls(many, table[name].type) for name in table.column_names}
    columns["generation"] = pa.array(np.zeros(many, np.int64))
    part.write_bytes(encode_part(pa.table(columns)))
    with pytest.raises(DamagedError, match="in a file of"):
        read_part(part)
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * 10, pa.int32()), pa.array(["x" * 1000])).cast(pa.string())
    table = table.slice(0, 10).append_column("text", texts)
    for options in ({"use_dictionary": True}, {"use_dictionary": False, "compression": "zstd"}):
        part.write_bytes(sealed_parquet(table, lambda one, sink, options=options: pq.write_table(one, sink, **options)))
        with pytest.raises(DamagedError, match="is packed as"):
            read_part(part)


def repacked(genes, change, compression=zipfile.ZIP_STORED):
    """Return genes of which the first one is changed."""
    sink = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(genes)) as old, zipfile.ZipFile(sink, "w", compression) as new:
        for number, name in enumerate(old.namelist()):
            content = old.read(name)
            new.writestr(name, content if number else change(content))
    return sink.getvalue()


CRAFTED = {
    "nothing": lambda genes: b"",
    "noise": lambda genes: b"PK" + bytes(100),
    "a bomb": lambda genes: repacked(genes, lambda one: one + bytes(64 << 20), zipfile.ZIP_DEFLATED),
    "too much": lambda genes: repacked(genes, lambda one: one + bytes(4000)),
    "too little": lambda genes: repacked(genes, lambda one: one[:-1]),
}


@pytest.mark.parametrize("case", CRAFTED)
def test_crafted_genes_of_a_failure_are_refused_before_they_are_unpacked(run, case):
    (part,) = (run / "failures").iterdir()
    table = read_part(part)
    first, *others = table["genes"].to_pylist()
    part.write_bytes(encode_part(put(table, "genes", [CRAFTED[case](first), *others], pa.binary())))
    status, message = hetevo("verify", run, "--failure", 0)
    assert status == 1
    assert "does not hold the arrays" in message


TELEMETRY = [
    {"generation": 1, "vary": "much", "evaluate": None, "workers": [], "utilisation": "all"},
    {"generation": 1, "utilisation": 0.5},
    {"generation": 1, "vary": 10**400},
    {"generation": {}, "message": {"a": 1}, "time": []},
    {"message": "\ud800"},
    {"generation": 1, "wait": nested(500, False)},
]


@pytest.mark.parametrize("event", TELEMETRY)
def test_damaged_telemetry_is_left_out(run, event):
    (run / "events.jsonl").write_text(json.dumps(event) + "\n")
    telemetry, message = latest(run / "events.jsonl")
    assert all(isinstance(value, int | float) for value in telemetry.values())
    assert message is None or isinstance(message, str)
    assert hetevo("status", run) == (0, "")
    assert hetevo("status", run, "--json") == (0, "")


PROVENANCE = [
    {"schema": 1, "origin": None, "sessions": [1]},
    {"schema": 1, "origin": {"run": 1}, "sessions": []},
    {"schema": 1, "origin": "x", "sessions": []},
    {"schema": 1, "sessions": [{"outcome": 3}]},
    {"schema": 1, "sessions": [{"versions": nested(300, True)}]},
    {"schema": 1, "sessions": [{"host": "\ud800"}]},
    {"schema": "1", "sessions": []},
    [],
]


@pytest.mark.parametrize("content", PROVENANCE)
def test_damaged_provenance_hinders_nobody_but_verify(run, content):
    (run / "provenance.json").write_text(json.dumps(content))
    status, message = hetevo("verify", run)
    assert status == 1
    assert "provenance.json" in message
    assert hetevo("status", run)[0] == 0
    assert hetevo("plot", run)[0] == 0


FACTS = [{"chain": 1}, {"origin": 3}, {"origin": {"generation": "x"}}, {"records_from": {"generations": -1}}]


@pytest.mark.parametrize("facts", FACTS)
def test_a_manifest_that_remembers_something_else_is_refused(run, facts):
    rewrite_facts(run, **facts)
    status, message = hetevo("verify", run)
    assert status == 1
    assert f"{next(iter(facts))}" in message
    assert hetevo("resume", run)[0] == 1
    assert hetevo("status", run)[0] == 0


@pytest.mark.parametrize("change", ["network = 3", "seed = 'x'", "network.levels = ['x']", f"x = {'[' * 60}{']' * 60}"])
def test_a_configuration_of_other_types_is_refused(run, change):
    text = (run / "config.toml").read_text()
    key = change.split(" ")[0].split(".")[0]
    kept = text.partition(f"[{key}]")[0] if f"[{key}]" in text else text.replace(f"{key} =", "other =")
    (run / "config.toml").write_text(f"{change}\n{kept}")
    for command in ("status", "plot", "verify", "resume", "draw"):
        status, message = hetevo(command, run)
        assert status in (1, 2), (command, message)
        assert str(run / "config.toml") in message


@pytest.mark.parametrize(
    ("name", "value"),
    [("island", 10**9), ("island", 1), ("operator", 9), ("status", -1), ("parent_a", 2**60), ("loss", np.nan)],
)
def test_a_state_of_impossible_values_is_refused(run, name, value):
    newest = sorted((run / "checkpoints").iterdir())[-1]
    with np.load(newest / "state.npz") as archive:
        arrays = {key: archive[key] for key in archive.files}
    arrays[name][0] = value
    np.savez(newest / "state.npz", **arrays)
    fit_digest(newest, arrays)
    status, message = hetevo("verify", run)
    assert status == 1
    assert f"{name}: expected" in message


ENTRY = {"run": "a", "condition": "b", "seed": 0}
SWEEPS = [
    [],
    {"schema": 1, "runs": [1]},
    {"schema": 1, "runs": [{**ENTRY, "seed": 1e300}]},
    {"schema": 1, "runs": [{**ENTRY, "seed": True}]},
    {"schema": 1, "runs": [{**ENTRY, "run": "../a"}]},
    {"schema": 1, "runs": [{**ENTRY, "stage": "mid"}]},
    {"schema": 1, "runs": [ENTRY, ENTRY]},
    {"schema": 0, "runs": []},
]


@pytest.mark.parametrize("content", SWEEPS)
def test_a_damaged_list_of_a_sweep_is_refused(tmp_path, content):
    (tmp_path / FILE).write_text(json.dumps(content))
    with pytest.raises(RunDirectoryError, match=r"sweep\.json is damaged.*or remove it"):
        read_entries(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"schema": 2, "runs": [{"run": 3, "condition": "a", "seed": 0}]}', "runs.0.run: expected text, got 3"),
        (
            '{"schema": 2, "runs": [{"run": "a", "condition": "", "seed": 0}]}',
            "condition: expected text that is not empty",
        ),
        (
            '{"schema": 2, "runs": [{"run": "..", "condition": "a", "seed": 0}]}',
            "expected text of the form that Hetevo w",
        ),
        (
            '{"schema": 2, "runs": [{"run": "a", "condition": "a", "seed": "0"}]}',
            "seed: expected a whole number, got '0'",
        ),
        ('{"schema": 2, "runs": 3}', "runs: expected a list, got 3"),
        ('{"schema": 2', "it is no JSON from line 1, column 13 on"),
        ("null", "the whole file: expected a table, got None"),
    ],
)
def test_a_damaged_list_of_runs_is_said_in_plain_words(tmp_path, text, message):
    (tmp_path / "sweep.json").write_text(text)
    with pytest.raises(RunDirectoryError, match=re.escape(message)):
        read_entries(tmp_path)
