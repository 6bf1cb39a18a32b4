"""Trains populations under many settings, and compares them."""
