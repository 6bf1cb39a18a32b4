"""All that is about the post: its published answers, its claims, the search for its recipe."""

from pathlib import Path

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

PUBLISHED = Path(__file__).with_name("published.json")
"""What could be read off the figures of the post."""
