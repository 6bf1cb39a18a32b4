"""Questions asked of populations."""
