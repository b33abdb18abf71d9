"""Minimize any callable of an image; they know nothing of style."""
