"""The search for the post's recipe: scores the settings of a sweep by how well they explain its published answers."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submodules=["scoring"])
