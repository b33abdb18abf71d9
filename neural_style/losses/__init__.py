"""Pure functions of activations."""
