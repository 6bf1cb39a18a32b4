from . import curve_measures, explained, figures, numbers, recipe, sentences, timeline

__all__ = ["curve_measures", "explained", "figures", "numbers", "recipe", "sentences", "timeline"]
