"""The line that says where a run stands: what it tells, how long it takes, and what fits."""

import pytest

from hetevo.evolve import GenerationReport
from hetevo.scripts import progress
from hetevo.scripts.progress import RECENT, SPINNER, Progress, write_line

TERMINAL = 80 - SPINNER


def report(generation, elapsed=0.0, generations=100, **values):
    usual = {"loss_best": 0.4, "loss_median": 0.5, "alignment_end": 0.1, "alignment_end_elite": 0.2, "seconds": 1.0}
    return GenerationReport(generation, generations, elapsed=elapsed, **{**usual, **values})


@pytest.fixture
def show(monkeypatch, capsys):
    """Return the lines that a display writes of some reports where there is no terminal."""
    monkeypatch.setattr(progress, "PLAIN_SECONDS", 0.0)

    def show(*reports):
        display = Progress()
        for one in reports:
            display(one)
        return capsys.readouterr().err.splitlines()

    return show


def test_line_gives_no_time_left_before_the_second_generation(show):
    first, second = show(report(0, 50.0), report(1, 52.0))
    assert "left" not in first
    assert "3m18s left" in second  # 99 generations of 2 seconds: the start of 48 seconds does not count


def test_line_of_a_resumed_run_counts_the_generations_of_this_process_only(show):
    assert "left" not in show(report(60, 30.0))[0]
    assert "40s left" in show(report(59, 30.0), report(60, 31.0))[1]


def test_line_estimates_by_recent_generations(show):
    slow = [report(number, 10.0 * number, 1000) for number in range(100)]
    fast = [report(100 + number, 990.0 + number + 1, 1000) for number in range(RECENT + 1)]
    last = fast[-1]
    assert f"{(last.generations - last.generation) // 60}m" in show(*slow, *fast)[-1]


def test_line_counts_what_lies_between_generations(show):
    """Saving takes time too, which is in no generation's own seconds."""
    assert "3m18s left" in show(report(0, 1.0, seconds=0.1), report(1, 3.0, seconds=0.1))[1]


def test_line_ends_with_the_time_that_a_run_took():
    whole = write_line(report(100, 3700.0), 1.0)
    assert whole.endswith("1h01m")
    assert "left" not in whole
    assert write_line(report(0, 3.0, 0), None).endswith("3s")


WIDEST = {"loss_median": 4.0, "loss_best": 4.0, "alignment_end": -1.0, "alignment_end_elite": -1.0}
PACE = 99 * 3600 + 59 * 60


def test_line_at_its_widest_fits_a_terminal_of_80_columns():
    text = write_line(report(99_999, generations=100_000, **WIDEST), PACE, TERMINAL)
    assert text == "generation 99999/100000  loss 4.000, best 4.000  alignment -1.000  4d03h left"
    assert len(text) <= TERMINAL
    assert len(write_line(report(100_000, PACE, 100_000, **WIDEST), 1.0, TERMINAL)) <= TERMINAL


def test_line_leaves_out_parts_in_a_defined_order_where_there_is_less_room():
    one = report(99_999, generations=100_000, **WIDEST)
    parts = ["best tenth", "best", "alignment", "loss", "left", "generation"]
    gone = []
    for width in range(120, -1, -1):
        text = write_line(one, PACE, width)
        assert len(text) <= width
        gone += [part for part in parts if part not in text and part not in gone]
    assert gone == parts
    assert "best tenth -1.000" in write_line(one, PACE)


@pytest.mark.parametrize("width", [None, 80])
def test_line_shows_no_alignment_that_was_not_measured(width):
    text = write_line(report(3, alignment_end=None, alignment_end_elite=None), 1.0, width)
    assert text == "generation 3/100  loss 0.500, best 0.400  1m37s left"


@pytest.mark.parametrize("columns", [40, 80])
def test_the_live_line_fits_its_terminal(monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setattr(progress, "is_live", lambda: True)
    display = Progress()
    for number in range(2):
        display(report(99_998 + number, PACE * number, 100_000, **WIDEST))
    assert str(display._status.status) == write_line(report(99_999, 0.0, 100_000, **WIDEST), PACE, columns - SPINNER)
