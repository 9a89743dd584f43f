"""`hetevo claims`: test claims of the theory, each by its sweep."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hetevo.scripts.claim_results import (
    CIRCUIT,
    PICTURE,
    TABLE,
    VALUES,
    Result,
    print_result,
    summarise,
    with_adjusted,
    write_pages,
)
from hetevo.scripts.errors import AsJson, Force, Oversubscribe, Portable, explain_errors, load_matplotlib, warn
from hetevo.scripts.presets import list_names

if TYPE_CHECKING:
    from hetevo.analysis.claims import Claim
    from hetevo.analysis.claims.frozen import Frozen
    from hetevo.evolve.sweeps import Plan

Names = Annotated[
    list[str] | None,
    typer.Argument(metavar="CLAIM|FILE.toml...", help="Claims to test, or 'all'; without, they are listed."),
]
Output = Annotated[
    Path | None,
    typer.Option("-o", "--output", help="Folder for the sweeps; with --freeze the file. Default: runs."),
]
Workers = Annotated[int, typer.Option(min=0, help="Runs side by side; 0: one a core.")]
AsMarkdown = Annotated[bool, typer.Option("--markdown", help="Print each claim with a table in Markdown on stdout.")]
Pages = Annotated[
    Path | None,
    typer.Option("--pages", help="Folder in which to write a page for each claim, with pictures, and a table of all."),
]

Recorded = Annotated[
    Path | None,
    typer.Option("--recorded", help="Folder that --pages wrote: take the values recorded there, and run nothing."),
]

Freeze = Annotated[
    bool, typer.Option("--freeze", help="Write down predictions, configurations and seeds before these seeds are run.")
]
Seeds = Annotated[str, typer.Option(metavar="FIRST..LAST", help="Seeds to come, with --freeze.")]
FrozenFile = Annotated[
    Path | None, typer.Option("--frozen", metavar="FILE", help="What --freeze wrote: run these seeds, and judge by it.")
]
Trust = Annotated[
    bool,
    typer.Option("--trust", help="Import the modules that FILE.toml alone names, and read data outside its folder."),
]
Power = Annotated[
    bool, typer.Option("--power", help="Show besides, once it has run, how many seeds each prediction needs.")
]

FIGURE = Path("figures", "claim.png")


@explain_errors
def claims(
    names: Names = None,
    output: Output = None,
    workers: Workers = 0,
    pages: Pages = None,
    recorded: Recorded = None,
    freeze: Freeze = False,
    seeds: Seeds = "",
    frozen: FrozenFile = None,
    power: Power = False,
    as_markdown: AsMarkdown = False,
    as_json: AsJson = False,
    force: Force = False,
    oversubscribe: Oversubscribe = False,
    portable: Portable = False,
    trust: Trust = False,
) -> None:
    """Run the sweep of each claim, or go on with it, and say whether the claim is confirmed."""
    from hetevo.analysis.claims import CLAIMS

    if not names and not freeze:
        list_names({name: claim.says for name, claim in CLAIMS.items()}, as_json=as_json)
        return
    chosen = _choose(names or ["all"], CLAIMS)
    _check_options(freeze=freeze, output=output, seeds=seeds, frozen=frozen, recorded=recorded)
    if freeze:
        assert output is not None
        _freeze(chosen, seeds, output, force=force, trust=trust)
        return
    load_matplotlib()
    from hetevo.analysis.claims import draw
    from hetevo.analysis.figures import save

    folder = output or Path("runs")
    plans = {} if recorded else _plan(chosen, frozen, trust=trust)
    # what was recorded of runs takes their place; a figure of its own needs more than that
    known = _read_recorded(chosen, recorded, whole=names == ["all"], trust=trust) if recorded else {}
    chosen = {name: claim for name, claim in chosen.items() if name in known or not recorded}
    drawable = [name for name, claim in chosen.items() if name not in known or (known[name].runs and not claim.figure)]
    _check_places(chosen, drawable, None if recorded else folder, pages, force=force)
    results: dict[str, Result] = {}
    # an interrupted sweep says how to go on with the claim
    place = {"workers": workers, "portable": portable}
    options = [*(["--portable"] if portable else []), *(["--trust"] if trust else [])]
    options += ["--frozen", str(frozen)] if frozen else []
    for name, claim in chosen.items():
        found = known.get(name) or _run(claim, plans[name], folder / name, place, options, oversubscribe=oversubscribe)
        # one figure, for its sweep and for its page
        plot = draw(claim, found.runs) if name in drawable and (pages or not recorded) else None
        if plot and not recorded:
            print(save(plot, folder / name / FIGURE, force=force, named=False)[0], file=sys.stderr)
        results[name] = replace(found, plot=plot)
        # by those that were judged so far, and by what was recorded of the others
        results = with_adjusted(results)
        print_result(results[name], as_markdown=as_markdown, powers=power)
    if pages:
        write_pages(results, pages, recorded, frozen, trust=trust)
    if as_json:
        print(json.dumps({name: summarise(result, powers=power) for name, result in results.items()}))


def _check_options(
    *, freeze: bool, output: Path | None, seeds: str, frozen: Path | None, recorded: Path | None
) -> None:
    """Refuse options that do not go together."""
    from hetevo.populations.errors import SettingError

    if freeze and (output is None or not seeds):
        raise SettingError(
            "--freeze writes a file for seeds to come: say which, such as -o frozen.toml --seeds 200..219."
        )
    if seeds and not freeze:
        raise SettingError("--seeds belongs to --freeze. Seeds that were frozen are run with --frozen FILE.")
    if frozen and (freeze or recorded):
        raise SettingError("--frozen says what to run: leave out --freeze and --recorded.")


def list_conditions(plan: "Plan") -> dict[str, dict[str, Any]]:
    """Return the configuration of every condition of a sweep, and at which stage of life others look at it."""
    found: dict[str, dict[str, Any]] = {}
    for member in plan.members:
        # how a setting is chosen is fixed, not what will be chosen
        chosen = (
            {"matched": {"scales": member.matching.scales, "seeds": member.matching.seeds}} if member.matching else {}
        )
        found.setdefault(member.condition, member.config.model_dump(mode="json") | chosen)
    return found | {entry.condition: {"stage": entry.stage} for entry in plan.derived}


def _freeze(chosen: "Mapping[str, Claim]", seeds: str, place: Path, *, force: bool, trust: bool) -> None:
    """Write down what claims predict before their seeds are run."""
    from hetevo.analysis.claims import freeze, list_seeds
    from hetevo.analysis.claims.frozen import is_same
    from hetevo.analysis.made import write_new
    from hetevo.evolve.plugins import hash_plugins

    # planned with these seeds, so that pilot runs on one of them are refused now
    listed = list_seeds(seeds)
    plans = {name: _load(claim, listed, trust=trust) for name, claim in chosen.items()}
    conditions = {name: list_conditions(plan) for name, plan in plans.items()}
    sources = {name: hash_plugins(each.values()) for name, each in conditions.items()}
    text = freeze({name: (claim, conditions[name]) for name, claim in chosen.items()}, seeds, sources)
    # a date does not move because a command is repeated
    if place.is_file() and is_same(place.read_text("utf-8", "replace"), text):
        print(f"hetevo: frozen there already, and left as it is: {place}", file=sys.stderr)
        print(place)
        return
    print(write_new({place: text.encode()}, force=force)[0])


def _load(claim: "Claim", seeds: Sequence[int] | None, *, trust: bool) -> "Plan":
    """Plan the sweep of a claim, and check that it has the conditions that are compared."""
    from hetevo.analysis.claims import check_conditions
    from hetevo.evolve.sweeps import load_plan

    plan = load_plan(claim.file, seeds=seeds, trust=trust)
    conditions = [*(member.condition for member in plan.members), *(entry.condition for entry in plan.derived)]
    check_conditions(claim, list(dict.fromkeys(conditions)))
    return plan


def _plan(
    chosen: "Mapping[str, Claim]", frozen: Path | None, *, trust: bool
) -> "dict[str, tuple[Plan, Frozen | None]]":
    """Plan the sweeps: with the seeds that are frozen, in a file or in what ships, or else with their own."""
    from hetevo.analysis.claims import CLAIMS, read_frozen, read_shipped
    from hetevo.evolve.identity import seed_range
    from hetevo.populations.errors import SettingError

    # what ships froze nothing about somebody's own claim of the same name
    ours = {name for name, claim in chosen.items() if CLAIMS.get(name) == claim}
    fixed = read_frozen(frozen) if frozen else {name: each for name, each in read_shipped().items() if name in ours}
    missing = [name for name in chosen if frozen and name not in fixed]
    if missing:
        raise SettingError(f"{frozen}: {missing[0]} is not among what was frozen there: {', '.join(fixed)}.")
    return {
        name: (_load(claim, seed_range(fixed[name].seeds) if name in fixed else None, trust=trust), fixed.get(name))
        for name, claim in chosen.items()
    }


def _read_recorded(chosen: "Mapping[str, Claim]", folder: Path, *, whole: bool, trust: bool) -> "dict[str, Result]":
    """Read what was recorded of claims; of all of them, those that were not run yet are left out."""
    from hetevo.analysis.claims import Freezing, read_recorded
    from hetevo.populations.errors import SettingError

    found = {}
    for name, claim in chosen.items():
        if whole and not (folder / f"{name}{VALUES}").exists():
            warn(f"{name} is left out: nothing was recorded of it in {folder}.")
            continue
        known = read_recorded(claim, folder / f"{name}{VALUES}")
        freezing = Freezing()
        if known.freezing:
            freezing = Freezing.from_record(known.freezing, claim, list_conditions(_load(claim, None, trust=trust)))
        found[name] = Result(claim, known.runs, known.measured, freezing, notes=known.notes)
    if not found:
        raise SettingError(f"--recorded: expected a folder that --pages wrote, got {folder}, which holds no claim.")
    return found


def _run(
    claim: "Claim",
    planned: "tuple[Plan, Frozen | None]",
    folder: Path,
    where: dict[str, Any],
    options: Sequence[str],
    *,
    oversubscribe: bool,
) -> Result:
    """Run a claim's sweep, or go on with it, and measure."""
    from hetevo.analysis.claims import check, check_frozen
    from hetevo.analysis.conditions import load_all
    from hetevo.analysis.sweeps import list_notes
    from hetevo.evolve.config import BackendTable
    from hetevo.populations.errors import spell
    from hetevo.scripts.sweep import run_plan

    again = spell("claims", claim.file, "-o", folder.parent, *options)
    (plan, frozen), place = planned, BackendTable(**where)
    run_plan(plan, folder, place, again=again, as_json=False, oversubscribe=oversubscribe, following=False)
    # other seeds may lie beside these
    seeds = {member.seed for member in plan.members if member.stage != "pilot"}
    runs = [run for run in load_all([folder], notice=warn) if run.seed in seeds]
    freezing = check_frozen(claim, list_conditions(plan), runs, frozen)
    for problem in freezing.problems:
        warn(f"{claim.name} is not as it was frozen: {problem}.")
    return Result(claim, runs, check(claim, runs), freezing, notes=tuple(list_notes([folder])))


