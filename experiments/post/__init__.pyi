from pathlib import Path

from . import claims, evidence, numbers, readings, recipe, unseen

PUBLISHED: Path

__all__ = ["PUBLISHED", "claims", "evidence", "numbers", "readings", "recipe", "unseen"]
