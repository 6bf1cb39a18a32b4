"""Moves the transitions of networks by doses, and measures how far they then carry parity.

Definitions: definitions.md here. `__main__` is the command; `populations` says which networks are trained, `doses`
moves their transitions, `measured` finds the horizons after each dose; `hypotheses` has the tests, and `figures` the
figure.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submodules=["figures"])
