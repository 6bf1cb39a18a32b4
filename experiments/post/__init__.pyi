from . import curve_measures, explained, figures, numbers, recipe, resonance, resonance_figures, sentences, timeline

__all__ = [
    "curve_measures",
    "explained",
    "figures",
    "numbers",
    "recipe",
    "resonance",
    "resonance_figures",
    "sentences",
    "timeline",
]
