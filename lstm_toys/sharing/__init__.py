"""Hands runs on: what lies in the folder of a run, as a page, as a bundle to send, and compared with another run.

Reads files as data, never as code, and computes nothing anew.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__, submodules=["archive", "bundle", "compare", "facts", "report"]
)
