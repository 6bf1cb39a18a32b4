from . import families, goal, probes, supervision

__all__ = ["families", "goal", "probes", "supervision"]
