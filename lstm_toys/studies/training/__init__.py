"""What do networks learn from the curves of an experiment, and what do they answer to its probes?"""
