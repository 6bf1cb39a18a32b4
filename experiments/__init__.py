"""The experiments of the post; each module is a command: ``python -m experiments.<name>``."""
