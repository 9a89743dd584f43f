"""What Weights & Biases kept of a run for `wandb sync`: read record by record, with its own messages."""

import json
import struct

import pytest
from faults import go
from own_trackers import rows_of

from hetevo.evolve import resume

pytest.importorskip("wandb")

BLOCK = 32768


def records(path):
    """Yield the messages of a file of records in LevelDB's format, after its header of seven bytes."""
    from wandb.proto.wandb_internal_pb2 import Record

    content, place, whole = path.read_bytes(), 7, b""
    while place + 7 <= len(content):
        if BLOCK - place % BLOCK < 7:  # no room for a header: the block's end is empty
            place += BLOCK - place % BLOCK
            continue
        _, length, kind = struct.unpack("<IHB", content[place : place + 7])
        whole += content[place + 7 : place + 7 + length]
        place += 7 + length
        if kind in (1, 4):  # the whole of a record, or its last part
            yield Record.FromString(whole)
            whole = b""


def test_a_run_is_kept_for_later_with_every_generation_once(tmp_path, monkeypatch):
    monkeypatch.setenv("WANDB_API_KEY", "s3cret" * 8)
    run = go(tmp_path / "run", 'track.to=["wandb"]', "evolution.generations=3")
    resume(run.path, 4)
    parts = sorted((run.path / "tracking" / "wandb").rglob("*.wandb"))
    kept = [record for part in parts for record in records(part)]
    runs = [record.run for record in kept if record.WhichOneof("record_type") == "run"]
    assert len(parts) == 2
    assert len({one.run_id for one in runs}) == 1
    assert {(one.run_group, one.display_name, one.project) for one in runs} == {("smoke", "run", "hetevo")}
    assert "network.levels=2" in runs[0].tags
    logged = {}
    for record in kept:
        if record.WhichOneof("record_type") == "history":
            items = {item.key or ".".join(item.nested_key): json.loads(item.value_json) for item in record.history.item}
            for name, value in items.items():
                if isinstance(value, int | float) and not name.startswith("_"):
                    logged.setdefault(name, []).append((items["_step"], value))
    for name, recorded in rows_of(run.path).items():
        assert logged[name] == recorded
    assert len([*(run.path / "tracking").rglob("overview*.png")]) == 2
    for file in run.path.rglob("*"):
        assert not file.is_symlink()
        assert not (file.is_file() and b"s3cret" in file.read_bytes()), file
