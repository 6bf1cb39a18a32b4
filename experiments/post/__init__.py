"""All that is about the post: its published answers, its claims, the search for its recipe."""
