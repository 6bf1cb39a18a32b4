from . import curves, delimited, families, goal, parameters, planes, probes, scaling, sets, span, supervision

__all__ = [
    "curves",
    "delimited",
    "families",
    "goal",
    "parameters",
    "planes",
    "probes",
    "scaling",
    "sets",
    "span",
    "supervision",
]
