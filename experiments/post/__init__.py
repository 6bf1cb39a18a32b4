"""Modules about the post: its claims, the search for its recipe, and what explains its networks."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submodules=["curve_measures", "figures"])
