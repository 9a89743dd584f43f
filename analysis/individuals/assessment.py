"""Assessment: an individual lives again and again in fresh lives, since the loss that made it champion was lucky too.

The lowest of many losses is low because of good genes and because of good luck, with tasks, samples and innate weights.
In other lives the luck is gone, and the loss regresses towards that of the others (Galton 1886). How far, is what fresh
lives say, beside those of its generation, of which it was chosen, and of founders, which nothing has selected.
"""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hetevo.analysis.intervals import CONFIDENCE, mean_and_interval
from hetevo.evolve.individual import prepare_fresh_lives, read_individual
from hetevo.populations.errors import SettingError
from hetevo.populations.evaluation import Status

if TYPE_CHECKING:
    from hetevo.analysis.runs import LoadedRun

LIVES = 200
COLUMNS = ("life", "who", "loss", "accuracy", "diverged")


@dataclass(frozen=True, repr=False)
class Assessment:
    """How an individual lives in fresh lives, and others beside it in the same tasks.

    Parameters
    ----------
    id, generation : int
        Who.
    recorded : float
        Its loss in the run.
    population : float
        Median loss of its generation in the run.
    changes : tuple of str
        What was changed of the configuration for these lives.
    lives : pandas.DataFrame
        life, who (``individual``, ``generation``, ``founders``, ``control``), loss, accuracy (NaN unless the task is a
        classification) and diverged; one row a life.

    Examples
    --------
    >>> import hetevo
    >>> small = ["evolution.size=4", "evolution.elites=1", "lifetime.presentations=10", "backend.workers=1"]
    >>> path = hetevo.Experiment(hetevo.preset("smoke", overrides=small)).run("runs/small").path
    >>> found = hetevo.load_run(path).assess(lives=3)
    >>> found.table["who"].tolist(), len(found.lives)
    (['individual', 'generation', 'founders'], 9)
    """

    id: int
    generation: int
    recorded: float
    population: float
    changes: tuple[str, ...]
    lives: pd.DataFrame

    def __repr__(self) -> str:
        """Give the table and what it says."""
        return f"{self.table.to_string(index=False, float_format='{:.4g}'.format)}\n{self.verdict}"

    @property
    def table(self) -> pd.DataFrame:
        """One row a group: who, lives, loss (mean), low, high (t interval), median, worst, diverged.

        And ``lead``, ``lead_low``, ``lead_high``: by how much its loss is above the individual's, life by life, with
        the t interval of the differences; NaN for the individual itself.
        """
        rows = []
        # leads are differences in the same life, which have less noise than means
        own = self._losses("individual")
        for who in self.lives["who"].unique():
            losses = self._losses(str(who))
            mean, low, high = mean_and_interval(losses)
            lead = mean_and_interval(losses - own) if who != "individual" else (np.nan,) * 3
            rows.append(
                {
                    "who": who,
                    "lives": losses.size,
                    **{"loss": mean, "low": low, "high": high, "median": np.median(losses), "worst": losses.max()},
                    "diverged": float(self.lives.loc[self.lives["who"] == who, "diverged"].mean()),
                    **dict(zip(("lead", "lead_low", "lead_high"), lead, strict=True)),
                }
            )
        return pd.DataFrame(rows)

    def _losses(self, who: str) -> Any:
        return self.lives.loc[self.lives["who"] == who, "loss"].to_numpy(float)

    @property
    def luck(self) -> float:
        """Share of its lead over its generation, in the run, that is gone in fresh lives; medians on both sides.

        0: none of the lead was luck; 1: all of it; NaN if lives were changed, or it had no lead.
        """
        then = self.population - self.recorded
        now = float(np.median(self._losses("generation")) - np.median(self._losses("individual")))
        return 1 - now / then if not self.changes and then > 0 else float("nan")

    @property
    def verdict(self) -> str:
        """What it comes to, in a few sentences."""
        # what it reached
        rows = {row["who"]: row for row in self.table.to_dict("records")}
        own = rows["individual"]
        lived = f"{own['lives']} fresh lives{' with ' if self.changes else ''}{', '.join(self.changes)}"
        said = [f"Individual {self.id}: mean loss {own['loss']:.3g} [{own['low']:.3g}, {own['high']:.3g}] in {lived}."]
        if np.isfinite(self.luck):
            # the lead that was recorded, and what is left of it
            then, now = self.population - self.recorded, rows["generation"]["median"] - own["median"]
            side = "below" if now >= 0 else "above"
            said.append(
                f"The run recorded {self.recorded:.3g}, {then:.3g} below the median of its generation; in fresh lives"
                f" its median is {abs(now):.3g} {side} theirs: {min(max(self.luck, 0), 1):.0%} of that lead was luck."
            )
        # leads over others, with what is uncertain about them
        for who, of in (("founders", "founders"), ("control", "the control's champion")):
            if who in rows:
                lead, low, high = (rows[who][name] for name in ("lead", "lead_low", "lead_high"))
                doubt = "" if low > 0 or high < 0 else ", which may be none"
                said.append(f"Its lead over {of} is {lead:.3g} [{low:.3g}, {high:.3g}]{doubt}.")
        return " ".join(said)

    def summary(self) -> dict[str, Any]:
        """Return all but the single lives as plain values, for JSON; undefined is None."""
        groups = self.table.astype(object).where(self.table.notna(), None).to_dict("records")
        luck = self.luck if np.isfinite(self.luck) else None
        facts = {"id": self.id, "generation": self.generation, "loss_recorded": self.recorded}
        return {
            **facts,
            "loss_median_recorded": self.population,
            "changes": list(self.changes),
            "confidence": CONFIDENCE,
            "luck": luck,
            "groups": groups,
        }


