"""Execution of the parts of a run: this process or workers, devices, progress, signals."""
