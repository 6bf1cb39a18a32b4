"""Intervals, measures of answers, and scores."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submodules={"measures"})
