"""Genealogies for other programs: the standard of artificial life for phylogenies, and Newick.

Lalejini, A., Dolson, E., Bohm, C., Ferguson, A. J., Parsons, D. P., Rainford, P. F., Richmond, P. and Ofria, C. (2019),
Data standards for artificial life software, ALIFE 2019, 507-514.
"""

import numpy as np
import pandas as pd

from hetevo.analysis.lineage.descent import NOBODY, check_descent

STANDARD = ("id", "ancestor_list", "origin_time", "destruction_time", "taxon_label")
"""Columns of the standard, in front of those of ours."""


def phylogeny(individuals: pd.DataFrame) -> pd.DataFrame:
    """Return the genealogy in the standard of artificial life: as a CSV file, others' programs read it.

    Parameters
    ----------
    individuals : pandas.DataFrame
        Of one run, of every generation.

    Returns
    -------
    pandas.DataFrame
        One row an individual:

        - id;
        - ancestor_list: its parents, such as ``[3, 7]``; ``[none]`` for a founder, and where records begin (in a
          branch, with the generation it went on from);
        - origin_time: its generation; destruction_time: the next one, in which it lives no more (an elite's copy has an
          id of its own), and ``inf`` in the last one recorded;
        - taxon_label: ``individual-ID``;
        - and operator, island and loss as recorded, where they are.

    Raises
    ------
    RunDirectoryError
        If descent was not recorded in every generation: between generations that were kept nobody knows it.

    Examples
    --------
    >>> family = {"generation": [0, 0, 1], "id": [0, 1, 2], "parent_a": [-1, -1, 0], "parent_b": [-1, -1, 1]}
    >>> family |= {"operator": ["founder", "founder", "crossover"], "loss": [1.0, 2.0, 0.5]}
    >>> phylogeny(pd.DataFrame(family))["ancestor_list"].tolist()
    ['[none]', '[none]', '[0, 1]']
    """
    check_descent(individuals)
    # parents beyond the records are as good as none
    known = set(individuals["id"].tolist())
    last = int(individuals["generation"].max())
    born = individuals["generation"].to_numpy()
    parents = zip(individuals["parent_a"].tolist(), individuals["parent_b"].tolist(), strict=True)
    table = pd.DataFrame(
        {
            "id": individuals["id"].to_numpy(),
            # both parents may be one, which is named once
            "ancestor_list": [_write(dict.fromkeys(one for one in both if one in known)) for both in parents],
            "origin_time": born,
            # a generation ends when the next is born; the last one is still alive
            "destruction_time": np.where(born < last, born + 1.0, np.inf),
            "taxon_label": [f"individual-{one}" for one in individuals["id"]],
        }
    )
    for column in ("operator", "island", "loss"):
        if column in individuals:
            table[column] = individuals[column].to_numpy()
    return table


def _write(parents: dict[int, None]) -> str:
    return f"[{', '.join(map(str, parents)) or 'none'}]"


def newick(individuals: pd.DataFrame) -> str:
    """Return the tree of first parents in Newick form, branch lengths in generations.

    Founders hang, with branches of length 0, on one root ``founders``; inner nodes are named, too. A second parent has
    no place in a tree.

    Parameters
    ----------
    individuals : pandas.DataFrame
        Of one run, of every generation.

    Raises
    ------
    RunDirectoryError
        If descent was not recorded in every generation.

    Examples
    --------
    >>> family = {"generation": [0, 0, 1, 1], "id": [0, 1, 2, 3], "parent_a": [-1, -1, 0, 0], "parent_b": [-1] * 4}
    >>> family |= {"operator": ["founder"] * 2 + ["mutation"] * 2, "loss": [1.0, 2.0, 0.5, 0.4]}
    >>> newick(pd.DataFrame(family))
    '((2:1,3:1)0:0,1:0)founders;'
    """
    check_descent(individuals)
    children: dict[int, list[str]] = {}
    born = dict(zip(individuals["id"].tolist(), individuals["generation"].tolist(), strict=True))
    # from the youngest to the oldest: when somebody's turn comes, all children are written
    for one, parent in zip(individuals["id"].tolist()[::-1], individuals["parent_a"].tolist()[::-1], strict=True):
        below = f"({','.join(children.pop(one)[::-1])})" if one in children else ""
        is_root = parent == NOBODY or parent not in born
        # parents from an archive may have lived long before
        length = 0 if is_root else born[one] - born[parent]
        children.setdefault(NOBODY if is_root else parent, []).append(f"{below}{one}:{length}")
    return f"({','.join(children[NOBODY][::-1])})founders;"
