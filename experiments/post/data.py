"""The path of the published numbers. Imports nothing heavy."""

from pathlib import Path

PUBLISHED = Path(__file__).with_name("published.json")
"""Numbers that could be read off the figures of the post."""
