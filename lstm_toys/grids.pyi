from .tasks.parameters import LENGTH, SPACING, Axis, Plane, Trained

__all__ = ["LENGTH", "SPACING", "Axis", "Plane", "Trained"]
