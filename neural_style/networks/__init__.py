"""From an image to named layers' activations."""
