"""Rewriting: normalisation (`normalise`), simplification (`simplify`) and what they cost (`cost`).

The entry is `catad.rewrite.simplify.simplify(net)`; the rules are in `fold` (scalars), `arrays`, `loops` and `control`,
whole-net passes in `dead` and `fusion`.
"""
