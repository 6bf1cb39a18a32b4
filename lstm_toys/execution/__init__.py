"""Execution of the parts of a run: this process or workers, devices, progress, signals."""

LOCAL = "local:"
"""Prefix of the address of a cluster on this machine."""
