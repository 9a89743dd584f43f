"""Making the checksums of a changed run fit again, as an enemy would."""

import hashlib
import io
import json

from hetevo.evolve.rundir.manifest import seal
from hetevo.evolve.rundir.parts import _BLANK, _SEAL


def reseal(path, **changes):
    """Write size and SHA-256 of what is there into every manifest of a run; ``changes`` replaces its fields."""
    for manifest in path.glob("checkpoints/gen-*/manifest.json"):
        fields = json.loads(manifest.read_bytes())
        del fields["sha256"]
        state = manifest.parent / "state.npz"
        if state.is_file():
            fields["files"] = {"state.npz": described(state)}
        fields["records"] = {name: described(path / name) for name in fields["records"] if (path / name).is_file()}
        manifest.write_bytes(seal({**fields, **changes}))


def described(file):
    content = file.read_bytes()
    return {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def rewrite(manifest, change):
    """Change the fields of a manifest, and let its checksum fit."""
    fields = json.loads(manifest.read_bytes())
    del fields["sha256"]
    change(fields)
    manifest.write_bytes(seal(fields))


def rewrite_facts(path, **facts):
    """Change what every manifest of a run remembers."""
    for manifest in path.glob("checkpoints/gen-*/manifest.json"):
        rewrite(manifest, lambda fields: fields["facts"].update(facts))


def reseal_with(path, names):
    """Name further parts in every manifest of a run."""
    for manifest in path.glob("checkpoints/gen-*/manifest.json"):
        rewrite(manifest, lambda fields: fields["records"].update({name: described(path / name) for name in names}))


def fit_digest(checkpoint, arrays):
    """Write the digest that arrays give into the manifest of their checkpoint."""
    from hetevo.evolve.state import extend_chain

    genes = {name.removeprefix("gene_"): array for name, array in arrays.items() if name.startswith("gene_")}

    def change(fields):
        fields["facts"]["digest"] = extend_chain(fields["facts"]["chain"], genes)
        fields["files"]["state.npz"] = described(checkpoint / "state.npz")

    rewrite(checkpoint / "manifest.json", change)


def sealed_parquet(table, write):
    """Return a parquet file with its own checksum in it, written in any way."""
    sink = io.BytesIO()
    write(table.replace_schema_metadata({"hetevo": _SEAL + _BLANK}), sink)
    content = sink.getvalue()
    place = content.rindex(_SEAL + _BLANK) + len(_SEAL)
    return content[:place] + hashlib.sha256(content).hexdigest().encode() + content[place + len(_BLANK) :]
