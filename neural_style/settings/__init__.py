"""Every setting once, and how settings are read."""
