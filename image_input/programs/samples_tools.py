"""Tools that the sample pictures share: colours, fields of noise, drawing and saving."""

from pathlib import Path

import cv2
import numpy as np
from PIL import Image

FOLDER = Path(__file__).resolve().parent.parent  # image_input
LARGEST_FILE = 390_000  # bytes
# The colours of what label maps tell apart.
LABELS = {"sky": "46c8f0", "land": "e6b422", "water": "2846a0"}
SUPERSAMPLE = 2  # everything is drawn at twice its size, then averaged down


# --- numbers and colours -----------------------------------------------------------------


def rgb(code: str) -> np.ndarray:
    """Colour of a hexadecimal code such as "1f4e79", as three floats from 0 to 1."""
    return np.array([int(code[i : i + 2], 16) for i in (0, 2, 4)], np.float32) / 255


def palette(codes: str) -> np.ndarray:
    """Colours of several hexadecimal codes, one row each."""
    return np.stack([rgb(code) for code in codes.split()])


def table(text: str) -> np.ndarray:
    """Numbers of a text, one row for each part between commas."""
    return np.array([row.split() for row in text.split(",")], float)


def smoothstep(start, end, x):
    """Smooth rise from 0 at start to 1 at end."""
    t = np.clip((x - start) / (end - start), 0, 1)
    return t * t * (3 - 2 * t)


def mix(first, second, amount):
    """Blend of two colours or pictures; the amount, 0 to 1, may differ from place to place."""
    amount = np.asarray(amount, np.float32)
    return first + (second - first) * (amount[..., None] if amount.ndim else amount)


def ramp(t, colours: np.ndarray) -> np.ndarray:
    """Colour gradient: t from 0 to 1 runs through the evenly spaced colours."""
    stops = np.linspace(0, 1, len(colours))
    return np.stack([np.interp(t, stops, channel) for channel in colours.T], -1).astype(np.float32)


def normalise(vectors):
    """Vectors of length one along the last axis."""
    return vectors / (np.linalg.norm(vectors, axis=-1, keepdims=True) + 1e-9)


# --- fields ------------------------------------------------------------------------------


def grid(shape):
    """Column and row coordinates of every pixel."""
    return np.meshgrid(*(np.arange(n, dtype=np.float32) for n in shape[::-1]))


def blur(field, sigma):
    """Gaussian blur; sigma is one number or (across, down)."""
    across, down = np.broadcast_to(sigma, 2)
    return cv2.GaussianBlur(field, (0, 0), float(across), sigmaY=float(down))


def sample(field, x, y):
    """Values of a field at floating-point places, mirrored beyond its border."""
    x, y = np.asarray(x, np.float32), np.asarray(y, np.float32)
    return cv2.remap(field, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)


def noise(shape, cell, rng):
    """Smooth random field; cell is the size of its features in pixels, or (across, down)."""
    cells = np.broadcast_to(cell, 2).astype(float)[::-1]
    counts = [int(np.ceil(n / c)) + 4 for n, c in zip(shape, cells, strict=True)]
    lattice = rng.standard_normal(counts).astype(np.float32)
    down, across = rng.uniform(1, 2, 2)
    x, y = grid(shape)
    x, y = x / float(cells[1]) + float(across), y / float(cells[0]) + float(down)
    return cv2.remap(lattice, x, y, cv2.INTER_CUBIC)


def fbm(shape, cell, rng, octaves=6, gain=0.5):
    """Fractal noise: octaves of ever finer noise, about -1 to 1."""
    cell = np.broadcast_to(cell, 2).astype(float)
    total = np.zeros(shape, np.float32)
    for octave in range(octaves):
        finer = cell / 2**octave
        if finer.max() < 1:
            break
        total += float(gain**octave) * noise(shape, np.maximum(finer, 1), rng)
    return total * float(np.sqrt(1 - gain**2))


def relief(height, depth, light=(-0.6, -0.7, 0.6)):
    """Brightness of a bumpy surface lit from one side; 1 where it is flat."""
    slope_x, slope_y = (depth * cv2.Scharr(height, cv2.CV_32F, *d) / 32 for d in ((1, 0), (0, 1)))
    light = (np.array(light) / np.linalg.norm(light)).astype(np.float32)
    facing = (light[2] - slope_x * light[0] - slope_y * light[1]) / light[2]
    return facing / np.sqrt(1 + slope_x**2 + slope_y**2)


