"""Structure-preserving maps of nets: forward, reverse, Taylor, and the unfolding of series into coefficients."""
