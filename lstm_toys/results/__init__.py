"""Labeled arrays and parameters, in memory and on disk."""
