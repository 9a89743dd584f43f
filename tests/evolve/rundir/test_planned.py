"""Settings of runs that have not begun, as a sweep's list keeps them."""

import pytest
from faults import full, operations
from hypothesis import given
from hypothesis import strategies as st

from hetevo.evolve.rundir import StorageError
from hetevo.evolve.rundir.planned import Settings
from hetevo.evolve.rundir.sweep import Entry, read_list, write_entries

VALUES = st.integers(0, 3) | st.just("layered") | st.lists(st.integers(0, 3), max_size=2)
TABLES = st.fixed_dictionaries(
    {"evolution": st.dictionaries(st.sampled_from(["size", "elites"]), st.integers(0, 3))},
    optional={"lifetime": st.dictionaries(st.sampled_from("abc"), VALUES), "own": VALUES},
)
FOUND = st.dictionaries(st.sampled_from(["drift", "plain", "birth"]), TABLES, max_size=3)


@given(FOUND, FOUND)
def test_what_is_kept_of_each_condition_comes_back_whatever_is_added_later(first, second):
    settings = Settings().with_conditions(first)
    assert settings.all() == first
    later = Settings.model_validate_json(settings.with_conditions(second).model_dump_json())
    assert later.all() == {**first, **second}
    # adding the same again writes nothing else
    assert later.with_conditions(second) == later


def test_what_is_no_configuration_is_nothing_that_is_known():
    for wrong in ({"evolution": 3}, {"evolution": {"generations": "many"}}, {"seed": -1}):
        assert Settings(common=wrong, conditions={"a": {}}).expect("a") == {}
    assert Settings(common={"lifetime": {"batch": 3}}).expect("unknown") == {}


def test_a_list_of_an_older_version_gets_settings_and_a_full_disk_is_no_hindrance(tmp_path):
    entries, settings = [Entry("a-seed0", "a", 0)], {"a": {"lifetime": {"batch": 4}}}
    write_entries(tmp_path, "x", entries)
    before = (tmp_path / "sweep.json").read_bytes()
    with operations(full):
        write_entries(tmp_path, "x", entries, settings=settings)
        with pytest.raises(StorageError):
            write_entries(tmp_path, "x", entries, settings=settings, ends={"a": 9})
    assert (tmp_path / "sweep.json").read_bytes() == before
    write_entries(tmp_path, "x", entries, settings=settings, ends={"a": 9})
    write_entries(tmp_path, "x", [Entry("b-seed0", "b", 0)])
    found = read_list(tmp_path)
    assert (found.settings.all(), found.ends) == (settings, {"a": 9})
