"""The search for the post's recipe: settings of a sweep, scored by how well they explain its published answers."""
