"""Runs: what one is, its folder, its life."""
