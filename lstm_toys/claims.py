"""Declares claims about networks, which ``lstm-toys claims`` tests, and judges them.

>>> def largest(steeper):
...     return steeper.answer.values.max(axis=(1, 2, 3))
>>> sources = (lt.claims.Source("line", "steeper"),)
>>> lt.claims.Claim("low", "Answers are too low", "largest answer", largest, sources, high=0.5).meets
'at most 0.5'
"""

from lstm_toys.namespaces import attach

__getattr__, __dir__, __all__ = attach(__name__)
