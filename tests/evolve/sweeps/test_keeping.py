"""What a sweep's directory calls the conditions of a file."""

import pytest

from hetevo.evolve.rundir.sweep import write_entries
from hetevo.evolve.sweeps import load_plan

SWEEP = """
base = "smoke"
{more}
[set]
heldout.families = ["sine"]
[grid]
{grid}
[conditions]
donor = {{}}
taker = {{"transplant.source" = "donor-{source}-seed{{seed}}@1", "evolution.turnover" = "none"}}
[labels]
"donor, {label}" = "one"
"""

ONE, OTHER = '"probe.every" = [{}]', '"heldout.every" = [{}]'


@pytest.fixture(scope="module")
def load(tmp_path_factory):
    """Return what plans a grid in a directory in which one was planned before."""
    folder = tmp_path_factory.mktemp("kept")

    def load(grid, label, more=""):
        (folder / "mine.toml").write_text(
            SWEEP.format(grid="\n".join(grid), label=label, source=label.replace(", ", "-"), more=more)
        )
        return load_plan(folder / "mine.toml", directory=folder / "sweep")

    plan = load([ONE.format(1), OTHER.format(2)], "every=1, every=2")
    write_entries(folder / "sweep", plan.name, plan.entries, (), plan.settings)
    return load


def test_another_order_of_keys_is_the_same_condition_with_its_labels_and_donors(load):
    plan = load([OTHER.format(2), ONE.format(1)], "every=2, every=1", 'controls = ["neutral"]')
    parts = "every=1, every=2"
    assert [entry.condition for entry in plan.entries] == [f"donor, {parts}", f"taker, {parts}", f"neutral, {parts}"]
    assert [entry.shown_as for entry in plan.entries] == ["one", "", ""]
    assert plan.members[1].config.transplant.source == "donor-every=1-every=2-seed0@1"


def test_other_settings_with_the_same_parts_are_another_condition(load):
    plan = load([ONE.format(2), OTHER.format(1)], "every=2, every=1")
    assert [entry.condition for entry in plan.entries] == ["donor, every=2, every=1", "taker, every=2, every=1"]
