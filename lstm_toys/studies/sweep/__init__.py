"""Which settings learn a task?"""
