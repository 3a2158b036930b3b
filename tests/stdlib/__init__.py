"""The standard library against NumPy, SciPy and mpmath."""
