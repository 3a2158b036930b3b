"""Python functions as programs: a function is run once on *tracers*, and what they were asked to do is its tree.

    run : (Python function, annotations)  →  tree.File          then checked and compiled like any other file

Spans of the tree point into the Python source, so every diagnostic does.
"""
