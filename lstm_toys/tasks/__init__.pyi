from . import curves, families, goal, parameters, planes, probes, span, supervision

__all__ = ["curves", "families", "goal", "parameters", "planes", "probes", "span", "supervision"]
