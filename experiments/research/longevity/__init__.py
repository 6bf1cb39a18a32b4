"""How long networks remember, by how they were trained.

Results: docs/findings.md. `__main__` is the command; `populations` trains networks, `measured` measures how long they
remember and the quantities that may predict it; `hypotheses` has the settings, hypotheses and tests, and `figures`
draws the figure.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submodules=["figures"])
