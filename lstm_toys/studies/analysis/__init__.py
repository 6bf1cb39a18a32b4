"""Computes numbers from finished runs alone, by plain functions."""
