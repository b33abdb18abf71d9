"""What the page shows of a job while it goes on: how far it is, the loss, the picture so far.

As HTML with everything in it, so that nothing of it lies on disk.
"""

from __future__ import annotations

import base64
import html
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import cv2
import numpy as np

from neural_style.images.picture import reduced_size, resize

if TYPE_CHECKING:
    from neural_style.studio.jobs import Progress

SEEN_SIZE = 768  # of the picture so far; the result is shown as it is
QUALITY = 90  # of its JPEG
CURVE = (600, 120)
WORDS = {
    "painting": "Painting",
    "stopping": "Stopping",
    "done": "Done",
    "stopped": "Stopped; Continue goes on from here",
    "failed": "Not painted",
}


def show(progress: Progress) -> str:
    """Return the HTML of a job's progress, without its picture."""
    parts = [f'<p class="state" role="status">{html.escape(state(progress))}</p>']
    if progress.state in ("painting", "stopping"):
        share = progress.step.iteration / max(1, progress.step.iterations)
        parts.append(
            f'<progress aria-label="Progress" max="1" value="{share:.4f}">{share:.0%}</progress>'
        )
    if len(progress.totals) > 1:
        parts.append(curve(progress.totals))
    return f'<div class="live">{"".join(parts)}</div>'


def state(progress: Progress) -> str:
    """Say in a line what a job does, how far it is and how long it will still take."""
    if progress.state == "waiting":
        before = progress.place - 1
        ahead = "you are next" if not before else f"{before} before you"
        return f"Waiting, place {progress.place} in the queue: {ahead}"
    line = WORDS[progress.state]
    if progress.message:
        line = f"{line}: {progress.message}"
    step = progress.step
    if progress.state == "painting" and step.iteration:
        line += f", iteration {step.iteration} of {step.iterations}"
        if step.scales > 1:
            line += f", size {step.scale} of {step.scales}"
        if step.seconds_left is not None:
            line += f", {duration(step.seconds_left)} left"
    return line


def duration(seconds: float) -> str:
    """Return a time in words, such as 40 s or 3 min."""
    return f"{math.ceil(seconds)} s" if seconds < 100 else f"{math.ceil(seconds / 60)} min"


def show_picture(pixels: np.ndarray, words: str) -> str:
    """Return an HTML image with a picture in it.

    Args:
        pixels: [H, W, 3], uint8, RGB.
        words: for those who do not see it.
    """
    pixels = resize(pixels, reduced_size(pixels.shape[:2], SEEN_SIZE))
    quality = (cv2.IMWRITE_JPEG_QUALITY, QUALITY)
    _, data = cv2.imencode(".jpg", np.ascontiguousarray(pixels[..., ::-1]), quality)
    source = "data:image/jpeg;base64," + base64.b64encode(data).decode()
    return f'<img class="picture" alt="{html.escape(words)}" src="{source}">'


def curve(totals: Sequence[float]) -> str:
    """Return the loss as an SVG line in the text's colour, logarithmic where all are positive."""
    width, height = CURVE
    values = np.asarray(totals, np.float64)
    if (values > 0).all():
        values = np.log10(values)
    span = float(np.ptp(values)) or 1.0
    x = np.linspace(0, width, len(values))
    y = height - (values - values.min()) / span * height
    points = " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x, y, strict=True))
    words = f"Loss: {totals[0]:.3g} at the first iteration, {totals[-1]:.3g} at iteration " + str(
        len(totals)
    )
    return (
        f'<figure><svg role="img" aria-label="{words}" viewBox="0 -4 {width} {height + 8}" '
        f'preserveAspectRatio="none"><polyline points="{points}" fill="none" '
        'stroke="currentColor" stroke-width="2" vector-effect="non-scaling-stroke"/></svg>'
        f"<figcaption>{words}</figcaption></figure>"
    )
