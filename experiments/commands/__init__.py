"""The command line: flags, and what becomes of a run that a signal or a bad file ends."""
