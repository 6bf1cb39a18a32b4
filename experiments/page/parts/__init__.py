"""Parts of the page: each has a template, a function from runs to its content, and a script if it needs one."""
