"""When in training the post's network gave its published answers, and whether it is an ordinary network."""
