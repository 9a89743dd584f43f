"""Drawings of circuits hold every synapse."""

import numpy as np
import pytest
from builders import make_population, make_species

from hetevo.analysis.figures import save
from hetevo.analysis.figures.circuit import draw_circuit
from hetevo.populations.wiring import WIRINGS


@pytest.mark.parametrize(("wiring", "levels"), [*((name, (5, 4)) for name in sorted(WIRINGS)), ("amorphous", (60, 30))])
def test_every_synapse_is_in_the_data_with_the_gain_of_its_receiver(wiring, levels, tmp_path):
    species = make_species(levels, wiring=wiring)
    genes = make_population(species)
    plot = draw_circuit(species, genes, 1, "a title")
    for pathway, mask, gains in (
        ("ascending", genes.mask_ascending[1], genes.gains_ascending[1]),
        ("descending", genes.mask_descending[1], genes.gains_descending[1]),
    ):
        rows = plot.data[plot.data["pathway"] == pathway]
        assert len(rows) == mask.sum()
        assert set(rows["receiver"]) <= {f"h{n + 1}" for n in range(sum(levels))} | {"out1", "out2"}
        to, come = np.argwhere(mask)[0]
        assert rows.iloc[0]["gain"] == pytest.approx(gains[to])
        if pathway == "ascending" and come < 4:
            assert rows.iloc[0]["sender"] == f"in{come + 1}"
    drawn = [axes.images for axes in plot.figure.axes]
    assert all(drawn) == (levels == (60, 30))
    assert all(file.stat().st_size > 1000 for file in save(plot, tmp_path / "circuit.png"))


def test_shared_gains_are_those_of_every_neuron():
    species = make_species(gains_shared=True)
    genes = make_population(species)
    data = draw_circuit(species, genes).data
    assert set(data.groupby("pathway")["gain"].nunique()) == {1}
