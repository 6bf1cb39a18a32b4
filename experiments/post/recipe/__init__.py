"""Which recipe did the post use? Settings of a sweep, scored by how well they explain its published answers."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
