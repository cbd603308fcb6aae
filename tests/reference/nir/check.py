"""Reads a file with the reference package of the format, which checks the shapes of all nodes, and says what is in it.

    python check.py FILE.nir
"""

import sys

import nir

graph = nir.read(sys.argv[1])
for name, node in graph.nodes.items():
    print(f"{name}: {type(node).__name__} {node.input_type} -> {node.output_type} {sorted(node.metadata)}")
print(f"{len(graph.edges)} edges, metadata {graph.metadata}")
