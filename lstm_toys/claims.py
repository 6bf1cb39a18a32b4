"""Declares claims about networks, which ``lstm-toys claims`` tests, and the choices that their verdicts stand on.

>>> def largest(steeper):
...     return steeper.answer.values.max(axis=(1, 2, 3))
>>> sources = (lt.claims.Source("line", "steeper"),)
>>> lt.claims.Claim("low", "Answers are too low", "largest answer", largest, sources, high=0.5).meets
'at most 0.5'
"""

from lstm_toys.studies.claims.choices import Change, Specification, Thresholds
from lstm_toys.studies.claims.declaration import Baseline, Claim, Claims, Source, Variant

__all__ = ["Baseline", "Change", "Claim", "Claims", "Source", "Specification", "Thresholds", "Variant"]
