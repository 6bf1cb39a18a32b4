from . import intervals, measures, scores, tables

__all__ = ["intervals", "measures", "scores", "tables"]
