"""Execution of the parts of a run: in this process or by workers, devices, digests, progress and signals."""

CALLBACK = "Python that a program calls"
"""Reported among digests, since a program's text does not contain this code."""

LOCAL = "local:"
"""Prefix of the address of a cluster on this machine."""
