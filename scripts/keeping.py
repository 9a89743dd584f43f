"""`hetevo prune` and `hetevo archive`: runs made smaller, and packed for a data repository."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hetevo.scripts.errors import AsJson, explain_errors, tell

if TYPE_CHECKING:
    from hetevo.evolve.pruning import Removal

Runs = Annotated[list[Path], typer.Argument(metavar="DIR...", help="Directories of runs and sweeps.")]
Checkpoints = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        help="Keep the checkpoints of every N-th generation besides the newest; 0: none."
        " Default: as checkpoint.keep_every of each run says.",
        show_default=False,
    ),
]
Individuals = Annotated[
    int,
    typer.Option(
        metavar="N", help="Keep the individuals of every N-th generation, and of those with a checkpoint. 1: of all."
    ),
]
Yes = Annotated[bool, typer.Option("--yes", help="Remove it. Without, nothing is changed.")]


@explain_errors
def prune(
    runs: Runs, checkpoints: Checkpoints = None, individuals: Individuals = 1, yes: Yes = False, as_json: AsJson = False
) -> None:
    """Say what may go of runs that are not under way, and remove it with --yes."""
    from hetevo.evolve.pruning import prune as thin

    found = thin(runs, checkpoints=checkpoints, individuals=individuals, remove=yes)
    if as_json:
        print(json.dumps({"removed": yes, "runs": [_to_json(one) for one in found]}))
        return
    # what is to be said of several runs is said once
    alike: dict[tuple[str, ...], list[Removal]] = {}
    for one in found:
        alike.setdefault(tuple(_describe(one, removed=yes)), []).append(one)
    for lines, runs_alike in alike.items():
        _show(lines, runs_alike)
    total = sum(one.bytes for one in found)
    if total and not yes:
        print(f"{total:,} bytes in all. Nothing was changed: add --yes to remove them for good.")
    elif total and len(found) > 1:
        print(f"{total:,} bytes in all")


def _to_json(removal: "Removal") -> dict[str, object]:
    parts = {name: {**asdict(part), "kept": list(part.kept)} for name, part in removal.parts.items()}
    for name, part in removal.parts.items():
        parts[name] |= {"before": part.before.bytes, "after": part.after.bytes if part.after else 0}
    return {**asdict(removal), "path": str(removal.path), "parts": parts, "individuals": removal.individuals}


def _describe(removal: "Removal", *, removed: bool) -> Iterator[str]:
    """Say what goes of a run, and in a line each what nobody can do any more."""
    from hetevo.evolve.rundir.pruned import describe_removal

    what = describe_removal(list(removal.checkpoints), removal.individuals)
    yield f"{what} {'removed' if removed else 'would be removed'}"
    for name in removal.left:
        yield f"{name} stays: it holds files that are not Hetevo's"
    if removal.needed:
        yield removal.needed
    if removal.checkpoints:
        yield f"circuits, replays and branches are of generation {', '.join(map(str, removal.kept))} from then on"
    if removal.individuals:
        yield f"individuals are of one generation in {removal.every} from then on: descent cannot be followed"


def _show(lines: Sequence[str], runs: "Sequence[Removal]") -> None:
    """Print what is the same of some runs, with the bytes of all of them."""
    from hetevo.populations.text import for_terminal

    first, *more = lines
    who = f"{runs[0].path}" if len(runs) == 1 else f"{len(runs)} runs ({runs[0].path} to {runs[-1].path})"
    size = sum(one.bytes for one in runs)
    print(for_terminal(f"{who}: {first}" + (f", {size:,} bytes" if size else "")))
    for line in more:
        print(for_terminal(f"  {line}"))


Packed = Annotated[Path, typer.Argument(metavar="DIR", help="Directory of a run or sweep.")]
Output = Annotated[Path, typer.Option("-o", "--output", metavar="FILE.zip", help="The file to write.")]
Name = Annotated[str, typer.Option(help="What to call it. Default: the runs.")]
Authors = Annotated[
    list[str],
    typer.Option("--author", metavar="NAME", help="Name, or 'Name <https://orcid.org/...>'; may be repeated."),
]
License = Annotated[str, typer.Option(metavar="SPDX|URL", help="Licence of the data, such as CC-BY-4.0.")]
Replace = Annotated[bool, typer.Option("--force", help="Replace a file that is there.")]


@explain_errors
def archive(
    run: Packed,
    output: Output,
    name: Name = "",
    author: Authors = [],  # noqa: B006 - typer copies it
    license: License = "",  # noqa: A002
    force: Replace = False,
    as_json: AsJson = False,
) -> None:
    """Pack a run or sweep into one file, with checksums and an RO-Crate's description."""
    from hetevo.evolve.archiving import archive as pack
    from hetevo.evolve.crate import About

    packed = pack(run, output, About(name=name, authors=tuple(author), license=license), force=force)
    for note in packed.notes:
        tell(note)
    if as_json:
        print(json.dumps({**asdict(packed), "path": str(packed.path)}))
        return
    for left in packed.left_out:
        tell(f"left out: {left}")
    if not license:
        tell("no licence was named, for which data repositories ask: --license CC-BY-4.0")
    print(f"{output}: {packed.files} files, {packed.bytes:,} bytes")
