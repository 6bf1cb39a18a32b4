"""What explains the sine's networks: predictions, models, and figures.

Results: docs/dynamics.md. `__main__` is the command, `predictions` has the networks and what was predicted of them
before they were analyzed, and `figures` draws the comparison.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submodules=["figures"])
