"""The path of the published numbers. Imports nothing heavy."""

from pathlib import Path

PUBLISHED = Path(__file__).with_name("published.json")
"""The numbers read off the post's figures."""
