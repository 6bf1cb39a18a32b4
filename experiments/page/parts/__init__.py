"""The parts of the page: each a template, a function from runs to what it is given, and a script where it needs one."""
