from . import curves, families, goal, probes, supervision

__all__ = ["curves", "families", "goal", "probes", "supervision"]
