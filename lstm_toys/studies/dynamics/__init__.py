"""Why trained networks answer as they do: what they rest at, their modes, and models made of these."""