def _choose(names: Sequence[str], known: "Mapping[str, Claim]") -> "dict[str, Claim]":
    """Return the claims of these names and files."""
    from hetevo.analysis.claims import read_claim
    from hetevo.populations.errors import SettingError

    chosen: dict[str, Claim] = {}
    for name in known if names == ["all"] else names:
        claim = known.get(name) or read_claim(name)
        if claim.name in chosen:
            raise SettingError(f"Expected claims of different names, got {claim.name} twice: both need its folder.")
        chosen[claim.name] = claim
    return chosen


def _check_places(
    names: Iterable[str], drawable: Iterable[str], output: Path | None, pages: Path | None, *, force: bool
) -> None:
    """Refuse to replace what is not Hetevo's before anything is run; ``drawable``: claims that get a picture."""
    from hetevo.analysis.made import check_replaceable

    files: list[Path] = []
    if output:
        files += [
            output / name / FIGURE.with_suffix(suffix) for name in names for suffix in (".png", ".pdf", ".csv", ".txt")
        ]
    if pages:
        # values that are read are not written
        endings = (".md", CIRCUIT, VALUES) if output else (".md", CIRCUIT)
        files += [pages / f"{name}{ending}" for name in names for ending in endings]
        files += [pages / f"{name}{PICTURE}" for name in drawable]
        files.append(pages / TABLE)
    check_replaceable(files, force=force)
