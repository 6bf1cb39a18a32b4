"""How long networks remember, by how they were trained.

Results: docs/findings.md. `__main__` is the command and measures networks, `hypotheses` has what it was set to measure,
and `figures` draws the figure.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submodules=["figures"])
