"""What a figure shows."""

import colors
import numpy as np
from matplotlib.colors import to_rgba
from matplotlib.text import Text


def axes_of(figure):
    (axes,) = figure.axes
    return axes


def panels(figure):
    """The axes that are seen."""
    return [axes for axes in figure.axes if axes.get_visible()]


def legend(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def dots(axes):
    return [line for line in axes.lines if line.get_marker() == "o"]


def dashed(axes):
    return [line for line in axes.lines if line.get_linestyle() == "--"]


def median(axes):
    """The line of an answer, drawn over the dots of one network."""
    return axes.lines[list(axes.lines).index(dots(axes)[-1]) + 1]


def band(collection):
    """x, and the lower and upper edge of a filled band."""
    x, y = collection.get_paths()[0].vertices.T
    places = np.unique(x)
    return places, [y[x == place].min() for place in places], [y[x == place].max() for place in places]


def assert_answers(axes, answers, shown):
    """A panel has the median of answers [S, T] over the band of their middle 90 %, the first one, and another curve."""
    np.testing.assert_allclose(median(axes).get_ydata(), np.median(answers, axis=0), rtol=1e-4)
    np.testing.assert_allclose(dots(axes)[0].get_ydata(), answers[0], rtol=1e-4)
    np.testing.assert_allclose(band(axes.collections[0])[1:], np.quantile(answers, (0.05, 0.95), axis=0), rtol=1e-4)
    np.testing.assert_allclose(dashed(axes)[0].get_ydata(), shown, rtol=1e-6)


def labels(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def contrast(color):
    """Of a color, blended by its own transparency, with white: from 1 to 21."""
    *rgb, alpha = to_rgba(color)
    return colors.contrast(255 * (1 - alpha * (1 - np.array(rgb))), np.full(3, 255))


def texts(figure):
    """All that is written in a figure, formulas left out."""
    figure.draw_without_rendering()
    return [
        text for text in figure.findobj(Text) if text.get_visible() and "$" not in text.get_text().replace(r"\$", "")
    ]


def assert_legible(figure):
    """What a legend names is dark enough on white, and titles and the figure's legends end within the figure."""
    legends = [*figure.legends, *(axes.get_legend() for axes in figure.axes if axes.get_legend())]
    for legend in legends:
        for line in legend.get_lines():
            color = to_rgba(line.get_color(), line.get_alpha())
            if not line.get_path_effects():
                assert contrast(color) >= 3, (line.get_label(), color)
    titles = {figure.get_suptitle(), *(axes.get_title() for axes in figure.axes)} - {""}
    for text in texts(figure):
        if text.get_text() in titles:
            box = text.get_window_extent()
            assert figure.bbox.x0 <= box.x0 < box.x1 <= figure.bbox.x1, text.get_text()
    for legend in figure.legends:
        box = legend.get_window_extent()
        assert figure.bbox.x0 <= box.x0 < box.x1 <= figure.bbox.x1, [text.get_text() for text in legend.get_texts()]
