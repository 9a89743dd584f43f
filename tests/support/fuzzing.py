"""Configurations, sweeps and run directories with a mutation each, and what must not come of them.

A command that reads one may refuse it in one message, or do its work; it may not end in a traceback, hang, or take
much memory. Each mutation has a number, and is the same every time: ``python tests/support/fuzzing.py runs 17 1
/tmp/fuzz`` repeats number 17 alone. A process of its own goes through many, so that its memory can be measured.
"""

import contextlib
import io
import json
import math
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback
import zipfile
from pathlib import Path

SECONDS = 60
"""After which a command counts as hanging: none of them needs more than a few."""

MEMORY = 2 << 30
"""Bytes that a process may take in all."""

SWEEP = """base = "smoke"
seeds = "0..1"
controls = ["neutral", "birth"]
[set]
"evolution.size" = 6
"""

OTHER_SWEEP = """base = "smoke"
seeds = [3, 4]
[conditions.layered]
"network.wiring" = "layered"
[conditions.none]
"plasticity.rule" = "none"
[grid]
"lifetime.batch" = [2, 3]
[zip]
"evolution.size" = [6, 8]
"evolution.elites" = [1, 2]
"""

WORDS = ["", "x", "../..", "é\u202e", "a" * 5000, "nan", "-1", "%s{0}", "RUN@3", "\x00", "digits", "hebbian", "none"]
NUMBERS = [
    0,
    1,
    -1,
    2,
    3,
    7,
    10**6,
    2**31,
    2**63 - 1,
    -(2**63),
    0.5,
    -0.5,
    1e-300,
    1e300,
    math.inf,
    -math.inf,
    math.nan,
]
OTHERS = [True, False, [], {}, [[]], [1, "a"], {"a": 1}, [1e308] * 3, [0] * 2000, ["x"] * 3, {"a": {"b": []}}]


def anything(rng):
    """Return a value that hardly belongs where it is put."""
    if rng.random() < 0.05:
        return nested(rng.choice([30, 300, 900]), rng.random() < 0.5)
    return rng.choice([WORDS, NUMBERS, OTHERS][rng.randrange(3)])


def nested(depth, tables):
    value = {} if tables else []
    for _ in range(depth):
        value = {"a": value} if tables else [value]
    return value


