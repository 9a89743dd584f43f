"""Whether a figure can be read."""

from matplotlib.text import Text

from hetevo.analysis.figures.style import style


def check_legibility(figure):
    """No text smaller than 5 points, and no title, label or legend beyond the edge of the page."""
    with style():
        figure.draw_without_rendering()  # the canvas of a figure made without pyplot draws nothing
    for text in figure.findobj(Text):
        if text.get_text().strip():
            assert text.get_fontsize() >= 5, f"{text.get_text()!r} has {text.get_fontsize():g} pt, less than 5"
    texts = [text for legend in figure.legends for text in legend.get_texts()]
    for axes in figure.axes:
        labels = axes.title, axes._left_title, axes._right_title, axes.xaxis.label, axes.yaxis.label
        texts += [text for text in labels if axes.get_visible() and text.get_text().strip()]
    page = figure.bbox.padded(2)
    for text in texts:
        box = text.get_window_extent()
        beyond = {
            "left": box.x0 < page.x0,
            "right": box.x1 > page.x1,
            "lower": box.y0 < page.y0,
            "upper": box.y1 > page.y1,
        }
        edges = " and ".join(edge for edge, crossed in beyond.items() if crossed)
        assert not edges, f"{text.get_text()!r} lies beyond the {edges} edge of the page"
