from . import claims, data, evidence, numbers, readings, recipe, unseen

__all__ = ["claims", "data", "evidence", "numbers", "readings", "recipe", "unseen"]
