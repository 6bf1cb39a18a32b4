"""Figures, drawn from labeled results alone."""
