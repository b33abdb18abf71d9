"""One picture by optimization."""
