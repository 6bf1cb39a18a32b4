"""Claims of papers about recurrent networks, judged by populations of networks."""
