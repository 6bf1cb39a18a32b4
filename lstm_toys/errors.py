"""Errors that the library raises, in addition to Python's own."""

from lstm_toys.namespaces import attach

__getattr__, __dir__, __all__ = attach(__name__)
