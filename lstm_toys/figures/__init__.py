"""Figures drawn from labeled results."""

from lstm_toys import suggestions

__getattr__, __dir__, __all__ = suggestions.attach_stub(__name__, __file__)
