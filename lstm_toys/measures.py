"""Measures of one answer to one curve, which `lt.claims.per_curve` applies to all answers of networks.

>>> x = lt.time_points(20)
>>> print(f"{lt.measures.peak_to_peak(x, x):.3f}")
0.895
"""

from lstm_toys.namespaces import attach

__getattr__, __dir__, __all__ = attach(__name__)
