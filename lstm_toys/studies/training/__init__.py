"""Trains an experiment's population, and evaluates it on the probes."""
