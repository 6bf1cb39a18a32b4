"""Modules about the post: its published answers, its claims, and the search for its recipe."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
