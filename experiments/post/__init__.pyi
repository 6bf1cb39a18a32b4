from . import data, evidence, measured, numbers, readings, recipe, unseen

__all__ = ["data", "evidence", "measured", "numbers", "readings", "recipe", "unseen"]
