"""Evaluates trained populations on grids of curves."""
