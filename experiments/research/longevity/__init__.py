"""How long networks remember, by how they were trained.

Results: docs/findings.md. `__main__` is the command; `populations` trains networks, `measured` finds how long they
remember and what may order these times; `hypotheses` has what was set to be measured and how it is judged, and
`figures` draws the figure.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submodules=["figures"])
