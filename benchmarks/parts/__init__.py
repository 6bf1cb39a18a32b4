"""Parts of a member-step, each timed alone: those that no engine can leave out, and the stages of this one."""
