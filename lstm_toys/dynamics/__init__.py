"""Trained networks as dynamical systems: where they rest, how they oscillate, what they forget, and models of them."""
