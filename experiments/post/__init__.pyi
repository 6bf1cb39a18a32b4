from . import explained, figures, measured, numbers, published, recipe, sentences, timeline

__all__ = ["explained", "figures", "measured", "numbers", "published", "recipe", "sentences", "timeline"]
