"""What a member-step is timed in: the engine and other tools, each of which trains members in a process of its own."""
