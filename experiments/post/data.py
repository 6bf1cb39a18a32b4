"""Where the published numbers are. Imports nothing heavy."""

from pathlib import Path

PUBLISHED = Path(__file__).with_name("published.json")
"""What could be read off the figures of the post."""
