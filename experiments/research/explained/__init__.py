"""Explains claims about the sine's networks by their dynamics: predictions, models, and figures.

Results: docs/dynamics.md. `__main__` is the command, `predictions` has the networks and the predictions that were
made before they were analyzed, and `figures` draws the comparison.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submodules=["figures"])
