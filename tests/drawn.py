"""What a figure shows."""

import numpy as np


def axes_of(figure):
    (axes,) = figure.axes
    return axes


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


def labels(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]
