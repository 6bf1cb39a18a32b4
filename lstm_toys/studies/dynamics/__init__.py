"""Why trained networks answer as they do: their limits at rest, their modes, and models made from these."""
