from . import explained, figures, measured, numbers, recipe, sentences, timeline

__all__ = ["explained", "figures", "measured", "numbers", "recipe", "sentences", "timeline"]
