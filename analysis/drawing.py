"""Draw an individual, whatever it inherits."""

from hetevo.analysis.circuit import draw_circuit
from hetevo.analysis.figures.plot import Plot
from hetevo.analysis.formula import draw_formula
from hetevo.populations.genome import Population
from hetevo.populations.species import Species

DRAWINGS = {"two-pathway": draw_circuit, "layer": draw_formula}
"""How to draw a circuit, by its kind."""


def draw_individual(species: Species, genes: Population, individual: int = 0, title: str = "") -> Plot:
    """Draw both pathways of a circuit, or a layer and its inherited rule.

    Parameters
    ----------
    species : Species
        What the individuals have in common.
    genes : Population
        P genomes.
    individual : int, optional
        Which of them.
    title : str, optional
        What to write above.
    """
    return DRAWINGS[species.circuit](species, genes, individual, title)
