"""What networks are trained on and shown: families of curves, tasks, goals."""
