"""Whether a figure can be read."""

from matplotlib.text import Text

from hetevo.analysis.figures.style import style


def check_legibility(figure):
    """No text smaller than 5 points, and no title, label or legend beyond the edge of the page."""
    with style():
        figure.draw_without_rendering()  # the canvas of a figure made without pyplot draws nothing
    page = figure.bbox.padded(2)
    assert all(text.get_fontsize() >= 5 for text in figure.findobj(Text) if text.get_text().strip())
    boxes = [text.get_window_extent() for legend in figure.legends for text in legend.get_texts()]
    for axes in figure.axes:
        labels = axes.title, axes._left_title, axes._right_title, axes.xaxis.label, axes.yaxis.label
        boxes += [text.get_window_extent() for text in labels if axes.get_visible() and text.get_text().strip()]
    for box in boxes:
        assert page.x0 <= box.x0 <= box.x1 <= page.x1, figure.axes[0].get_ylabel()
        assert page.y0 <= box.y0 <= box.y1 <= page.y1, figure.axes[0].get_ylabel()
