"""Declares grids of curves, on which ``lstm-toys generalization`` measures answers.

>>> lt.grids.Plane("line", (lt.grids.Axis(lt.grids.LENGTH, 100, 400, 4), "slope")).axes[1]
'slope'
"""

from lstm_toys.tasks.parameters import LENGTH, SPACING
from lstm_toys.tasks.planes import Axis, Plane, Trained

__all__ = ["LENGTH", "SPACING", "Axis", "Plane", "Trained"]
