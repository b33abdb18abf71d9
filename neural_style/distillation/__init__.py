"""How `compact` is trained."""
