"""Runs side by side that `hetevo run` makes: with several seeds, or every combination of several values."""

from itertools import islice, permutations
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hetevo.scripts.sweep import run_plan

if TYPE_CHECKING:
    from hetevo.evolve import Config

MOST_ORDERS = 1_000
"""Orders of what varies in which a sweep's folder is looked for: all of six keys."""


def run_seeds(
    config: "Config",
    name: str,
    seeds: str,
    output: Path | None,
    others: dict[str, Any],
    *,
    oversubscribe: bool,
    as_json: bool,
) -> None:
    """Run a configuration with several seeds, as a sweep."""
    from hetevo.evolve.sweeps import plan_of_seeds
    from hetevo.populations.errors import SettingError
    from hetevo.populations.text import for_file

    # the range gives the seeds, and draws founders by them: --seed and --from say something else
    beside = [option for option, value in others.items() if value is not None]
    if beside:
        raise SettingError(f"--seeds {seeds}: expected no {beside[0]} beside it. Leave one of them out.")
    plan, folder = plan_of_seeds(name, config, seeds), output or Path("runs") / for_file(name)
    run_plan(plan, folder, config.backend, again="the same command", oversubscribe=oversubscribe, as_json=as_json)


def run_combinations(
    source: str | None,
    overrides: list[str],
    draws: dict[str, int | None],
    seeds: str | None,
    output: Path | None,
    others: dict[str, Any],
    *,
    trust: bool,
    oversubscribe: bool,
    as_json: bool,
) -> None:
    """Run every combination of the values that were given, as a sweep.

    Parameters
    ----------
    source : str or None
        Preset or file.
    overrides : list of str
        Changes, of which some have several values or are drawn from.
    draws : dict of str to int or None
        ``samples`` and ``seed`` of what is drawn.
    seeds : str or None
        A range.
    output : Path or None
        The sweep's directory.
    others : dict of str to object
        Options that cannot stand beside them; None: not given.
    trust, oversubscribe, as_json
        As for `hetevo sweep`.
    """
    from hetevo.evolve import load_config
    from hetevo.evolve.config.sources import is_path
    from hetevo.evolve.identity import format_value, seed_range
    from hetevo.evolve.sweeps import plan_of_changes, read_changes
    from hetevo.populations.errors import SettingError
    from hetevo.populations.text import for_file

    given = read_changes(overrides, **draws)
    # what cannot be beside several values
    beside = [option for option, value in others.items() if value is not None]
    if source is None or beside:
        wanted = f"no {beside[0]}" if beside else "a preset or file"
        raise SettingError(f"Several values are runs side by side: expected {wanted} beside them.")
    if seeds is not None and "seed" in given.keys:
        raise SettingError(f"--seeds {seeds}: expected no --seed, and no -s seed=…, beside it. Leave one of them out.")
    try:
        listed = seed_range(seeds) if seeds is not None else [0]
    except ValueError as error:
        raise SettingError(f"--seeds: {error}".replace(" or [0, 1, 2]", "")) from None
    # called by what is the same in all runs, and by what is not
    config = load_config(source, [*given.fixed.items()], trust=trust)
    kinds = {**{key: ",".join(map(format_value, values)) for key, values in given.varied.items()}, **given.drawn}
    varied = [f"{key.rpartition('.')[2]}={kind}" for key, kind in kinds.items()]
    first = Path(source).stem if is_path(source) else config.preset
    name = _find_name(first, varied) if output is None else ", ".join([first, *varied])
    folder = output or Path("runs") / for_file(name)
    plan = plan_of_changes(source, name, given, listed, trust=trust, directory=folder)
    run_plan(plan, folder, config.backend, again="the same command", oversubscribe=oversubscribe, as_json=as_json)


def _find_name(first: str, parts: list[str]) -> str:
    """Return what a sweep is called: as its folder was before, if that has the same parts in another order."""
    from hetevo.evolve.rundir.sweep import is_sweep
    from hetevo.populations.text import for_file

    names = [", ".join([first, *order]) for order in islice(permutations(parts), MOST_ORDERS)]
    return next((name for name in names if is_sweep(Path("runs") / for_file(name))), names[0])