def paper(shape, rng, strength=0.05):
    """Brightness of rough paper: fibres, grain and a little unevenness."""
    fibres = noise(shape, (14, 2), rng) + noise(shape, (2, 14), rng)
    grain = fbm(shape, 6, rng, 3, 0.8)
    return 1 + strength * (0.35 * fibres + 0.7 * grain + 0.5 * fbm(shape, 300, rng, 3))


# --- drawing -----------------------------------------------------------------------------


def fixed(points):
    """Points as the fixed-point integers that OpenCV draws with 1/16 pixel precision."""
    return np.round(np.asarray(points, np.float64) * 16).astype(np.int32)


def polygon(shape, *outlines):
    """Coverage, 0 to 1, of filled outlines."""
    mask = np.zeros(shape[:2], np.uint8)
    for outline in outlines:
        cv2.fillPoly(mask, [fixed(outline)], 255, cv2.LINE_AA, 4)
    return mask.astype(np.float32) / 255


def box(mask):
    """Slices of the smallest rectangle outside of which a mask is 0."""
    left, top, width, height = cv2.boundingRect((mask > 0).view(np.uint8))
    return np.s_[top : top + max(height, 1), left : left + max(width, 1)]


def spline(points, count=100):
    """Smooth curve through points of any dimension (Catmull-Rom)."""
    points = np.asarray(points, float)
    padded = np.vstack([2 * points[0] - points[1], points, 2 * points[-1] - points[-2]])
    t = np.linspace(0, len(points) - 1 - 1e-9, count)
    i, f = t.astype(int), (t % 1)[:, None]
    a, b, c, d = (padded[i + k] for k in range(4))
    return b + 0.5 * f * (c - a + f * (2 * a - 5 * b + 4 * c - d + f * (3 * (b - c) + d - a)))


def disc(centre, radius, count=160):
    """Outline of a circle."""
    t = np.linspace(0, 2 * np.pi, count)
    return np.stack([centre[0] + radius * np.cos(t), centre[1] + radius * np.sin(t)], -1)


def arc(centre, radius, start, end, count=120):
    """Part of a circle; angles in degrees."""
    t = np.radians(np.linspace(start, end, count))
    return np.stack([centre[0] + radius * np.cos(t), centre[1] + radius * np.sin(t)], -1)


def ribbon(curve, widths):
    """Outline of a curve with a width at every point: a brush line, a branch, a claw."""
    curve = np.asarray(curve, float)
    along = normalise(np.gradient(curve, axis=0))
    side = np.stack([-along[:, 1], along[:, 0]], -1) * np.reshape(widths, (-1, 1)) / 2
    return np.vstack([curve + side, (curve - side)[::-1]])


def taper(count, width, rng=None):
    """Widths of a hand-drawn line: thin ends, a swelling middle, a little tremble."""
    t = np.linspace(0, 1, count)
    tremble = 1 if rng is None else 1 + 0.15 * np.interp(t * 9, range(10), rng.normal(size=10))
    return width * (0.25 + 0.75 * np.sin(np.pi * t) ** 0.6) * tremble


def paint(canvas, colour, mask):
    """Lay a colour or a picture over the canvas, in place, where the mask is."""
    canvas += (colour - canvas) * mask[..., None]


def smaller(picture, factor=SUPERSAMPLE):
    """Picture averaged down to its final size."""
    size = picture.shape[1] // factor, picture.shape[0] // factor
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)


def save(name: str, picture: np.ndarray) -> None:
    """Write a picture with values from 0 to 1: .png as it is, .jpg as good as its size allows."""
    path = FOLDER / name
    image = Image.fromarray((np.clip(picture, 0, 1) * 255 + 0.5).astype(np.uint8))
    if path.suffix == ".png":
        image.save(path, optimize=True)
        return
    for quality in range(92, 60, -3):
        image.save(path, quality=quality, optimize=True)
        if path.stat().st_size <= LARGEST_FILE:
            break
