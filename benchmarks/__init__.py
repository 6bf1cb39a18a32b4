"""How fast populations are trained, against other tools and against the limit of the machine.

``python -m benchmarks.population`` measures member-steps a second and draws a figure of them, ``python -m
benchmarks.end_to_end`` the wall time of whole commands; both write JSON and Markdown to ``--output``. ``python -m
benchmarks.checkpoints`` prints what checkpoints cost.

A *member-step* is one update of one network: forward pass, gradient through all time points, SGD with learning rate
0.1, in float32. Every contestant lives in a process of its own and starts from the same weights and curves; it is timed
only if, 50 steps later, its weights and loss are those of a loop in float64.

From the ground::

    machine, job -> contestants, parts -> entries -> reference, processes, footprint -> sweeps -> report, figure
"""
