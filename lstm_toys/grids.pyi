from .tasks.parameters import LENGTH, SPACING
from .tasks.planes import Axis, Plane, Trained

__all__ = ["LENGTH", "SPACING", "Axis", "Plane", "Trained"]
