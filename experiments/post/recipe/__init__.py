"""Which recipe did the post use? Settings of a sweep, scored by how well they explain its published answers."""
