"""Trained networks as dynamical systems: where they settle, how they oscillate, what they forget, and their models."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
