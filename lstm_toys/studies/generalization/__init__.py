"""Evaluates trained populations on grids of curves and on a user's curves."""
