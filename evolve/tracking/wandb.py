"""Weights & Biases: runs on the disk that ``wandb sync`` sends; or, if a configuration allows it, sent at once."""

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from hetevo.evolve.tracking.tracker import About, Tracker
from hetevo.populations.extras import load_extra

PROJECT = "hetevo"
"""The project, unless ``WANDB_PROJECT`` names another one."""


class Wandb(Tracker):
    """A run of Weights & Biases in a group that is called like the sweep."""

    package = "wandb"
    environment: ClassVar = {"WANDB_ERROR_REPORTING": "false", "WANDB_PROJECT": PROJECT}

    _run: Any = None
    _wandb: Any = None

    def start(self, about: About) -> str:
        """Begin a run, or another part of the one of an earlier session, by its identifier."""
        self._wandb = wandb = load_extra(self.package, "wandb", "track.to")
        self._folder = about.folder
        run = about.run or secrets.token_hex(8)
        # nothing of the machine, the command or the code: provenance.json has that, and stays here
        settings = wandb.Settings(
            mode="online" if about.online else "offline",
            console="off",
            silent=True,
            symlink=False,
            save_code=False,
            disable_code=True,
            disable_git=True,
            x_disable_meta=True,
            x_disable_stats=True,
            x_disable_machine_info=True,
            x_save_requirements=False,
        )
        self._run = wandb.init(
            id=run,
            resume="allow" if about.online else None,
            group=about.group,
            name=about.name,
            tags=[f"{key}={value}"[:64] for key, value in about.tags.items()],
            config=dict(about.settings),
            dir=str(about.folder),
            settings=settings,
        )
        return run

    def log(self, generation: int, numbers: Mapping[str, float]) -> None:
        """Log scalars, with the generation as their step."""
        self._run.log(dict(numbers), step=generation)

    def attach(self, figure: Path, generation: int) -> None:
        """Log a figure as a picture; the file is copied."""
        self._run.log({f"figures/{figure.stem}": self._wandb.Image(str(figure))}, step=generation)

    def end(self, outcome: str) -> None:
        """Write everything, and with the network send it."""
        self._run.finish(exit_code=0 if outcome == "done" else 1)
        # links to logs elsewhere: a run directory has none, so that it is complete wherever it is moved
        for path in self._folder.rglob("*"):
            if path.is_symlink():
                path.unlink()
