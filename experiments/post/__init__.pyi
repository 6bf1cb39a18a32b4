from . import data, evidence, measured, numbers, other_cells, readings, recipe, sentences, timeline, unseen

__all__ = [
    "data",
    "evidence",
    "measured",
    "numbers",
    "other_cells",
    "readings",
    "recipe",
    "sentences",
    "timeline",
    "unseen",
]
