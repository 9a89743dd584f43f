"""TensorBoard: event files in the run's directory, by tensorboardX, which needs neither TensorFlow nor PyTorch."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hetevo.evolve.tracking.tracker import About, Tracker
from hetevo.populations.extras import load_extra


class TensorBoard(Tracker):
    """Writes event files, one a session: ``tensorboard --logdir RUN`` or a whole sweep shows them as one run each."""

    package = "tensorboardX"

    _writer: Any = None

    def start(self, about: About) -> str:
        """Begin an event file; TensorBoard reads all of a folder as one run."""
        self._writer = load_extra(self.package, "tensorboard", "track.to").SummaryWriter(str(about.folder))
        # what it is stands with the first session alone
        if not about.run:
            rows = [f"| {key} | {value} |" for key, value in {**about.settings, **about.tags}.items()]
            self._writer.add_text("settings", "\n".join(["| setting | value |", "| --- | --- |", *rows]), 0)
        return "events"

    def log(self, generation: int, numbers: Mapping[str, float]) -> None:
        """Write scalars, and let whoever looks see them at once."""
        for name, value in numbers.items():
            self._writer.add_scalar(name, value, generation)
        self._writer.flush()

    def attach(self, figure: Path, generation: int) -> None:
        """Write a picture as it is: it is a PNG already."""
        summary = load_extra("tensorboardX.proto.summary_pb2", "tensorboard", "track.to").Summary
        # without its size TensorBoard shows it all the same
        image = summary.Image(encoded_image_string=figure.read_bytes(), colorspace=4)
        value = summary.Value(tag=f"figures/{figure.stem}", image=image)
        self._writer.file_writer.add_summary(summary(value=[value]), generation)

    def end(self, outcome: str) -> None:
        """Close the file."""
        self._writer.close()
