"""Genealogies for other programs, read back."""

import csv
import io
import math

import pandas as pd
import pytest
from faults import go

import hetevo
from hetevo.evolve.rundir import RunDirectoryError


@pytest.fixture(scope="module")
def individuals(tmp_path_factory):
    run = go(tmp_path_factory.mktemp("runs") / "run", "evolution.generations=4", "evolution.crossover=0.9")
    return hetevo.load_run(run.path).individuals


def parse_newick(text):
    """Return the parent of every name, and the length of the branch to it."""
    assert text.endswith(";")
    parents, lengths, waiting, children, word = {}, {}, [], [], ""
    for char in text:
        if char in "(),;":
            if word:  # a node ends here: its children, if any, were closed just before
                name, _, length = word.partition(":")
                lengths[name] = float(length) if length else 0.0
                for child in children:
                    parents[child] = name
                children, word = [], ""
                if waiting:
                    waiting[-1].append(name)
            if char == "(":
                waiting.append([])
            elif char == ")":
                children = waiting.pop()
        else:
            word += char
    return parents, lengths


def test_the_standard_table_gives_the_recorded_parents_back(individuals):
    text = hetevo.phylogeny(individuals).to_csv(index=False)
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [*rows[0]][:5] == ["id", "ancestor_list", "origin_time", "destruction_time", "taxon_label"]
    recorded = individuals.set_index("id")
    last = individuals["generation"].max()
    for row in rows:
        own = recorded.loc[int(row["id"])]
        listed = row["ancestor_list"].strip("[]").split(", ")
        parents = [] if listed == ["none"] else [int(one) for one in listed]
        assert parents == list(dict.fromkeys(one for one in (own["parent_a"], own["parent_b"]) if one >= 0))
        assert int(row["origin_time"]) == own["generation"]
        alive = math.isinf(float(row["destruction_time"]))
        assert alive == (own["generation"] == last)
        # ancestors come first, and are there when it begins
        assert all(recorded.loc[one, "generation"] + 1 == own["generation"] for one in parents)
    assert any(", " in row["ancestor_list"] for row in rows)


def test_the_tree_gives_the_first_parents_back(individuals):
    parents, lengths = parse_newick(hetevo.newick(individuals))
    assert parents == {
        str(one): "founders" if parent < 0 else str(parent)
        for one, parent in zip(individuals["id"], individuals["parent_a"], strict=True)
    }
    founders = [name for name, parent in parents.items() if parent == "founders"]
    assert {lengths[name] for name in founders} == {0}
    assert {lengths[name] for name in parents.keys() - founders} == {1}


def test_where_records_begin_nobody_has_ancestors(individuals):
    later = individuals[individuals["generation"] >= 2]
    table = hetevo.phylogeny(later)
    assert (table.loc[table["origin_time"] == 2, "ancestor_list"] == "[none]").all()
    parents, _ = parse_newick(hetevo.newick(later))
    assert [parents[str(one)] for one in table.loc[table["origin_time"] == 2, "id"]] == ["founders"] * 6


def test_branches_are_as_long_as_the_generations_between():
    family = {"generation": [0, 0, 1, 1, 2, 2], "id": range(6), "parent_a": [-1, -1, 0, -1, 1, 2], "parent_b": [-1] * 6}
    family |= {"operator": ["founder"] * 2 + ["elite", "founder"] + ["elite"] * 2, "loss": [1.0] * 6}
    _, lengths = parse_newick(hetevo.newick(pd.DataFrame(family)))
    # 1 waited in an archive for a generation, and 3 is a founder, too
    assert lengths == {"0": 0, "1": 0, "2": 1, "3": 0, "4": 2, "5": 1, "founders": 0}


def test_thinned_records_have_no_descent(individuals):
    thinned = individuals[individuals["generation"] % 2 == 0]
    for write in (hetevo.phylogeny, hetevo.newick):
        with pytest.raises(RunDirectoryError, match="individuals_every = 1"):
            write(thinned)
        with pytest.raises(RunDirectoryError, match=r"parent_a|generation"):
            write(pd.DataFrame({"loss": [1.0]}))
