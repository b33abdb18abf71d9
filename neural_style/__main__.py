"""python -m neural_style: the same as the command neural_style."""

from neural_style.cli import run

if __name__ == "__main__":
    run()
