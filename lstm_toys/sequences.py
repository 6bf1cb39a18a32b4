"""Sequence tasks from the literature, each drawn from a key, and which sequences networks answer correctly.

>>> def examples(key, numbers):
...     return lt.sequences.flip_flop(key, length=40, count=8)
>>> lt.Task(examples, ("1", "2", "3"), ("1", "2", "3"), sequence=True, fresh=True).fresh
True
"""

from lstm_toys.namespaces import attach

__getattr__, __dir__, __all__ = attach(__name__)
