"""How fast populations are trained, compared with other tools.

``python -m benchmarks.population`` measures member-steps a second, also as a share of what their arithmetic alone would
allow, and draws a figure of them; ``python -m benchmarks.loop`` compares a training with the loop that a user of JAX
writes; ``python -m benchmarks.end_to_end`` measures whole commands, also in multiples of what they import, next to
published ones, and ``python -m benchmarks.scaling`` how a training grows with its members and workers. Each writes JSON
and Markdown to ``--output``.

A *member-step* is one update of one network: forward pass, gradient through all time points, SGD, in float32. Every
contestant of `benchmarks.population` lives in a process of its own and starts from the same weights and curves; it is
timed only if, 50 steps later, its weights and loss are those of a loop in float64.

From the ground::

    timing, machine -> command, job -> contestants, floor -> reference, processes -> report, figure -> population
"""
