"""Intervals, measures of an answer, scores and tables."""
