"""Judges claims by the share of networks that meet them."""
