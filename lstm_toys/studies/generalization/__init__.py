"""Evaluates trained populations on grids of curves and on the user's curves."""
