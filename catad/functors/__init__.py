"""functors."""
