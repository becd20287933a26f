"""In what order and for whom: options, graph, command line and commit."""

__version__ = "0.1.0"
