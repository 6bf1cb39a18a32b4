"""Trained networks as dynamical systems: where they settle, how they oscillate, what they forget, and their models."""
