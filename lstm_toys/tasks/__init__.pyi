from . import curves, delimited, families, goal, parameters, planes, probes, span, supervision

__all__ = ["curves", "delimited", "families", "goal", "parameters", "planes", "probes", "span", "supervision"]
