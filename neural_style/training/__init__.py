"""How the network `compact` is trained; the command is `python -m neural_style.distill`."""
