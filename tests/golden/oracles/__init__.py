"""What the programs of this folder compute, computed by NumPy, SciPy, mpmath, SymPy or by hand: never by catad."""
