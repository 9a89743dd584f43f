"""A figure: the losses of the last recorded generation."""

from matplotlib.figure import Figure

from hetevo.analysis.figures import Plot


def losses(runs):
    """Show how losses are distributed in the last generation that was recorded."""
    data = runs[-1].individuals
    data = data[data["generation"] == data["generation"].max()]
    figure = Figure(figsize=(3.4, 2.2), layout="constrained")
    axes = figure.subplots()
    axes.hist(data["loss"], bins=20)
    axes.set(xlabel="loss (normalised)", ylabel=f"individuals (n = {len(data)})")
    return Plot(figure, data[["generation", "id", "loss"]])