def near(rng, value):
    """Return another value of the same kind."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return rng.choice([value + 1, value - 1, -value, 0, 10 * value, rng.randrange(20)])
    if isinstance(value, float):
        return rng.choice([-value, 0.0, value * 1e6, 1 - value, value / 1e6])
    if isinstance(value, str):
        return rng.choice([value.upper(), value + "x", value[:-1], value[::-1], ""])
    if isinstance(value, list) and value:
        return rng.choice([value * 2, value[:-1], value[::-1], [*value, near(rng, value[0])]])
    return anything(rng)


def place(rng, content):
    """Choose a (container, key) in nested values, one near the top rather than a deep one; None if there is none."""
    chosen = None
    while isinstance(content, dict | list) and content:
        key = rng.choice(list(content)) if isinstance(content, dict) else rng.randrange(len(content))
        chosen, content = (content, key), content[key]
        if rng.random() < 0.4:
            break
    return chosen


def changed(rng, content):
    """Change nested values in one to three places; say how."""
    said = []
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        chosen = place(rng, content)
        if chosen is None:
            return said
        holder, key = chosen
        act = rng.random()
        if act < 0.15:
            said.append(f"without {key!r}")
            del holder[key]
        elif act < 0.25 and isinstance(holder, dict):
            said.append(f"{key!r} under another name")
            holder[rng.choice(["x", "é", str(key) + "s", str(key)[:-1] or "y"])] = holder.pop(key)
        else:
            holder[key] = near(rng, holder[key]) if act < 0.55 else anything(rng)
            said.append(f"{key!r} = {str(holder[key])[:60]}")
    return said


def damaged(rng, content):
    """Change bytes; say how."""
    at = rng.randrange(len(content) + 1)
    kind = rng.choice(["flip", "cut", "empty", "append", "insert", "repeat", "noise", "deep"])
    if kind == "flip" and content:
        at %= len(content)
        return content[:at] + bytes([content[at] ^ (1 << rng.randrange(8))]) + content[at + 1 :], kind
    if kind == "cut":
        return content[:at], kind
    if kind in ("empty", "flip"):
        return b"", kind
    if kind == "append":
        return content + rng.randbytes(20), kind
    if kind == "insert":
        piece = rng.choice([b"\n[[", b"=", b'"', b"\n[task]\n", b"\\ud800", b"\xff", b"9" * 6000, b"1e999", b"NaN"])
        return content[:at] + piece + content[at:], kind
    if kind == "repeat":
        return content[at:] + content, kind
    return (rng.randbytes(200) if kind == "noise" else b"a = " + rng.choice([b"[", b'{"a":']) * 5000), kind


# configurations and sweeps


def configuration(rng, path):
    """Write a configuration with a mutation."""
    import tomli_w

    from hetevo.evolve.config import dump_toml, preset, preset_names

    text = dump_toml(preset(rng.choice(sorted(preset_names()))))
    if rng.random() < 0.2:
        content, said = damaged(rng, text.encode())
        path.write_bytes(content)
        return said
    return written_toml(rng, path, text, tomli_w)


def sweep(rng, path):
    """Write a sweep with a mutation."""
    import tomli_w

    text = rng.choice([SWEEP, OTHER_SWEEP])
    if rng.random() < 0.2:
        content, said = damaged(rng, text.encode())
        path.write_bytes(content)
        return said
    return written_toml(rng, path, text, tomli_w)


def written_toml(rng, path, text, tomli_w):
    import tomllib

    content = tomllib.loads(text)
    said = changed(rng, content)
    try:
        written = tomli_w.dumps(content).encode()
    except (RecursionError, UnicodeEncodeError, TypeError):  # what was meant cannot be said in TOML
        written = b"a = " + b"[" * 200
    path.write_bytes(written)
    return ", ".join(said)


def try_configuration(rng, path):
    """Do everything with a configuration that a run does before anything lives; and live, if that takes moments."""
    from hetevo.evolve import load_config
    from hetevo.evolve.experiment import Experiment
    from hetevo.populations.errors import HetevoError

    try:
        config = load_config(path, trust=True)
        if config.backend.workers > 4 or config.backend.name == "ray" or config.backend.address:
            return "refused"
        cost = config.evolution.size * config.lifetime.presentations * config.lifetime.batch
        cost *= (sum(config.network.levels) + config.task.inputs + config.task.outputs) * config.lifetime.tasks
        experiment = Experiment(config)
        if cost > 3e6:
            return "checked"
        small = config.model_copy(
            update={
                "evolution": config.evolution.model_copy(update={"generations": 1}),
                "backend": config.backend.model_copy(update={"workers": 1, "name": "local"}),
            }
        )
        experiment = Experiment(small)
        experiment.run(path.parent / "lived", notice=lambda message: None)
    except HetevoError as error:
        check_message(str(error))
        return "refused"
    finally:
        shutil.rmtree(path.parent / "lived", ignore_errors=True)
    return "lived"


def try_sweep(rng, path):
    """Plan a sweep."""
    from hetevo.evolve.sweeps import load_plan
    from hetevo.populations.errors import HetevoError

    try:
        load_plan(path)
    except HetevoError as error:
        check_message(str(error))
        return "refused"
    return "planned"


def check_message(text):
    if "Traceback" in text or len(text) > 20_000:
        raise AssertionError(f"the message is no message: {text[:300]}")


# run directories


def make_bases(folder):
    """Make the runs that are mutated: one that is done, one with failures, and a sweep."""
    from faults import tiny

    from hetevo.evolve import Experiment
    from hetevo.evolve.sweeps import conduct, load_plan

    Experiment(tiny("evolution.generations=4")).run(folder / "run", notice=lambda message: None)
    failing = tiny("evolution.generations=3")
    Experiment(failing).run(folder / "failing", notice=lambda message: None)
    add_failure(folder / "failing")
    file = folder / "two.toml"
    settings = "\n".join(f'"{key}" = {value}' for key, value in SMALL.items())
    file.write_text(f'base = "smoke"\nseeds = [0, 1]\ncontrols = ["neutral", "birth"]\n[set]\n{settings}\n')
    plan = load_plan(file)
    for member in plan.members:  # in this process: what is wanted are the files
        Experiment(member.config).run(folder / "sweep" / member.name, notice=lambda message: None)
    from dataclasses import asdict

    from hetevo.evolve.rundir.sweep import FILE

    content = {"schema": 1, "name": plan.name, "runs": [asdict(entry) for entry in plan.entries]}
    (folder / "sweep" / FILE).write_text(json.dumps(content))
    del conduct


SMALL = {
    "network.levels": "[2]",
    "task.inputs": 2,
    "lifetime.presentations": 3,
    "lifetime.batch": 2,
    "lifetime.tasks": 1,
    "lifetime.test_samples": 8,
    "evolution.size": 6,
    "evolution.elites": 1,
    "evolution.generations": 4,
    "probe.samples": 4,
    "checkpoint.every": 1,
    "backend.workers": 1,
}


def add_failure(run):
    """Write a table of failures, as if two individuals had failed."""
    import numpy as np
    import pyarrow as pa
    from sealing import reseal_with

    from hetevo.evolve.rundir import RunDirectory
    from hetevo.evolve.rundir.parts import encode_part
    from hetevo.evolve.saved import read_saved_config
    from hetevo.evolve.species import build_species
    from hetevo.populations.circuits import draw_founders

    species = build_species(read_saved_config(RunDirectory(run)))
    sink = io.BytesIO()
    np.savez(sink, **dict(draw_founders(species, 0, 1)))
    columns = {
        "generation": pa.array([1, 2]),
        "individual": pa.array([0, 3]),
        "id": pa.array([6, 15]),
        "seed": pa.array([0, 0]),
        "reason": pa.array(["it failed", "again"]),
        "traceback": pa.array(["", "somewhere"]),
        "genes": pa.array([sink.getvalue()] * 2),
    }
    (run / "failures").mkdir()
    (run / "failures" / "part-000001.parquet").write_bytes(encode_part(pa.table(columns)))
    reseal_with(run, ["failures/part-000001.parquet"])


def mutated_run(rng, base, path):
    """Copy a run or sweep, and mutate one file of it, mostly so that all checksums fit again."""
    from sealing import reseal

    kind = rng.choice(["run", "run", "failing", "sweep"])
    shutil.copytree(base / kind, path)
    run = path if kind != "sweep" else rng.choice(sorted(one for one in path.iterdir() if one.is_dir()))
    files = sorted(one for one in run.rglob("*") if one.is_file() and (one.name != "lock" or rng.random() < 0.1))
    # records and what is small are where most can be wrong; states are many
    files = [one for one in files if one.name not in ("state.npz", "manifest.json")] * 2 + files
    if kind == "sweep":
        files += [path / "sweep.json"] * 6
    file = rng.choice(files)
    said = mutate(rng, file, run)
    if rng.random() < 0.9:
        with contextlib.suppress(ValueError, KeyError, TypeError, AttributeError, OSError):
            reseal(run)
    return f"{file.relative_to(path)} of {kind}: {said}"


def mutate(rng, file, run):
    """Change one file of a run; say how."""
    kind = rng.random()
    if kind < 0.03:
        file.unlink()
        return "deleted"
    if kind < 0.05:
        file.unlink()
        file.mkdir()
        return "a folder"
    if kind < 0.10:
        other = rng.choice(sorted(one for one in run.rglob("*") if one.is_file()))
        file.write_bytes(other.read_bytes())
        return f"that of {other.name}"
    if kind < 0.2:
        content, said = damaged(rng, file.read_bytes())
        file.write_bytes(content)
        return said
    if file.suffix == ".parquet":
        return mutate_table(rng, file, run)
    if file.name == "state.npz":
        return mutate_state(rng, file)
    if file.suffix == ".toml":
        return mutate_config(rng, file, run)
    return mutate_json(rng, file)


def mutate_json(rng, file):
    lines = file.read_text().splitlines() if file.suffix == ".jsonl" else [file.read_text()]
    at = rng.randrange(-min(2, len(lines)), 0)
    try:
        content = json.loads(lines[at])
    except ValueError:
        file.write_text("{}")
        return "an empty object"
    sealed = file.name in ("manifest.json", "pruned.json")
    if sealed:
        content.pop("sha256", None)
    said = changed(rng, content) if rng.random() < 0.95 else ["something else"]
    if said == ["something else"]:
        content = anything(rng)
    lines[at] = json.dumps(content)
    file.write_text("\n".join(lines) + ("\n" if file.suffix == ".jsonl" else ""))
    if sealed and isinstance(content, dict):
        from hetevo.evolve.rundir.manifest import seal

        file.write_bytes(seal(content))
    return ", ".join(said)


def mutate_config(rng, file, run):
    import tomllib

    import tomli_w

    content = tomllib.loads(file.read_text())
    said = changed(rng, content)
    try:
        text = tomli_w.dumps(content)
    except (RecursionError, TypeError):
        text = "a = " + "[" * 300
    with contextlib.suppress(UnicodeEncodeError):
        file.write_text(text, encoding="utf-8")
    if rng.random() < 0.7:  # the checkpoints say that they were made with it
        from sealing import rewrite_facts

        from hetevo.evolve.identity import config_hash

        rewrite_facts(run, config=config_hash(content))
    return ", ".join(said)


def mutate_state(rng, file):
    """Put other values into the arrays of a state, and let the digest fit."""
    import numpy as np
    from sealing import fit_digest

    with np.load(file) as archive:
        arrays = {name: archive[name] for name in archive.files}
    name = rng.choice(sorted(arrays))
    array = arrays[name].copy()
    flat = array.reshape(-1)
    if array.dtype.kind == "b":
        flat[:] = rng.random() < 0.5
    elif array.dtype.kind == "i":
        flat[rng.randrange(flat.size)] = rng.choice([-1, -2, 0, 1, 2, 3, 5, 10**9, 2**63 - 1, -(2**63)])
    else:
        with np.errstate(over="ignore"):
            flat[rng.randrange(flat.size)] = np.array(rng.choice(NUMBERS), array.dtype)
    arrays[name] = array
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for key, value in arrays.items():
            with archive.open(zipfile.ZipInfo(f"{key}.npy"), "w") as member:
                np.lib.format.write_array(member, value, version=(1, 0))
    fit_digest(file.parent, arrays)
    return f"other values in {name}"


def mutate_table(rng, file, run):
    import pyarrow as pa

    from hetevo.evolve.rundir.parts import encode_part, read_part

    table = read_part(file)
    columns, names = list(table.columns), list(table.column_names)
    # every table's own columns come first; of measures there are many
    at = rng.randrange(min(len(names), 9) if rng.random() < 0.6 else len(names))
    kind = rng.choice(
        [
            *("values", "values", "values", "type", "type", "null", "without", "doubled", "renamed", "empty"),
            *("rows", "order", "swapped", "more", "more", "genes", "bomb"),
        ]
    )
    said = f"{kind} {names[at]}"
    if kind == "values":
        columns[at] = other_values(rng, table.column(at), pa)
    elif kind == "type":
        columns[at] = other_type(rng, table.num_rows, pa)
    elif kind == "null":
        columns[at] = pa.nulls(table.num_rows, table.column(at).type if rng.random() < 0.7 else pa.null())
    elif kind == "without":
        del columns[at], names[at]
    elif kind == "doubled":
        columns.append(columns[at])
        names.append(names[at])
    elif kind == "renamed":
        names[at] = rng.choice(["", "x", "alignment_end", "loss", "generation", "é\u202e", "a" * 3000])
    elif kind == "more":
        columns.append(other_type(rng, table.num_rows, pa))
        names.append(rng.choice(["mine", "mine_end", "hs_end", "loss_best", "status", "phi_0_end", "0", ""]))
    elif kind == "genes" and "genes" in names:
        columns[names.index("genes")] = pa.array([crafted_genes(rng)] * table.num_rows)
    elif kind == "bomb":
        file.write_bytes(bomb(rng, table))
        return kind
    changed_table = pa.Table.from_arrays(columns, names=names)
    if kind == "empty":
        changed_table = changed_table.slice(0, 0)
    elif kind == "rows":
        changed_table = pa.concat_tables([changed_table, changed_table.slice(rng.randrange(table.num_rows))])
    elif kind == "order":
        order = list(range(table.num_rows))
        rng.shuffle(order)
        changed_table = changed_table.take(order[: rng.randrange(1, table.num_rows + 1)])
    elif kind == "swapped":
        others = sorted(one for one in run.glob("*/part-*.parquet") if one != file)
        changed_table = read_part(rng.choice(others)) if others else changed_table.slice(0, 0)
    file.write_bytes(encode_part(changed_table))
    return said


def other_values(rng, column, pa):
    values = column.to_pylist()
    where = [rng.randrange(len(values))] if rng.random() < 0.5 else range(len(values))
    for one in where:
        if pa.types.is_integer(column.type):
            values[one] = rng.choice([0, -1, 1, 7, 10**6, 10**12, 2**63 - 1, -(2**63), None])
        elif pa.types.is_floating(column.type):
            values[one] = rng.choice([0.0, -1.0, 1e300, -1e308, math.inf, -math.inf, 1e-320, None, math.nan])
        elif pa.types.is_string(column.type):
            values[one] = rng.choice(["", "x", "é\u202e\n", "y" * 10_000, "\x1b[31m", None, "<script>"])
        else:
            values[one] = rng.choice([b"", rng.randbytes(50), None])
    return pa.array(values, column.type)


def other_type(rng, rows, pa):
    kinds = [
        lambda: pa.array(["a"] * rows),
        lambda: pa.array([b"a"] * rows),
        lambda: pa.array([True] * rows),
        lambda: pa.array([1] * rows, pa.int32()),
        lambda: pa.array([2**64 - 1] * rows, pa.uint64()),
        lambda: pa.array([0.5] * rows),
        lambda: pa.array([0.5] * rows, pa.float32()),
        lambda: pa.array([1] * rows, pa.timestamp("s")),
        lambda: pa.array([[1.0]] * rows),
        lambda: pa.array([{"a": 1}] * rows),
        lambda: pa.nulls(rows),
        lambda: pa.array(["a"] * rows).dictionary_encode(),
        lambda: pa.array([1] * rows, pa.decimal128(20, 3)),
        lambda: pa.array(["a"] * rows, pa.large_string()),
    ]
    return rng.choice(kinds)()


def crafted_genes(rng):
    """Return bytes that unpack to much more than genes, or to something else."""
    sink = io.BytesIO()
    kind = rng.randrange(4)
    if kind == 0:
        return rng.randbytes(200)
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as archive:
        header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (%d,), }\n" % (1 << 26)
        start = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header
        for name in ("gain_hebbian.npy", "mask_up.npy", "loss.npy", "x.npy")[: 1 if kind == 1 else 4]:
            archive.writestr(name, start + (bytes(1 << 24) if kind < 3 else b""))
    return sink.getvalue()


def bomb(rng, table):
    """Return a part that is small and claims much: rows, or one long text for all rows."""
    import pyarrow as pa
    import pyarrow.parquet as pq
    from sealing import sealed_parquet

    rows = rng.choice([10**7, 10**8])
    if rng.random() < 0.5:
        text = pa.DictionaryArray.from_arrays(pa.array([0] * 1_000_000, pa.int32()), pa.array(["x" * 20_000]))
        columns = {"generation": pa.array([0] * 1_000_000), "reason": text}
        compression = "snappy"
    else:
        rows = 10**6
        columns = {name: pa.nulls(rows, pa.float64()) for name in table.column_names if name != "generation"}
        columns = {"generation": pa.array(range(rows))} | columns
        compression = "zstd"
    return sealed_parquet(pa.table(columns), lambda one, sink: pq.write_table(one, sink, compression=compression))


COMMANDS = {
    "status": lambda rng, run, out: ["status", run],
    "status --json": lambda rng, run, out: ["status", run, "--json"],
    "verify": lambda rng, run, out: ["verify", run, "--json"],
    "prune": lambda rng, run, out: ["prune", run, "--checkpoints", "0", "--individuals", "2"],
    "archive": lambda rng, run, out: ["archive", run, "-o", out / "a.zip"],
    "verify --failure": lambda rng, run, out: ["verify", run, "--failure", "0"],
    "verify --replay": lambda rng, run, out: ["verify", run, "--replay", "--workers", "1"],
    "plot": lambda rng, run, out: ["plot", run, "-o", out / "a.png"],
    "plot --kind": lambda rng, run, out: ["plot", run, "--kind", rng.choice(kinds()), "-o", out / "b.png"],
    "report": lambda rng, run, out: ["report", run, "-o", out / "a.html"],
    "draw": lambda rng, run, out: ["draw", run, "-o", out / "c.png"],
    "run --from": lambda rng, run, out: [
        *("run", "--from", run, "-s", "backend.workers=1", "-s", "backend.name=local"),
        *("-s", "evolution.generations=5", "-o", out / "branch"),
    ],
    "resume": lambda rng, run, out: ["resume", run, "--workers", "1", "--backend", "local"],
    "resume --generations": lambda rng, run, out: [
        *("resume", run, "--generations", "5", "--workers", "1", "--backend", "local")
    ],
}
"""What reads run directories, by what it is called; those that write come last."""

FEW = 0.3
"""Share of the run directories with which the slow commands are tried, if only few are wanted."""


def kinds():
    from hetevo.analysis.figures import FIGURES

    return sorted(FIGURES)


def try_run(rng, path, few):
    """Let commands read a mutated run directory; return which."""
    sweep = (path / "sweep.json").exists()
    runs = sorted(one for one in path.iterdir() if (one / "config.toml").exists()) if sweep else [path]
    names = [name for name in COMMANDS if name != "verify --failure" or (runs and (runs[0] / "failures").exists())]
    if few:  # drawing takes most of the time, and so does a process for a failure
        names = [name for name in names if name != "verify --failure" or rng.random() < FEW]
        drawing = [name for name in names if name.split()[0] in ("plot", "report", "draw")]
        drawn = [*drawing, "plot"][rng.randrange(len(drawing) + 1)] if rng.random() < FEW else ""
        names = [name for name in names if name not in drawing or name == drawn]
    out = path.parent / "out"
    for name in names:
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        whole = name.split()[0] in ("plot", "report")
        call(name, COMMANDS[name](rng, path if whole or not runs else runs[0], out))
    return names


def call(name, words):
    """Call a command in this process, and check how it ends."""
    from typer.testing import CliRunner

    from hetevo.scripts.main import app

    done = CliRunner().invoke(app, [str(word) for word in words])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    output = done.output
    if done.exit_code not in (0, 1, 2, 3):
        raise AssertionError(f"{name} left with {done.exit_code}: {output[-300:]}")
    if done.exit_code and not done.stderr.strip() and name != "verify":
        raise AssertionError(f"{name} left with {done.exit_code} and said nothing")
    if "it failed:" in output or ("Traceback" in output and "--failure" not in name):
        raise AssertionError(f"{name}: {output[-500:]}")


# going through many


class TookTooLongError(Exception):
    """A command did not end."""


def _alarm(number, frame):
    raise TookTooLongError(f"after {SECONDS} seconds")


def go_through(kind, first, count, folder, few=False):
    """Try mutations ``first`` to ``first + count - 1`` of a kind; return what went wrong, and what was done."""
    base = folder / "bases"
    if kind == "runs" and not base.exists():
        make_bases(base)
    signal.signal(signal.SIGALRM, _alarm)
    wrong, done, tries = [], {}, 0
    for number in range(first, first + count):
        rng = random.Random(f"{kind} {number}")
        place = Path(tempfile.mkdtemp(dir=folder))
        said = "?"
        signal.alarm(SECONDS * (len(COMMANDS) if kind == "runs" else 1))
        before = peak()
        try:
            if kind == "configurations":
                said = configuration(rng, place / "a.toml")
                results = [try_configuration(rng, place / "a.toml")]
            elif kind == "sweeps":
                said = sweep(rng, place / "a.toml")
                results = [try_sweep(rng, place / "a.toml")]
            else:
                said = mutated_run(rng, base, place / "run")
                results = try_run(rng, place / "run", few)
            for result in results:
                done[result] = done.get(result, 0) + 1
        except Exception as error:
            last = traceback.extract_tb(error.__traceback__)
            where = [f"{Path(one.filename).parent.name}/{Path(one.filename).name}:{one.lineno}" for one in last][-6:]
            wrong.append({"number": number, "what": said, "error": f"{type(error).__name__}: {error}"[:400]})
            wrong[-1]["where"] = where
        finally:
            signal.alarm(0)
        if peak() > max(before, MEMORY):
            wrong.append({"number": number, "what": said, "error": f"it took {peak() >> 20} MiB", "where": []})
        shutil.rmtree(place, ignore_errors=True)
        for one in (one for one in wrong if one["number"] == number):
            print(f"WRONG {json.dumps(one)}", file=sys.stderr)
        if tries % 20 == 0:
            print(f"{number}: {done}", file=sys.stderr)
        tries += 1
    return {"kind": kind, "first": first, "count": tries, "done": done, "wrong": wrong, "peak": peak() >> 20}


def peak():
    """Return the most bytes that this process ever took."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10


def in_a_process(kind, first, count, folder, *, few=False, timeout=3600):
    """Go through mutations in a process of their own; return what it found."""
    command = [sys.executable, __file__, kind, str(first), str(count), str(folder), *(["--few"] if few else [])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}
    done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, env=environment)
    assert done.stdout.strip(), done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


if __name__ == "__main__":
    import warnings

    warnings.simplefilter("ignore")
    sys.setrecursionlimit(1000)
    KIND, FIRST, COUNT, FOLDER = sys.argv[1:5]
    Path(FOLDER).mkdir(parents=True, exist_ok=True)
    print(json.dumps(go_through(KIND, int(FIRST), int(COUNT), Path(FOLDER), "--few" in sys.argv)))
