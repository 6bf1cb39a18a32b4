from . import claims, evidence, numbers, readings, recipe, unseen

__all__ = ["claims", "evidence", "numbers", "readings", "recipe", "unseen"]