def assess(
    path: str | Path,
    identifier: int | None = None,
    *,
    lives: int = LIVES,
    changes: Sequence[str] = (),
    control: "str | Path | LoadedRun | None" = None,
    trust: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Assessment:
    """Let an individual live again in lives that no run has lived, with other tasks, samples and innate weights.

    Beside it, in the same tasks, live as many others of its generation, founders, and, if another run is given, its
    champion.

    Parameters
    ----------
    path, identifier, trust
        As for `hetevo.analysis.individuals.load_individual`.
    lives : int, optional
        Fresh lives, in each of which it meets as many tasks as in the run; at least 2.
    changes : sequence of str, optional
        Of the configuration, such as ``"task.name=xor"``; see `hetevo.evolve.individual.prepare_fresh_lives`.
    control : str, Path or LoadedRun, optional
        Another run, for instance a neutral one, whose champion lives in the same tasks.

    progress : callable, optional
        Is called with the number of lives that are done, after each.

    Raises
    ------
    SettingError
        If there are fewer than 2 lives.
    RunDirectoryError, ConfigError
        If there is no such individual, a change is wrong, or the individual cannot live with it.
    """
    if lives < 2:
        raise SettingError(f"lives: expected at least 2, got {lives}. An interval needs more than one.")
    # everything is checked before the first life, which may take long
    saved = read_individual(path, identifier, trust=trust)
    fresh = prepare_fresh_lives(saved, lives, changes)
    other = None
    if control is not None:
        # lives of the control have the same seeds, so that differences are paired
        where = control if isinstance(control, str | Path) else control.path
        rival = prepare_fresh_lives(read_individual(where, trust=trust), lives, changes)
        other = replace(rival, groups={"individual": rival.groups["individual"]})
    # life by life, so that a person can see how far it is
    rows = []
    with fresh.opened() as live, other.opened() if other else nullcontext() as live_other:
        for life in range(lives):
            lived = live(life, saved.seed)
            if live_other:
                lived["control"] = live_other(life, saved.seed)["individual"]
            for who, found in lived.items():
                diverged = bool(found.status[0] != Status.OK)
                rows.append((life, who, float(found.loss[0]), float(found.accuracy[0]), diverged))
            if progress:
                progress(life + 1)
    return Assessment(
        id=saved.identifier,
        generation=saved.generation,
        recorded=saved.loss,
        population=float(np.median(saved.state.loss)),
        changes=tuple(changes),
        lives=pd.DataFrame(rows, columns=list(COLUMNS)),
    )
