"""The documentation: a site, and the commands that maintain its numbers."""
