"""elaborate."""
