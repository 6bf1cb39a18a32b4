"""The search for the post's recipe: scores the settings of a sweep by how well they explain its published answers."""
