"""Modules about the post: its claims, the numbers that decide them, and how its recipe was searched for."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submodules=["curve_measures", "figures"])
