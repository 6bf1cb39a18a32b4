"""One module for each section of the post; each is a command: ``python -m experiments.<name>``."""
