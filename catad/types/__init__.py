"""Kinds, size polynomials, unification, inference."""
