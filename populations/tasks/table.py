"""A table of one's own: rows of a file, of which some are presented in life, and the others are kept for the test."""

from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Literal, Protocol, Self

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from hetevo.populations.errors import SettingError
from hetevo.populations.settings import Setting
from hetevo.populations.tasks.task import Samples, Sampling, choose_rows
from hetevo.populations.types import Floats, Indices

Kind = Literal["auto", "classification", "regression"]
CHUNK = 256
"""Rows that are scaled together: beside the samples themselves, there are never many numbers in double precision."""

Share = Annotated[float, Setting("share of the rows", above=0, below=1)]


@dataclass(frozen=True)
class Rows:
    """The rows of a table, those of the training part first. They may be mapped from a file, and are never changed.

    Parameters
    ----------
    inputs : ndarray of bool, int or float, shape (n, inputs)
        As in the file.
    targets : ndarray, shape (n,) or (n, outputs)
        Of a classification the number of the class, an integer; else the values in the file.
    input_scale, target_scale : ndarray of float64, shape (2, inputs) and (2, outputs)
        What is subtracted from each column, and by what it is then divided; of a classification target_scale has no
        columns.
    training : int
        Rows of the training part; the others are the test part.
    """

    inputs: NDArray[Any]
    targets: NDArray[Any]
    input_scale: Floats
    target_scale: Floats
    training: int


class Source(Protocol):
    """Where the rows of a table are: it travels to workers in place of them."""

    def rows(self) -> Rows:
        """Return the rows; each process opens them once."""
        ...


@dataclass(frozen=True)
class RowSamples:
    """Samples from the rows of a table.

    Parameters
    ----------
    rows : Rows
        All of them.
    classes : int
        Classes that targets are numbers of; 0: they are values.
    sampling : str
        How rows of the training part follow one another.
    """

    rows: Rows
    classes: int
    sampling: Sampling = "replacement"

    def training(self, rng: Generator, count: int) -> Samples:
        """Draw rows of the training part."""
        return self._take(choose_rows(rng, self.rows.training, count, self.sampling))

    def test(self, rng: Generator, count: int) -> Samples:
        """Return rows of the test part: all of them, or ``count`` drawn without replacement."""
        # test rows lie behind those of the training part
        first, last = self.rows.training, len(self.rows.inputs)
        if count >= last - first:
            return self._take(np.arange(first, last))
        return self._take(first + rng.choice(last - first, size=count, replace=False))

    def _take(self, chosen: Indices) -> Samples:
        # only the rows that are drawn are read and scaled, however large the table is
        rows = self.rows
        inputs = _scaled(rows.inputs, chosen, rows.input_scale)
        # one output a class, as far from 0 as standardised numbers are
        if self.classes:
            labels = rows.targets[chosen]
            return inputs, np.where(np.arange(self.classes) == labels[:, None], 1.0, -1.0)
        return inputs, _scaled(rows.targets, chosen, rows.target_scale)


def _scaled(values: NDArray[Any], chosen: Indices, scale: Floats) -> Floats:
    """Return some rows as a circuit gets them, in single precision."""
    scaled = np.empty((len(chosen), values.shape[1]), np.float32)
    for begin in range(0, len(chosen), CHUNK):
        part = values[chosen[begin : begin + CHUNK]].astype(np.float64)
        scaled[begin : begin + CHUNK] = (part - scale[0]) / scale[1]
    return scaled


@dataclass(frozen=True)
class Table:
    """Rows of a file: some columns are inputs, others are targets.

    A classification has one column of labels, and an output for each class, 1 for its own and -1 for the others. Rows
    of the training part are presented; the loss is measured on rows of the test part. There is one task, the same for
    everybody: what differs from life to life is which rows are drawn, and in which order.

    `hetevo.evolve.data` reads the file and says where the rows are (`reading`).

    Parameters
    ----------
    inputs, outputs : int
        Columns of the inputs and of the targets, or classes; as many as the file has.
    file : str
        Its name, for people; ``package:NAME`` is one that ships with Hetevo.
    targets : tuple of str
        Columns of the targets; of an NPZ file arrays, by default ``targets``.
    columns : tuple of str
        Columns of the inputs; by default all others.
    kind : str
        ``"auto"``: classification if there is one column of targets with words, yes and no, or few whole numbers.
    standardise : bool
        Whether each column of inputs, and of targets that are values, is shifted and scaled to mean 0 and deviation 1,
        both those of the training part.
    split : float or str
        Share of the rows in the test part, by a permutation that is always the same; or the column that says which.
    sampling : str
        How rows are presented: ``"replacement"``, each drawn from the whole training part; ``"epoch"``, each once in a
        random order before any comes again.
    sha256 : str
        Of the file, as hexadecimal digits; written when a configuration is read.

    Raises
    ------
    SettingError
        If no file is named.
    """

    inputs: int = 4
    outputs: int = 3
    file: str = ""
    targets: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    kind: Kind = "auto"
    standardise: bool = True
    split: Share | str = 0.2
    sampling: Sampling = "replacement"
    sha256: str = ""
    source: Source | None = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.file:
            raise SettingError(
                'The task table needs a file: give task.options.file, such as "iris.csv", and the columns of its'
                ' targets as task.options.targets, such as ["species"].'
            )

    @property
    def classification(self) -> bool:
        """Whether targets are classes."""
        return self.kind == "classification"

    def reading(self, source: Source) -> Self:
        """Return the same task with its rows."""
        # the dataclass is frozen, and the source is no option of it
        made = replace(self)
        object.__setattr__(made, "source", source)
        return made

    def prepare(self) -> None:
        """Open the rows, if it is known where they are."""
        if self.source is not None:
            self.source.rows()

    def draw(self, rng: Generator) -> RowSamples:
        """Return the table; there is only one.

        Raises
        ------
        SettingError
            If nobody has said where its rows are.
        """
        del rng
        if self.source is None:
            raise SettingError(
                f"The rows of {self.file} were not opened, and expected to be: let the task live in an experiment"
                " (hetevo.Experiment), or open them with hetevo.evolve.data.open_rows."
            )
        return RowSamples(self.source.rows(), self.outputs if self.classification else 0, self.sampling)
