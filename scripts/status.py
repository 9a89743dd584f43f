"""`hetevo status`: where a run stands."""

import json
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from hetevo.scripts.errors import explained

WATCH_SECONDS = 2.0

RunPath = Annotated[Path, typer.Argument(metavar="RUN", help="Run directory.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
Watch = Annotated[bool, typer.Option(help="Print again whenever something changes, until the run ends.")]


@explained
def status(run: RunPath, as_json: AsJson = False, watch: Watch = False) -> None:
    """Say where a run stands."""
    from hetevo.evolve.rundir import RunDirectory

    directory = RunDirectory.open(run)
    shown: dict[str, Any] = {}
    while True:
        found = directory.status()
        if found != shown:
            print(json.dumps(found) if as_json else _text(found), flush=True)
            shown = found
        if not watch or found["state"] != "running":
            return
        time.sleep(WATCH_SECONDS)


def _text(found: dict[str, Any]) -> str:
    from hetevo.populations.text import for_terminal

    lines = [for_terminal(f"{found['path']}: {found['state']}")]
    found = {**found, "preset": ", ".join(part for part in (found["preset"], found["changes"]) if part)}
    shown = ("reason", "preset", "seed", "generation", "generations", "loss_best", "alignment_end")
    for name in (*shown, "digest", "probe_digest"):
        value = found[name]
        if value is not None and value != "":
            lines.append(
                f"  {name:14} {value:.4f}" if isinstance(value, float) else f"  {name:14} {for_terminal(str(value))}"
            )
    telemetry = found["telemetry"]
    if seconds := _seconds(telemetry):
        lines.append(f"  {'seconds':14} {seconds}")
    if "utilisation" in telemetry and "workers" in telemetry:
        busy = f"{telemetry['workers']}, busy {telemetry['utilisation']:.0%} of the time"
        again = f", {telemetry['resent']} blocks sent again" if telemetry.get("resent") else ""
        lines.append(f"  {'workers':14} {busy}{again}")
    if found["news"]:
        lines.append(f"  {'news':14} {for_terminal(str(found['news']))}")
    return "\n".join(lines)


def _seconds(telemetry: dict[str, Any]) -> str:
    return ", ".join(
        f"{name} {telemetry[name]:.3g}"
        for name in ("vary", "evaluate", "serialise", "wait", "record")
        if name in telemetry
    )
