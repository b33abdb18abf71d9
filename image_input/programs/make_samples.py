#!/usr/bin/env python3
"""Render the sample pictures of `image_input`: contents, styles, masks, label maps.

Everything is drawn by our own code, so the pictures are free to use (CC0). It needs numpy,
opencv and Pillow, and gives the same pictures every time.

    python image_input/programs/make_samples.py              all of them
    python image_input/programs/make_samples.py lake wave    only these
"""

import sys
import time

from samples_contents import lake, lake_strokes, still_life
from samples_paintings import abstract, strokes, strokes_labels
from samples_prints import glass, ink, wave

PICTURES = {
    "lake": lake,
    "lake_strokes": lake_strokes,
    "still_life": still_life,
    "strokes": strokes,
    "strokes_labels": strokes_labels,
    "wave": wave,
    "glass": glass,
    "ink": ink,
    "abstract": abstract,
}


def main() -> None:
    """Make the pictures named on the command line, or all of them."""
    names = sys.argv[1:] or list(PICTURES)
    unknown = set(names) - set(PICTURES)
    if unknown:
        sys.exit(f"no such picture: {', '.join(sorted(unknown))}; there are {', '.join(PICTURES)}")
    for name in names:
        start = time.perf_counter()
        PICTURES[name]()
        print(f"{name}: {time.perf_counter() - start:.0f} s", flush=True)


if __name__ == "__main__":
    main()
