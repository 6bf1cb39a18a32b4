"""Declares grids of curves, on which ``lstm-toys generalization`` measures answers.

>>> lt.grids.Plane("line", (lt.grids.Axis(lt.grids.LENGTH, 100, 400, 4), "slope")).axes[1]
'slope'
"""

from lstm_toys.namespaces import attach

__getattr__, __dir__, __all__ = attach(__name__)
