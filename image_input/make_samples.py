#!/usr/bin/env python3
"""Render the sample pictures of this folder: two contents with masks and five styles.

Everything is drawn by the code below, so the pictures are free to use (CC0).

    python image_input/make_samples.py              all of them
    python image_input/make_samples.py lake wave    only these
"""

import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image

FOLDER = Path(__file__).resolve().parent
LARGEST_FILE = 390_000  # bytes
SUPERSAMPLE = 2  # everything is drawn at twice its size, then averaged down


# --- tools: numbers and colours -----------------------------------------------------------------


def rgb(code: str) -> np.ndarray:
    """Colour of a hexadecimal code such as "1f4e79", as three floats from 0 to 1."""
    return np.array([int(code[i : i + 2], 16) for i in (0, 2, 4)], np.float32) / 255


def palette(codes: str) -> np.ndarray:
    """Colours of several hexadecimal codes, one row each."""
    return np.stack([rgb(code) for code in codes.split()])


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


# --- tools: fields ------------------------------------------------------------------------------


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


# --- tools: drawing -----------------------------------------------------------------------------


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


# --- lake: a photograph-like landscape with its mask --------------------------------------------

LAKE_SHAPE = np.array((640, 960)) * SUPERSAMPLE
HORIZON = 0.60 * LAKE_SHAPE[0]  # picture row of the horizon
FOCAL = 0.96 * LAKE_SHAPE[1]
EYE = 3.2  # metres above the water
SUN = normalise(np.array([-0.86, 0.36, 0.22]))  # direction: right, up, away
HAZE = rgb("b7aebb")


def ridges(shape, cell, rng, octaves=9):
    """Ridged fractal: sharp crests with side ridges that fade towards the valleys."""
    total, weight = np.zeros(shape, np.float32), np.ones(shape, np.float32)
    for octave in range(octaves):
        crest = (1 - np.abs(noise(shape, max(cell / 2**octave, 1), rng)) * 1.1).clip(-0.5) ** 2
        total += 0.52**octave * crest * weight
        weight = np.clip(crest * 1.5, 0, 1) * (0.35 + 0.65 * weight)
    return total


def mountains(rng):
    """Height in metres over the land behind the lake, one value every four metres.

    Row 0 is 1200 m away from the eye; the middle column is straight ahead.
    """
    shape = (2250, 2700)
    x, y = grid(shape)
    warp = [60 * fbm(shape, 500, rng, 3) for _ in range(2)]
    rough = sample(ridges(shape, 620, rng), x + warp[0], y + warp[1])
    x, z = (x - 1350) * 4, 1200 + y * 4
    shore = 900 + 500 * (np.abs(x) / 1800) ** 1.5 * -1 + 120 * noise(shape, 260, rng)
    height = -40 + 700 * smoothstep(0, 4200, z - 1200 - shore) * (0.1 + 0.9 * rough)
    for cx, cz, wide, high in (
        (750, 6300, 1500, 1250),
        (-1500, 7400, 1500, 900),
        (3100, 7400, 1700, 620),
        (-3300, 6000, 1500, 1000),
        (-300, 8800, 1500, 900),
        (-1700, 3700, 900, 330),
        (2000, 3900, 1000, 420),
    ):
        away = np.hypot(x - cx, z - cz) / wide
        height += high * np.exp(-(away**1.4) * 1.6) * (0.45 + 0.55 * rough)
    trees = smoothstep(620, 380, height) * np.abs(noise(shape, 4, rng)) * 9
    return height + smoothstep(0, 60, height) * (6 * fbm(shape, 24, rng, 4, 0.7) + trees)


def sun_shadow(height, cell):
    """Light from 0 to 1 that reaches each place of a height field, whose cells are that wide."""
    level = np.hypot(SUN[0], SUN[2])
    x, y = grid(height.shape)
    covered = np.full(height.shape, -1e9, np.float32)
    for step in (2.0 * 1.06 ** np.arange(90)).astype(np.float32):
        across, away = (float(SUN[k] / level) * step for k in (0, 2))
        climb = float(SUN[1] / level) * step * cell
        covered = np.maximum(covered, (sample(height, x + across, y + away) - height - climb))
    return 1 - smoothstep(-15, 25, covered)


def land_colours(height, rng):
    """Sunlit colours of the mountains, seen from above: rock, snow and forest."""
    cell = 4
    shape = height.shape
    slope_x, slope_z = (g / cell for g in np.gradient(height)[::-1])
    normal = normalise(np.stack([-slope_x, np.ones(shape, np.float32), -slope_z], -1))
    steep = np.hypot(slope_x, slope_z)
    patchy = fbm(shape, 90, rng, 6, 0.6)
    strata = noise((1, 900), 6, rng)[0]
    bands = np.interp(height + 30 * patchy, np.arange(900) * 2.5, strata)
    rock = mix(rgb("5b5049"), rgb("93806d"), np.clip(0.5 + 0.3 * patchy + 0.25 * bands, 0, 1))
    colour = mix(rock, rgb("5d6138"), smoothstep(760, 430, height + 130 * patchy))
    trees = smoothstep(560, 430, height + 150 * patchy + 120 * (steep - 0.7))
    speckle = 0.75 + 0.5 * rng.random(shape, np.float32)
    colour = mix(colour, rgb("223322") * speckle[..., None], trees)
    snow = smoothstep(-60, 60, height - 950 + 150 * patchy - 330 * (steep - 0.75))
    colour = mix(colour, rgb("f4f2f4"), snow)
    direct = np.clip(normal @ SUN.astype(np.float32), 0, 1) * sun_shadow(height, cell)
    sky = (0.55 + 0.45 * normal[..., 1])[..., None] * rgb("5f7fb4") * 0.85
    return colour * (direct[..., None] * rgb("ffb36b") * 1.75 + sky)


def sky_picture(rng):
    """The evening sky over the whole picture, lit from the left."""
    x, y = grid(LAKE_SHAPE)
    up = np.clip((HORIZON - y) / HORIZON, 0, 1)
    right = x / LAKE_SHAPE[1]
    sky = ramp(up, palette("f6c38c f0b48c d6a9a0 9fa3bd 6f8fbe 4c76b0"))
    sky = mix(sky, rgb("ffcf87"), 0.9 * np.exp(-((right / 0.6) ** 2) - (up / 0.55) ** 2))
    # clouds lie on a flat ceiling, so that they shrink towards the horizon
    far = 1 / (up + 0.16)
    plan = (3000, 3000)
    puffs = fbm(plan, (330, 200), rng, 8, 0.6)
    u, v = 1500 + (right - 0.5) * far * 520, 160 + far * 360
    cover = lambda shift: sample(puffs, u - shift, v + 0.3 * shift)  # noqa: E731
    density = smoothstep(-0.25, 0.75, cover(0))
    lit = np.clip(0.62 + 0.9 * (cover(0) - cover(22)), 0, 1)
    cloud = ramp(lit, palette("7d7c9c a58d9c e0a488 ffd2a0 fff0d6"))
    return mix(sky, cloud, 0.92 * density * smoothstep(0.0, 0.25, up))


def backdrop(rng):
    """The sky and the mountains above the horizon, and a mask that is 1 on the sky."""
    height = mountains(rng)
    colours = land_colours(height, rng)
    rows, columns = LAKE_SHAPE
    depth = 1200 * (9900 / 1200) ** np.linspace(0, 1, 2600, dtype=np.float32)[:, None]
    sideways = (np.arange(columns, dtype=np.float32) - columns / 2) / FOCAL
    map_x, map_y = 1350 + depth * sideways / 4, (depth - 1200) / 4 + 0 * sideways
    # what is seen along a column is whatever rises above everything nearer
    rise = np.maximum.accumulate((sample(height, map_x, map_y) - EYE) / depth, axis=0)
    looks = ((HORIZON - np.arange(rows, dtype=np.float32)) / FOCAL)[: int(HORIZON) + 1]
    hit = np.stack([np.searchsorted(r, looks) for r in rise.T], 1)
    sky_mask = np.zeros((rows, columns), np.float32)
    sky_mask[: len(looks)] = hit == len(depth)
    hit = np.minimum(hit, len(depth) - 1)
    column = np.arange(columns)[None]
    land = sample(colours, map_x[hit, column], map_y[hit, column])
    distance = depth[hit, 0]
    low = np.exp(-np.clip(looks[:, None] * distance, 0, None) / 200)
    fog = 1 - np.exp(-distance / 16000 - 0.75 * low * smoothstep(1500, 4500, distance))
    haze = mix(HAZE, rgb("ffc98d"), np.clip(1.05 - column / columns * 1.5, 0, 1) + 0 * fog)
    picture = sky_picture(rng)
    picture[: len(looks)] = mix(mix(land, haze, fog), picture[: len(looks)], sky_mask[: len(looks)])
    return picture, sky_mask


def pine(x, base, tall, rng):
    """Outlines of a pine tree: a trunk and drooping, ragged branches."""
    outlines = [ribbon([(x, base), (x, base - 0.97 * tall)], [0.035 * tall, 1])]
    count = int(rng.integers(15, 20))
    for level in np.linspace(0.10, 1, count):
        reach = tall * 0.21 * (1.03 - level) ** 0.8 * rng.uniform(0.65, 1.15)
        y = base - level * tall
        for side in (-1, 1):
            tip = reach * rng.uniform(0.75, 1.15)
            teeth = np.linspace(0, 1, 6)
            droop = 0.38 * tip * teeth**1.3 + 0.02 * tall
            ragged = tall * rng.uniform(0.015, 0.05, 6) * (1.2 - teeth)
            lower = np.stack([x + side * tip * teeth, y + droop + ragged], -1)
            upper = np.stack([x + side * tip * teeth, y + droop - 0.045 * tall * (1 - teeth)], -1)
            outlines.append(np.vstack([lower, upper[::-1]]))
    return outlines


def forest(air, mirror, sky_mask, rng):
    """Pines along the far shore and on two headlands, also in the mirror; return their mask."""
    rows, columns = air.shape[:2]
    banks = np.zeros((rows, columns), np.float32)
    shores = (  # first and last place, water line below the horizon, tree height, count
        (0.00, 1.00, 0.008, 0.030, 620, "34433c"),
        (0.70, 1.05, 0.020, 0.085, 80, "26332c"),
        (-0.05, 0.34, 0.034, 0.170, 52, "18241f"),
    )
    for start, end, below, tall, count, code in shores:
        water = HORIZON + below * rows
        x = np.linspace(start, end, 400)
        middle, half = (start + end) / 2, (end - start) / 2
        bulge = np.sqrt(np.clip(1 - ((x - middle) / half) ** 2, 0, 1))
        if end - start > 0.9:
            bulge[:] = 1
        bank = water - 0.25 * tall * rows * bulge * (0.5 + 0.5 * np.abs(noise((1, 400), 40, rng)[0]))
        land = np.vstack([np.stack([x, bank], -1), np.stack([x, 0 * x + water], -1)[::-1]])
        trees = []
        for place in np.sort(rng.uniform(start, end, count)):
            size = tall * rows * rng.uniform(0.5, 1.0) * (0.4 + 0.6 * np.interp(place, x, bulge))
            base = np.interp(place, x, bank) + rng.uniform(0, 0.12) * tall * rows
            trees.append((place * columns, min(base, water), size))
        trees.sort(key=lambda tree: tree[1])
        outlines = [land * (columns, 1)]
        for tree in trees:
            outlines += pine(*tree, rng)
        mask = np.zeros((rows, columns), np.uint8)
        for outline in outlines:
            cv2.fillPoly(mask, [fixed(outline)], 255, cv2.LINE_AA, 4)
        mask = mask.astype(np.float32) / 255
        texture = 0.8 + 0.5 * np.abs(noise(mask.shape, (5, 3), rng))
        edge = np.clip(mask - np.roll(mask, (2, 5), (0, 1)), 0, 1)
        sunny = 0.6 * edge + 0.12 * smoothstep(0.2, 1.2, fbm(mask.shape, (9, 6), rng, 3))
        colour = mix(rgb(code) * texture[..., None], rgb("b98a4a"), np.clip(sunny, 0, 1) * 0.7)
        shore_line = smoothstep(0.012 * rows, 0, water - grid(mask.shape)[1]) * mask
        colour = mix(colour, rgb("6b5a48") * texture[..., None], shore_line * 0.8)
        paint(air, colour, mask)
        sky_mask *= 1 - mask
        np.maximum(banks, mask, out=banks)
        flipped = sample(np.dstack([colour, mask]), *mirrored(mask.shape, water))
        paint(mirror, flipped[..., :3] * 0.8, flipped[..., 3])
    return banks


def mirrored(shape, row):
    """Where each pixel looks when the picture is mirrored at a row."""
    x, y = grid(shape)
    return x, 2 * float(row) - y


def project(points, side=1):
    """Picture places of points (right, up, away) in metres; side -1 is their mirror image."""
    x, y, z = np.moveaxis(np.asarray(points, float), -1, 0)
    scale = FOCAL / z
    return np.stack([LAKE_SHAPE[1] / 2 + x * scale, HORIZON - (side * y - EYE) * scale], -1)


def boat_faces(place, heading, rng):
    """A red wooden rowing boat as faces (corners, colour), farthest first."""
    length, stations = 4.6, 40
    t = np.linspace(-1, 1, stations)
    half = 0.72 * np.clip(1 - np.abs(t) ** 2.6, 0.02, None) ** 0.8
    sheer = 0.46 + 0.24 * t**2
    around = np.linspace(-1, 1, 25)  # from the left gunwale through the keel to the right one
    side = np.sign(around) * np.abs(around) ** 0.55
    drop = 1 - np.abs(around) ** 2.2
    hull = np.stack(
        [
            half[:, None] * side,
            sheer[:, None] - drop * (sheer[:, None] + 0.12),
            np.repeat(t[:, None] * length / 2, 25, 1),
        ],
        -1,
    )
    turn = np.array(
        [[np.cos(heading), 0, np.sin(heading)], [0, 1, 0], [-np.sin(heading), 0, np.cos(heading)]]
    )
    faces = []

    def add(corners, colour, ambient=0.5):
        corners = np.asarray(corners) @ turn.T + place
        normal = normalise(np.cross(corners[2] - corners[0], corners[3] - corners[1]))
        to_eye = np.array([0, EYE, 0]) - corners.mean(0)
        normal = normal * np.sign(normal @ to_eye)
        light = ambient + 0.95 * max(normal @ SUN, 0) * rgb("ffc890") + 0.1 * normal[1]
        faces.append((corners, colour * light))

    for i in range(stations - 1):
        for j in range(24):
            corners = [hull[i, j], hull[i + 1, j], hull[i + 1, j + 1], hull[i, j + 1]]
            center = np.mean(corners, 0)
            normal = np.cross(corners[2] - corners[0], corners[3] - corners[1]) @ turn.T
            outside = normal @ (np.array([0, EYE, 0]) - (turn @ center + place)) > 0
            plank = 0.9 + 0.2 * ((j * 7) % 5) / 5
            if outside:
                colour, ambient = rgb("a8743f") * plank, 0.28 + 0.3 * abs(around[j])
            elif abs(around[j]) > 0.90:
                colour, ambient = rgb("f3e8d4"), 0.5
            else:
                colour, ambient = rgb("c3271b") * plank, 0.42
            add(corners, colour, ambient)
    for bench in (-0.45, 0.1, 0.6):
        wide = np.interp(bench, t, half) * 0.93
        z0, z1 = bench * length / 2 - 0.13, bench * length / 2 + 0.13
        top = [(-wide, 0.34, z0), (wide, 0.34, z0), (wide, 0.34, z1), (-wide, 0.34, z1)]
        add(top, rgb("d9a866"), 0.6)
    return sorted(faces, key=lambda face: -np.linalg.norm(face[0].mean(0) - (0, EYE, 0)))


def dock_faces(rng):
    """A wooden landing stage that leads from the left foreground into the lake."""
    faces = []
    left, right, top = -4.3, -2.5, 0.55
    for z in np.arange(13.8, 4.2, -1.9):
        for x in (left + 0.1, right - 0.1):
            for dx, tone in ((0, 0.50), (0.16, 0.95)):
                z_far = z + (0.16 if dx == 0 else 0)
                post = [(x, -0.5, z), (x + 0.16, -0.5, z), (x + 0.16, 0.85, z), (x, 0.85, z)]
                if dx == 0:
                    post = [(x, -0.5, z), (x, -0.5, z_far), (x, 0.85, z_far), (x, 0.85, z)]
                faces.append((np.array(post), rgb("7a6552") * tone))
    for z in np.arange(14, 3.0, -0.2):
        tone = rgb("a58e76") * rng.uniform(0.72, 1.12)
        a, b = left + rng.normal(0, 0.02), right + rng.normal(0, 0.02)
        plank = [(a, top, z), (b, top, z), (b, top, z - 0.185), (a, top, z - 0.185)]
        edge = [(b, top, z), (b, top, z - 0.185), (b, top - 0.14, z - 0.185), (b, top - 0.14, z)]
        faces += [(np.array(plank), tone), (np.array(edge), tone * 0.42)]
    return sorted(faces, key=lambda face: -face[0][:, 2].mean())


def draw_faces(faces, air, mirror, grain):
    """Draw faces on the picture and, upside down, on its mirror image; return what they cover."""
    for picture, side in ((mirror, -1), (air, 1)):
        layer = np.zeros((*picture.shape[:2], 4), np.uint8)
        for corners, colour in faces:
            ink = (*np.clip(colour * 255, 0, 255).tolist(), 255)
            cv2.fillPoly(layer, [fixed(project(corners, side))], ink, cv2.LINE_AA, 4)
        mask = layer[..., 3].astype(np.float32) / 255
        colour = layer[..., :3].astype(np.float32) / 255 * grain[..., None]
        paint(picture, colour * (0.75 if side < 0 else 1), mask)
    return mask


def water_picture(mirror, rng):
    """The lake: the mirror image broken by ripples, the deeper the nearer."""
    x, y = grid(LAKE_SHAPE)
    below = np.maximum(y - HORIZON, 1)
    away = EYE * FOCAL / below
    # noise on the water plane; far away its features are stretched flat by the perspective
    swell, ripple, calm = (fbm((2048, 2048), c, rng, 5, 0.6) for c in (60, 24, 420))
    u, v = (x - LAKE_SHAPE[1] / 2) / FOCAL * away, away
    slope = 0.6 * sample(swell, 1024 + u * 34, v * 34)
    slope += 0.5 * sample(ripple, 1024 + u * 70, v * 70) * np.exp(-away / 60)
    breeze = 0.35 + 0.65 * smoothstep(-0.3, 0.9, sample(calm, 1024 + u * 5, v * 2.2))
    strength = breeze * (3 + 0.05 * below) * np.clip(below / 12, 0, 1)
    reflected = np.zeros_like(mirror)
    for smear in (-0.5, 0, 0.5):  # the ripples too fine to see smear the image up and down
        shift = slope * strength * 1.9 + smear * strength * 2
        reflected += sample(mirror, x + 0.35 * slope * strength, y + shift) / 3
    facing = smoothstep(0, LAKE_SHAPE[0] - HORIZON, below)
    water = mix(reflected * rgb("eef2f4"), rgb("0d2a33"), 0.06 + 0.40 * facing)
    glint = smoothstep(0.75, 1.5, slope) * 0.16 * breeze
    return mix(water, rgb("ffd9a6"), glint * smoothstep(0, 60, below))


def lake() -> None:
    """A mountain lake in the evening, with a landing stage and a red boat."""
    rng = np.random.default_rng(21)
    air, sky_mask = backdrop(rng)
    mirror = sample(air, *mirrored(LAKE_SHAPE, HORIZON))
    banks = forest(air, mirror, sky_mask, rng)
    grain = 1 + 0.10 * fbm(LAKE_SHAPE, (60, 5), rng, 5, 0.8)
    dock, boat = dock_faces(rng), boat_faces(np.array([3.5, 0, 16.0]), 1.0, rng)
    solid = np.maximum(draw_faces(dock, air, mirror, grain), draw_faces(boat, air, mirror, grain))
    open_water = (grid(LAKE_SHAPE)[1] > HORIZON) * (1 - np.maximum(solid, banks))
    picture = mix(air, water_picture(mirror, rng), open_water)
    picture = np.clip(1.12 * picture, 0, 1) ** 0.88
    picture = mix(picture, picture * picture * (3 - 2 * picture), 0.3)  # a photographer's contrast
    x, y = (2 * c / n - 1 for c, n in zip(grid(LAKE_SHAPE), LAKE_SHAPE[::-1], strict=True))
    picture = smaller(picture * (1 - 0.13 * (x**2 + y**2))[..., None])
    picture += rng.normal(0, 0.008, picture.shape)
    save("lake.jpg", picture)
    mask = smaller(sky_mask * (1 - solid))
    save("lake_mask.png", mask)
    save("lake_mask_inv.png", 1 - np.round(mask * 255) / 255)


# --- still_life: a photograph-like table with fruit and its mask ---------------------------------
#
# Points and directions are arrays (3, count): right, up, away. Distances are signed: less than
# zero inside a thing. A ray walks ahead by the distance to the nearest thing until it touches it.

TABLE_SIDE = 720 * SUPERSAMPLE
EYE_PLACE = np.array([0.10, 1.95, -5.2], np.float32)[:, None]
LOOK_AT = np.array([0.18, 0.58, 0.0], np.float32)[:, None]
WINDOW = np.array([-3.6, 3.9, -2.6], np.float32)[:, None]  # its middle
WINDOW_RIGHT = np.array([0.57, 0.0, -0.82], np.float32)[:, None]
WINDOW_POINTS = [  # where its light comes from, for soft shadows
    WINDOW + WINDOW_RIGHT * side + np.array([[0], [up], [0]], np.float32)
    for side in (-0.55, 0, 0.55)
    for up in (-0.45, 0.45)
]


class Thing(NamedTuple):
    """One object: where it stands, the sphere it fits in, its shape, colour and gloss."""

    place: tuple
    bound: tuple  # height of the middle, radius
    distance: Callable
    colour: Callable
    gloss: float
    turn: float = 0.0
    bump: Callable | None = None

    def local(self, p):
        """Points as seen from the thing."""
        x, y, z = (p[k] - self.place[k] for k in range(3))
        c, s = float(np.cos(self.turn)), float(np.sin(self.turn))
        return np.stack([c * x + s * z, y, c * z - s * x])


def lookup(field, u, v):
    """Values of a texture, repeated by mirroring, at texture places u and v in pixels."""
    return sample(field, u[None], v[None])[0]


def solid_noise(field, p, scale):
    """Noise in space, from three views of a flat texture."""
    x, y, z = p * scale + 700
    return (lookup(field, x, y) + lookup(field, y, z) + lookup(field, z + 31, x)) * 0.58


def smooth_union(first, second, radius):
    """Distance to two shapes that melt into one another."""
    h = np.clip(0.5 + 0.5 * (second - first) / radius, 0, 1)
    return second + (first - second) * h - radius * h * (1 - h)


def capsule(p, start, end, radius, end_radius=None):
    """Distance to a rod with round ends, which may become thinner."""
    start, way = np.array(start, np.float32)[:, None], np.subtract(end, start)[:, None]
    way = way.astype(np.float32)
    t = np.clip(((p - start) * way).sum(0) / float((way**2).sum()), 0, 1)
    thick = radius if end_radius is None else radius + (end_radius - radius) * t
    return np.linalg.norm(p - start - way * t, axis=0) - thick


JUG_PROFILE = np.array(  # height, radius
    [(0, 0.30), (0.03, 0.325), (0.09, 0.30), (0.30, 0.44), (0.55, 0.505), (0.78, 0.45)]
    + [(1.0, 0.30), (1.14, 0.235), (1.30, 0.245), (1.42, 0.29), (1.50, 0.325)]
)
JUG_CURVE = spline(JUG_PROFILE, 4000).astype(np.float32)


def jug_shape(p):
    """A jug: a turned body, hollow, with a spout and a handle."""
    x, y, z = p
    radius = np.interp(y, *JUG_CURVE.T).astype(np.float32)
    spout = 0.13 * smoothstep(1.15, 1.5, y) * np.exp(-((np.arctan2(z, -x) / 0.45) ** 2))
    around = np.hypot(x, z) - radius - spout
    body = np.maximum(np.maximum(around, -around - 0.05) * 0.75, np.abs(y - 0.75) - 0.75)
    ring = np.hypot(np.hypot((x - 0.40) * 1.15, y - 0.98) - 0.33, z * 0.75) - 0.052
    ring = np.maximum(ring, 0.22 - np.hypot(x, z))
    return smooth_union(body, ring * 0.8, 0.04)


def jug_colour(p, textures):
    """White glaze with painted blue bands, leaves and dots."""
    x, y, z = p
    angle = np.arctan2(z, x)
    brush = 0.012 * lookup(textures["cloud"], angle * 90 + 400, y * 180)
    blue = np.zeros_like(y)
    for level, half in ((0.12, 0.018), (0.27, 0.012), (0.83, 0.012), (0.88, 0.022), (1.44, 0.03)):
        blue = np.maximum(blue, smoothstep(0.008, -0.004, np.abs(y + brush - level) - half))
    vine = 0.55 + 0.07 * np.sin(6 * angle)
    blue = np.maximum(blue, smoothstep(0.008, -0.004, np.abs(y + brush - vine) - 0.010))
    for turn, shift in ((0.26, 0.085), (0.79, -0.085)):
        leaf_angle = (angle - turn + np.pi / 6) % (np.pi / 3) - np.pi / 6
        leaf = np.hypot(leaf_angle * 0.5 / 0.075, (y + brush - 0.55 - shift) / 0.055) - 1
        petals = leaf + 0.35 * np.cos(5 * np.arctan2(y - 0.55 - shift, leaf_angle * 0.5))
        blue = np.maximum(blue, 0.85 * smoothstep(0.12, -0.05, petals))
    dots = np.hypot(((angle * 16 / np.pi) % 1 - 0.5) * 0.075, y + brush - 1.04) - 0.014
    blue = np.maximum(blue, smoothstep(0.005, -0.005, dots))
    glaze = mix(rgb("e9e4d6"), rgb("d6cdb8"), solid_noise(textures["cloud"], p, 120))
    paint_tone = 0.75 + 0.25 * solid_noise(textures["cloud"], p, 700)[:, None]
    return mix(glaze, rgb("21458f") * (1.25 - 0.35 * paint_tone), 0.92 * blue)


def apple_shape(p):
    """An apple: a ring so fat that its hole closes to dimples; with a stem."""
    x, y, z = p
    angle = np.arctan2(z, x)
    lobes = 1 + 0.018 * np.cos(5 * angle) * np.clip(0.33 - y, 0, 0.5)
    low = 1 - 0.20 * np.clip(0.30 - y, 0, 0.4)
    q = np.hypot(x, z) / (lobes * low)
    body = np.hypot(q - 0.115, (y - 0.315) * 0.81) - 0.255
    stem = capsule(p, (0, 0.54, 0), (0.06, 0.76, 0.02), 0.012, 0.019)
    return np.minimum(body * 0.85, stem)


def apple_colour(ripe, unripe, blush):
    """Colour of an apple: streaks of red over yellow, pale dots, a brown stem."""

    def colour(p, textures):
        x, y, z = p
        angle = np.arctan2(z, x)
        q = np.hypot(x, z)
        streaks = lookup(textures["streaks"], angle * 110 + 500, y * 60 + 100)
        patches = solid_noise(textures["cloud"], p, 150)
        side = np.cos(angle - 2.6)
        red = np.clip(blush + 0.30 * side + 0.10 * streaks + 0.24 * patches, 0, 1)
        red = red * smoothstep(0.0, 0.17, q + 0.03 * streaks)
        skin = mix(rgb(unripe), rgb(ripe), red)
        dots = smoothstep(1.75, 2.2, solid_noise(textures["fine"], p, 190))
        skin = mix(skin, rgb("f0d9a0"), 0.55 * dots)
        wood = (q < 0.09) & (y > 0.605)
        return np.where(wood[:, None], rgb("4a3018"), skin)

    return colour


def pear_shape(p):
    """A pear: two balls melted together, and a bent stem."""
    x, y, z = p
    body = np.sqrt(x**2 + ((y - 0.31) * 1.02) ** 2 + z**2) - 0.315
    neck = np.sqrt((x - 0.03) ** 2 + (y - 0.66) ** 2 + z**2) - 0.145
    stem = capsule(p, (0.03, 0.78, 0), (0.11, 0.97, 0.02), 0.014, 0.022)
    return np.minimum(smooth_union(body, neck, 0.22), stem)


def pear_colour(p, textures):
    """Yellow-green skin with russet specks and a blush."""
    x, y, z = p
    patches = solid_noise(textures["cloud"], p, 140)
    skin = ramp(np.clip(0.45 + 0.3 * patches + 0.5 * (y - 0.4), 0, 1), palette("c9a22c c9b845 9aa53a"))
    blush = smoothstep(-0.1, 0.35, x + 0.10 * patches - 0.25 * (y - 0.3))
    skin = mix(skin, rgb("b5562a"), 0.75 * blush)
    specks = smoothstep(1.2, 1.9, solid_noise(textures["fine"], p, 260))
    russet = smoothstep(0.68, 0.85, y + 0.05 * patches)
    skin = mix(skin, rgb("7a5526"), np.clip(0.55 * specks + 0.5 * russet, 0, 1))
    return np.where(((y > 0.815) & (x > 0.0))[:, None], rgb("3d2a16"), skin)


def orange_shape(p):
    """An orange."""
    x, y, z = p
    return np.sqrt(x**2 + ((y - 0.31) * 1.04) ** 2 + z**2) - 0.32


def orange_colour(p, textures):
    """Peel, and the green button where the stalk was."""
    patches = solid_noise(textures["cloud"], p, 120)
    peel = mix(rgb("e8760c"), rgb("f59a1e"), (0.5 + 0.4 * patches))
    pores = solid_noise(textures["fine"], p, 330)
    peel = peel * (1 - 0.10 * np.clip(pores, 0, 1))[:, None]
    button = np.hypot(p[0] - 0.06, p[2] + 0.14)
    return np.where(((button < 0.03) & (p[1] > 0.3))[:, None], rgb("6f7a34"), peel)


CUT = normalise(np.array([-0.38, 0.50, -0.78])).astype(np.float32)  # where the cut face looks
CUT_RIGHT = normalise(np.cross(CUT, (0, 1, 0))).astype(np.float32)
CUT_UP = np.cross(CUT_RIGHT, CUT).astype(np.float32)


def half_orange_shape(p):
    """Half an orange, lying on its round side."""
    x, y, z = p[0], p[1] - 0.29, p[2]
    ball = np.sqrt(x**2 + y**2 + z**2) - 0.30
    return np.maximum(ball, CUT @ np.stack([x, y, z]) - 0.02)


def half_orange_colour(p, textures):
    """Peel outside; on the cut face rind, pith and juicy segments."""
    centred = p - np.array([0, 0.29, 0], np.float32)[:, None]
    u, v = CUT_RIGHT @ centred, CUT_UP @ centred
    r, angle = np.hypot(u, v), np.arctan2(v, u) + 0.3
    segment = np.abs((angle * 10 / (2 * np.pi)) % 1 - 0.5)  # 0.5 at the walls
    wall = (0.5 - segment) * r * 0.63
    fibres = lookup(textures["streaks"], angle * 160 + 600, r * 160 + 40)
    flesh = ramp(np.clip(0.5 + 0.35 * fibres, 0, 1), palette("e0700a f59a20 ffc04d"))
    pith = np.maximum(smoothstep(0.011, 0.004, wall), smoothstep(0.245, 0.252, r))
    pith = np.maximum(pith, smoothstep(0.035, 0.022, r))
    face = mix(flesh, rgb("f5dfae"), 0.9 * pith)
    face = mix(face, rgb("ee8a14"), smoothstep(0.274, 0.280, r))
    on_face = CUT @ centred > 0.012
    return np.where(on_face[:, None], face, orange_colour(p, textures))


GRAPE_RADIUS = 0.098


def grape_places():
    """Middles of the grapes: dropped one by one onto the heap."""
    rng = np.random.default_rng(3)
    placed = []
    for _ in range(34):
        x, z = rng.normal(0, (0.25, 0.12))
        height = GRAPE_RADIUS
        for other in placed:
            gap = np.hypot(x - other[0], z - other[2])
            if gap < 2 * GRAPE_RADIUS:
                height = max(height, other[1] + 0.93 * np.sqrt(4 * GRAPE_RADIUS**2 - gap**2))
        if height < 0.42:
            placed.append((x, height, z))
    return np.array(placed, np.float32)


GRAPES = grape_places()


def grapes_shape(p):
    """A bunch of grapes with its stalk."""
    nearest = np.full(p.shape[1], 9, np.float32)
    for number, (x, y, z) in enumerate(GRAPES):
        size = GRAPE_RADIUS * (0.92 + 0.08 * np.float32(np.sin(number * 5.1)))
        ball = (p[0] - x) ** 2 + (p[1] - y) ** 2 + (p[2] - z) ** 2
        nearest = np.minimum(nearest, np.sqrt(ball) - size)
    stalk = capsule(p, (-0.1, 0.28, 0), (-0.36, 0.44, 0.1), 0.016, 0.022)
    return np.minimum(nearest, stalk)


def grapes_colour(p, textures):
    """Dark skins under a pale bloom."""
    bloom = np.clip(0.35 + 0.4 * solid_noise(textures["cloud"], p, 260), 0, 1)
    skin = mix(rgb("3a1030"), rgb("5f1f3c"), (0.5 + 0.5 * np.sin(p[0] * 9 + p[2] * 13)))
    skin = mix(skin, rgb("6c6a92"), 0.45 * bloom)
    stalk = capsule(p, (-0.1, 0.28, 0), (-0.36, 0.44, 0.1), 0.016, 0.022) < 0.004
    return np.where(stalk[:, None], rgb("6d6a2c"), skin)


def leaf_shape(p):
    """A curled leaf."""
    x, y, z = p
    half = 0.13 * np.sqrt(np.clip(1 - (x / 0.27) ** 2, 0, 1)) * (1 - 0.5 * x)
    bend = 0.10 + 0.55 * z**2 + 0.30 * x - 0.9 * x**2 + 0.012 * np.sin(40 * x)
    edge = np.maximum(np.abs(z) - half, np.abs(x) - 0.27)
    return np.maximum(np.abs(y - bend) - 0.005, edge) * 0.6


def leaf_colour(p, textures):
    """Green with a pale midrib and side veins."""
    x, _, z = p
    veins = np.abs(((x - np.abs(z) * 0.8) * 22) % 1 - 0.5)
    pale = np.maximum(smoothstep(0.012, 0.004, np.abs(z)), 0.5 * smoothstep(0.12, 0.03, veins))
    green = mix(rgb("2f5a1e"), rgb("5d8430"), (0.5 + solid_noise(textures["cloud"], p, 200)))
    return mix(green, rgb("a8b860"), 0.6 * pale)


def cloth_height(x, z, textures):
    """Height of the cloth: soft folds that fan out from behind the fruit."""
    wobble = lookup(textures["soft"], x * 90 + 500, z * 90 + 500)
    fan = np.arctan2(z - 1.9, x - 0.2) * 40 + 2.2 * wobble
    folds = (0.5 + 0.5 * np.sin(fan)) ** 2
    return 0.012 + 0.12 * folds * (0.6 + 0.4 * wobble) * smoothstep(0.1, -0.6, z)


def still_life_things(textures):
    """The things on the table, by name."""

    def cloth_shape(p):
        x, y, z = p
        edge = 0.05 * np.sin(5 * x) + 0.04 * np.sin(7 * z)
        inside = np.maximum(np.abs(x - 0.55 + 0.18 * z) - 1.05, np.abs(z + 0.15) - 0.72) + edge
        height = cloth_height(x, z, textures) * (0.2 + 0.8 * smoothstep(0, -0.2, inside))
        return np.maximum((y - height) * 0.5, inside * 0.7)

    def cloth_colour(p, textures):
        x, _, z = p
        across = x + 0.18 * z
        weave = lookup(textures["fine"], x * 1100 + 300, z * 1100 + 900)
        stripe = np.zeros_like(x)
        for middle, half in ((-0.36, 0.028), (-0.28, 0.012), (1.30, 0.028), (1.38, 0.012)):
            stripe = np.maximum(stripe, smoothstep(0.004, -0.004, np.abs(across - middle) - half))
        linen = rgb("ddd3bf") * (1 + 0.05 * weave[:, None])
        return mix(linen, rgb("8f2a2a"), 0.85 * stripe)

    def peel_bump(p):
        return -0.0011 * solid_noise(textures["fine"], p, 300)

    def skin_bump(p):
        return 0.0030 * solid_noise(textures["cloud"], p, 60)

    red = apple_colour("a8131c", "d8a63a", 0.72)
    green = apple_colour("b8482a", "9fae3c", 0.18)
    return {
        "cloth": Thing((0, 0, 0), (0, 3), cloth_shape, cloth_colour, 0.0),
        "jug": Thing((-0.72, 0, 0.42), (0.75, 0.98), jug_shape, jug_colour, 1.0, -0.35),
        "pear": Thing((0.13, 0.02, 0.38), (0.45, 0.56), pear_shape, pear_colour, 0.45, 0.4, skin_bump),
        "apple": Thing((-0.30, 0.0, -0.38), (0.35, 0.48), apple_shape, red, 0.8, 0.9, skin_bump),
        "orange": Thing((0.72, 0.02, 0.28), (0.31, 0.34), orange_shape, orange_colour, 0.45, 0, peel_bump),
        "half": Thing(
            (0.30, 0.02, -0.50), (0.29, 0.33), half_orange_shape, half_orange_colour, 0.6
        ),
        "grapes": Thing((1.06, 0.02, -0.32), (0.25, 0.75), grapes_shape, grapes_colour, 0.55, 0.25),
        "green apple": Thing((1.28, 0, 0.42), (0.35, 0.48), apple_shape, green, 0.8, 2.2, skin_bump),
        "leaf": Thing((-0.80, 0.0, -0.62), (0.1, 0.33), leaf_shape, leaf_colour, 0.35, -0.5),
    }


class StillLife:
    """The whole scene, as something rays can be sent through."""

    def __init__(self, rng):
        side = (1400, 1400)
        self.textures = {
            "cloud": fbm(side, 60, rng, 6),
            "fine": fbm(side, 9, rng, 2),
            "soft": fbm(side, 120, rng, 2),
            "streaks": fbm(side, (12, 130), rng, 4, 0.75),
            "grain": fbm(side, (260, 7), rng, 5, 0.65),
        }
        self.things = list(still_life_things(self.textures).values())

    def distance(self, p, bumps=False):
        """Distance to the nearest thing, and the number of that thing (0 table, 1 wall)."""
        nearest = np.minimum(p[1], 1e3).astype(np.float32)
        which = np.zeros(p.shape[1], np.int8)
        wall = 1.75 - p[2]
        which[wall < nearest] = 1
        nearest = np.minimum(nearest, wall)
        for number, thing in enumerate(self.things, 2):
            x, y, z = thing.place
            middle, radius = thing.bound
            gap = np.sqrt((p[0] - x) ** 2 + (p[1] - y - middle) ** 2 + (p[2] - z) ** 2) - radius
            close = np.flatnonzero(gap < np.minimum(nearest, 0.15))
            if len(close):
                local = thing.local(p[:, close])
                gap[close] = thing.distance(local)
                if bumps and thing.bump:
                    gap[close] += thing.bump(local)
            which[gap < nearest] = number
            nearest = np.minimum(nearest, gap)
        return nearest, which

    def walk(self, origin, way, steps=90, furthest=12.0):
        """Lengths of the rays until they touch something."""
        t = np.zeros(way.shape[1], np.float32)
        active = np.arange(way.shape[1])
        for _ in range(steps):
            gap, _ = self.distance(origin[:, active % origin.shape[1]] + way[:, active] * t[active])
            t[active] += gap
            active = active[(gap > 0.0006 * t[active]) & (t[active] < furthest)]
            if not len(active):
                break
        return t

    def normal(self, p, size=0.0012):
        """Direction in which the surface faces."""
        total = np.zeros_like(p)
        for corner in ((1, -1, -1), (-1, -1, 1), (-1, 1, -1), (1, 1, 1)):
            corner = np.array(corner, np.float32)[:, None]
            total += corner * self.distance(p + size * corner, bumps=True)[0]
        return total / (np.linalg.norm(total, axis=0) + 1e-9)

    def shadow(self, p, target, softness=21.0, steps=50):
        """Light from 0 to 1 that reaches points from a large window."""
        way = target - p
        reach = np.linalg.norm(way, axis=0)
        way = way / reach
        t = np.full(p.shape[1], 0.02, np.float32)
        light = np.ones(p.shape[1], np.float32)
        active = np.arange(p.shape[1])
        for _ in range(steps):
            gap, _ = self.distance(p[:, active] + way[:, active] * t[active])
            # far from a thing the gap is only that to its bounding sphere; this must not count
            light[active] = np.minimum(light[active], 0.5 + 0.5 * softness * gap / t[active])
            t[active] += np.clip(gap, 0.012, 0.16)
            active = active[(light[active] > 0.0) & (t[active] < 3.2)]
            if not len(active):
                break
        light = np.clip(light, 0, 1)
        return light * light * (3 - 2 * light)

    def openness(self, p, normal):
        """How little of the surroundings is covered by near things, 0 to 1."""
        covered = np.zeros(p.shape[1], np.float32)
        for k, step in enumerate((0.02, 0.07, 0.16, 0.30, 0.5)):
            covered += (step - self.distance(p + normal * step)[0]) * 0.72**k / (0.35 + step * 1.6)
        return np.clip(1 - 0.85 * covered, 0.04, 1)

    def surface(self, p, which):
        """Colours (count, 3) and gloss of the surface at points."""
        colour = np.zeros((p.shape[1], 3), np.float32)
        gloss = np.zeros(p.shape[1], np.float32)
        x, y, z = p
        for number in np.unique(which):
            here = which == number
            if number == 0:
                plank = np.floor((z[here] + 3) / 0.46)
                u, v = x[here] * 150 + 700 + 311 * plank, (z[here] + 3) * 420 + 57 * plank
                grain = lookup(self.textures["grain"], u, v)
                fine = lookup(self.textures["fine"], u * 0.5, v * 2)
                tone = np.clip(0.45 + 0.15 * grain + 0.07 * fine + 0.12 * np.sin(plank * 2.3), 0, 1)
                gap = np.abs((z[here] + 3) / 0.46 - plank - 0.5)
                wood = ramp(tone, palette("2e1a0e 573319 7d4f2a a5713f"))
                colour[here] = wood * (1 - 0.8 * smoothstep(0.48, 0.495, gap))[:, None]
                gloss[here] = 0.25
            elif number == 1:
                plaster = lookup(self.textures["cloud"], x[here] * 60 + 700, y[here] * 60 + 300)
                scratches = lookup(self.textures["fine"], x[here] * 90 + 700, y[here] * 90 + 100)
                tone = np.clip(0.5 + 0.25 * plaster + 0.05 * scratches, 0, 1)
                colour[here] = ramp(tone, palette("4c5650 68716a 858a7c"))
            else:
                thing = self.things[number - 2]
                colour[here] = thing.colour(thing.local(p[:, here]), self.textures)
                gloss[here] = thing.gloss
        return colour, gloss

    def room(self, way):
        """Light that arrives from a direction of the room: dim walls and the bright window."""
        side, up, away = way
        ahead = WINDOW / np.linalg.norm(WINDOW)
        right = normalise(np.cross(ahead[:, 0], (0, 1, 0))).astype(np.float32)
        above = np.cross(right, ahead[:, 0]).astype(np.float32)
        front = (ahead * way).sum(0)
        u, v = (right @ way) / np.maximum(front, 1e-3), (above @ way) / np.maximum(front, 1e-3)
        pane = smoothstep(0.36, 0.33, np.abs(u)) * smoothstep(0.48, 0.45, np.abs(v)) * (front > 0)
        bars = smoothstep(0.012, 0.03, np.abs(u)) * smoothstep(0.012, 0.03, np.abs(v + 0.1))
        dim = ramp(0.5 + 0.5 * up, palette("2a1a10 3a3530 55544e")) * 0.55
        return dim + (pane * bars)[:, None] * rgb("f4f6ff") * 6

    def look(self, way):
        """Colours and thing numbers seen along rays from the eye."""
        t = self.walk(EYE_PLACE, way)
        p = EYE_PLACE + way * t
        _, which = self.distance(p)
        normal = self.normal(p)
        colour, gloss = self.surface(p, which)
        colour = colour**1.6  # towards linear light, in which the sums below are right
        start = p + normal * 0.004
        to_window = WINDOW - p
        reach = np.linalg.norm(to_window, axis=0)
        to_window = to_window / reach
        facing = np.clip((normal * to_window).sum(0) * 0.9 + 0.1, 0, 1)
        shadow = np.mean([self.shadow(start, point) for point in WINDOW_POINTS], 0)
        key = facing * shadow * (5.2 / reach) ** 2
        open_sky = self.openness(start, normal)
        fill = open_sky * (0.5 + 0.5 * normal[1]) * 0.13
        bounce = open_sky * np.clip(0.5 - 0.5 * normal[1], 0, 1) * 0.16 + 0.03 * open_sky
        light = key[:, None] * rgb("fff0d8") * 2.15 + fill[:, None] * rgb("a9c0e0")
        light = light + bounce[:, None] * rgb("e8a868")
        mirror = way - 2 * (way * normal).sum(0) * normal
        fresnel = 0.04 + 0.5 * (1 - np.clip(-(way * normal).sum(0), 0, 1)) ** 5
        shine = self.room(mirror) * (fresnel * gloss * np.sqrt(open_sky))[:, None]
        return colour * light + shine, which


def still_life() -> None:
    """Fruit and a jug on a wooden table, lit by a window."""
    rng = np.random.default_rng(5)
    scene = StillLife(rng)
    forward = normalise((LOOK_AT - EYE_PLACE)[:, 0])
    right = normalise(np.cross((0, 1, 0), forward))
    up = np.cross(forward, right)
    x, y = grid((TABLE_SIDE, TABLE_SIDE))
    x, y = (2 * x / TABLE_SIDE - 1) * 0.28, (1 - 2 * y / TABLE_SIDE) * 0.28

    def band(first):  # a few rows of the picture
        rows = slice(first, first + 10)
        u, v = x[rows].ravel(), y[rows].ravel()
        way = forward[:, None] + right[:, None] * u + up[:, None] * v
        colour, which = scene.look((way / np.linalg.norm(way, axis=0)).astype(np.float32))
        return colour.reshape(-1, TABLE_SIDE, 3), which.reshape(-1, TABLE_SIDE)

    with ThreadPoolExecutor(2) as pool:
        bands = list(pool.map(band, range(0, TABLE_SIDE, 10)))
    light, which = (np.concatenate(part) for part in zip(*bands, strict=True))
    light = light + 0.06 * blur(np.clip(light - 0.9, 0, 2), 12)  # the glow of a lens
    light *= (1 - 0.9 * (x**2 + y**2) / 0.2 * 0.35)[..., None]
    picture = smaller((1 - np.exp(-1.45 * light)) ** (1 / 1.75))
    picture = mix(picture, picture * picture * (3 - 2 * picture), 0.35)
    picture += rng.normal(0, 0.008, picture.shape)
    save("still_life.jpg", picture)
    save("still_life_mask.png", smaller((which >= 3).astype(np.float32)))


# --- strokes: an oil painting of a windy night --------------------------------------------------

WHIRLS = (  # x, y, radius, turning direction, all in parts of the picture's width
    (0.30, 0.20, 0.150, 1),
    (0.60, 0.30, 0.120, -1),
    (0.08, 0.36, 0.090, -1),
    (0.93, 0.36, 0.080, 1),
)
LIGHTS = (  # x, y, radius of the glow: the moon and the stars
    (0.815, 0.135, 0.110),
    (0.06, 0.09, 0.042),
    (0.155, 0.245, 0.035),
    (0.47, 0.075, 0.048),
    (0.455, 0.385, 0.036),
    (0.63, 0.115, 0.032),
    (0.755, 0.345, 0.040),
    (0.965, 0.20, 0.036),
)


def night_scene(shape, rng):
    """Colours and brush directions of the painting, before there are strokes."""
    height, width = shape
    x, y = (c / width for c in grid(shape))
    wander = fbm(shape, width / 4, rng, 4)
    field_x = 1 + 0.2 * wander
    field_y = 0.35 * np.cos(7 * x + 1.5) + 0.3 * noise(shape, width / 5, rng)
    glow = np.zeros(shape, np.float32)
    bands = 0.30 * wander + 0.25 * np.sin(34 * (y + 0.05 * np.sin(6 * x + 1)) + 3 * wander)
    for cx, cy, radius, turn in WHIRLS:
        dx, dy = x - cx, y - cy
        distance = np.hypot(dx, dy)
        pull = 3.2 * np.exp(-((distance / radius) ** 2) / 1.1)
        field_x += pull * (-turn * dy - 0.25 * dx) / radius
        field_y += pull * (turn * dx - 0.25 * dy) / radius
        arms = np.sin(2 * np.arctan2(dy, dx) * turn - 30 * np.sqrt(distance / radius))
        bands += np.exp(-((distance / radius) ** 2)) * (0.75 * arms + 0.35)
        bands += 1.1 * np.exp(-((distance / radius * 3) ** 2))
    for cx, cy, radius in LIGHTS:
        dx, dy = x - cx, y - cy
        distance = np.hypot(dx, dy)
        pull = 6 * np.exp(-((distance / radius) ** 2))
        field_x -= pull * dy / radius
        field_y += pull * dx / radius
        halo = 0.75 + 0.25 * np.cos(distance / radius * 15)
        glow = np.maximum(glow, np.exp(-((distance / radius) ** 2) * 0.9) * halo)
    night = palette("0a1640 13286b 1d4a9c 2f7fc0 6bb6d3 c9dfc0 f2dd8e")
    colours = ramp(np.clip(0.36 + 0.30 * bands - 0.16 * (0.3 - y), 0, 1), night)
    colours = mix(colours, ramp(glow, palette("2c7cc0 8fbf8c f7b81c ffd42e fff6c0")), glow**0.7)
    colours = mix(colours, rgb("e9b45c"), 0.6 * smoothstep(0.36, 0.47, y) * (y < 0.5))
    angle = np.arctan2(field_y, field_x)
    hills = (  # horizon height, roughness, colours from shade to light
        (0.435, 0.030, "1c2f63 2b5590 5f93ac"),
        (0.485, 0.028, "142a55 1f5a74 5aa08c"),
        (0.545, 0.030, "3a3a14 96791c e8bb3a f7dc7c"),
        (0.640, 0.026, "10302f 1d5a4a 6c9a4a d8b94a"),
    )
    for number, (level, rough, codes) in enumerate(hills):
        crest = level + rough * np.sin(x * (5 + number) + 2.1 * number)
        crest -= rough * 0.8 * np.sin(x * 11 + number)
        depth = y - crest
        rows = np.sin(depth * (150 - 22 * number) + 3 * wander) * 0.25
        tone = np.clip(0.62 - 1.5 * depth + rows + 0.25 * noise(shape, width / 12, rng), 0, 1)
        inside = smoothstep(0, 0.003, depth)
        colours = mix(colours, ramp(tone, palette(codes)), inside)
        slope = np.gradient(crest, axis=1) * width
        hill_angle = np.arctan(slope * 1.2) + 0.35 * np.sin(9 * x + 20 * depth + number)
        angle = np.where(inside > 0.5, hill_angle, angle)
    return colours, angle


def village_and_poppies(shape, rng):
    """Details of the painting as (place, size, angle, colour), one brush stroke each."""
    height, width = shape
    details = []
    for x in np.sort(rng.uniform(0.12, 0.66, 17)):
        y = 0.545 + 0.030 * np.sin(7 * x + 4.2) - 0.024 * np.sin(11 * x + 2) - rng.uniform(0, 0.02)
        size = rng.uniform(0.012, 0.018)
        wall = palette("d8d2b8 b9c4c8 e0b98a 8fa6bd")[rng.integers(4)]
        roof = palette("8a3324 b5502c 6d2a30 c46a34")[rng.integers(4)]
        details.append(((x, y), size, 0.0, wall))
        details.append(((x, y - 0.4 * size), 0.8 * size, 0.0, wall))
        details.append(((x - 0.2 * size, y - 1.0 * size), size, -0.6, roof))
        details.append(((x + 0.5 * size, y - 1.0 * size), size, 0.6, roof))
        details.append(((x, y), 0.4 * size, 1.57, rgb("1b2550")))
    for near in np.sort(rng.uniform(0, 1, 90)):
        x, y = rng.uniform(0, 1), 0.655 + 0.125 * near + 0.02 * rng.normal()
        size = 0.006 + 0.014 * near
        for petal in range(3):
            colour = palette("c8261c e8452a 9c1626")[petal] * rng.uniform(0.85, 1.1)
            shift = rng.normal(0, 0.3 * size, 2)
            details.append(((x + shift[0], y + shift[1]), size, rng.uniform(-0.7, 0.7), colour))
    return [((px * width, py * width), s * width, a, c) for (px, py), s, a, c in details]


def brush_stroke(canvas, curve, width, colour, rng):
    """One stroke: a bundle of bristles, each with its own colour and paint thickness.

    The canvas has four channels: the colour and, for the light, the height of the paint.
    """
    bristles = max(4, int(width / 1.6))
    across = np.linspace(-0.5, 0.5, bristles)
    along = normalise(np.gradient(curve, axis=0))
    side = np.stack([-along[:, 1], along[:, 0]], -1)
    loads = rng.normal(0, 1, bristles)
    thickness = 150 + 60 * (0.5 - 2 * across**2) + 26 * loads
    order = rng.permutation(bristles)
    for k in order:
        first, last = rng.integers(0, 2), len(curve) - rng.integers(0, 2)
        path = curve[first:last] + side[first:last] * across[k] * width
        shade = np.clip(colour * (1 + 0.07 * loads[k]) + rng.normal(0, 0.012, 3), 0, 1) * 255
        ink = (*shade.tolist(), float(np.clip(thickness[k], 0, 255)))
        cv2.polylines(canvas, [fixed(path)], False, ink, int(rng.integers(2, 4)), cv2.LINE_AA, 4)


def flow_curves(places, angle, length, steps=9):
    """Curves through the places that follow the angle field, as (place, step, 2)."""
    halves = []
    cosine, sine = np.cos(angle), np.sin(angle)
    for direction in (-1, 1):
        here = places.astype(np.float32)
        half = [here]
        for _ in range(steps // 2):
            x, y = here[None, :, 0], here[None, :, 1]
            way = np.stack([sample(cosine, x, y)[0], sample(sine, x, y)[0]], -1)
            here = here + direction * normalise(way) * length / steps
            half.append(here)
        halves.append(half)
    return np.stack(halves[0][:0:-1] + halves[1], 1)


def strokes() -> None:
    """A windy night in thick oil paint: whirls, moon, hills and a village."""
    rng = np.random.default_rng(8)
    shape = np.array((600, 768)) * SUPERSAMPLE
    colours, angle = night_scene(shape, rng)
    canvas = np.zeros((*shape, 4), np.uint8)
    canvas[..., :3] = 255 * mix(rgb("1a2340"), colours, 0.5)
    canvas[..., 3] = 60
    layers = ((34, 150, 20, 1), (22, 110, 15, 1.0), (13, 74, 11, 0.95), (8, 48, 9, 0.5))
    for width, length, spacing, share in layers:
        y, x = np.mgrid[0 : shape[0] : spacing, 0 : shape[1] : spacing].reshape(2, -1)
        places = np.stack([x, y], -1) + rng.uniform(-spacing, spacing, (x.size, 2))
        places = places[rng.permutation(x.size)[: int(share * x.size)]]
        places = np.clip(places, 0, shape[::-1] - 1)
        if width < 10:  # the smallest brush only goes where the picture has detail
            edges = blur(np.abs(cv2.Laplacian(blur(colours, 3), cv2.CV_32F)).sum(-1), 5)
            strong = sample(edges, *places.T[:, None])[0]
            places = places[strong > np.quantile(strong, 0.6)]
        curves = flow_curves(places, angle, length)
        tones = sample(colours, *places.T[:, None])[0]
        tones = tones + rng.normal(0, 0.035, (len(tones), 1)) + rng.normal(0, 0.022, tones.shape)
        for curve, tone in zip(curves, tones, strict=True):
            brush_stroke(canvas, curve, width * rng.uniform(0.7, 1.2), tone, rng)
    for place, size, slant, colour in village_and_poppies(shape, rng):
        way = np.array([np.cos(slant), np.sin(slant)]) * size
        curve = np.array(place) + np.linspace(-0.5, 0.5, 5)[:, None] * way
        brush_stroke(canvas, curve, 0.8 * size, colour, rng)
    colour, height = canvas[..., :3] / np.float32(255), canvas[..., 3].astype(np.float32)
    light = relief(blur(height, 1.0) + 0.5 * blur(height, 4), 0.030)
    shine = np.clip(light - 1.22, 0, 1)[..., None]
    save("strokes.jpg", smaller(colour * np.clip(light, 0.5, 1.3)[..., None] + 0.4 * shine))


# --- wave: a colour woodcut ---------------------------------------------------------------------

PRINT_PAPER = rgb("f1e4c6")
PRUSSIAN = palette("0f2447 1d4375 3f73a3 86aebf bcd0c9")
BREAKER = {  # a wave in its own units: the face below the tip, and the back over the crest
    "face": [(64, 27), (58, 21.5), (50.5, 22), (45, 28), (43, 38), (46, 50), (54, 64), (68, 84)],
    "back": [(64, 27), (62.5, 18), (54, 9.5), (41, 6.5), (27, 11), (13, 22), (0, 37), (-22, 70)],
}


class Print:
    """A sheet of paper that takes one block of ink after the other."""

    def __init__(self, shape, rng):
        self.shape, self.rng = shape, rng
        self.unit = shape[1] / 100
        self.wood = fbm(shape, (700, 5), rng, 4, 0.7) + 0.5 * fbm(shape, (300, 14), rng, 3)
        self.speckle = fbm(shape, 5, rng, 3, 0.8)
        self.sheet = PRINT_PAPER * paper(shape, rng, 0.05)[..., None]

    def area(self, *outlines):
        """Coverage of outlines that are given in hundredths of the width."""
        return polygon(self.shape, *(np.asarray(outline) * self.unit for outline in outlines))

    def press(self, colour, mask, strength=0.97):
        """Print a colour: the grain of the block and the roughness of the paper stay visible."""
        part = box(mask)
        wood, speckle = self.wood[part], self.speckle[part]
        colour = colour[part] if colour.ndim == 3 else colour
        ink = colour * (1 + 0.055 * wood + 0.02 * speckle)[..., None]
        cover = mask[part] * (strength - 0.06 * np.clip(speckle - 0.3, 0, 2) - 0.03 * wood)
        paint(self.sheet[part], ink, np.clip(cover, 0, 1))

    def line(self, curve, width, colour=PRUSSIAN[0]):
        """Print a cut line that swells and thins."""
        curve = np.asarray(curve)
        self.press(colour, self.area(ribbon(curve, taper(len(curve), width, self.rng))))


def print_sky(sheet):
    """Sky with a graded top, bands of mist, the sun, a mountain and birds."""
    rng, unit = sheet.rng, sheet.unit
    x, y = (c / unit for c in grid(sheet.shape))
    sheet.press(rgb("e7c98f"), smoothstep(16, 50, y) * 0.75)
    sheet.press(PRUSSIAN[1], smoothstep(15, -3, y + 1.5 * np.sin(x / 17)) * 0.92)
    sheet.press(rgb("c8452c"), sheet.area(disc((82, 19), 8.2)) * (0.80 + 0.2 * smoothstep(10, 28, y)))
    for left, right, level, thick in (
        (68, 110, 24.5, 1.5),
        (74, 92, 21.6, 0.9),
        (60, 84, 31, 1.6),
        (86, 112, 34.5, 1.9),
        (64, 79, 12.5, 0.9),
        (-5, 18, 12, 1.2),
        (-8, 11, 15.2, 1.6),
    ):
        t = np.linspace(left, right, 80)
        half = thick * np.clip((1 - np.abs(2 * (t - left) / (right - left) - 1) ** 12), 0, 1) ** 0.5
        wave_line = level + 0.5 * np.sin(t / 5 + level)
        band = np.vstack([np.stack([t, wave_line - half], -1), np.stack([t, wave_line + half], -1)[::-1]])
        sheet.press(rgb("f3e7cb"), sheet.area(band), 0.9)
        sheet.line(band[80:], 0.22, rgb("b98d5a"))
    slope = [(61, 52), (69, 46.5), (76, 40), (80.5, 35.4), (82, 35.9), (83.6, 35.3), (88, 40.4)]
    slope = spline([*slope, (95, 46.5), (104, 52)], 200)
    mountain = sheet.area(np.vstack([slope, [(104, 60), (61, 60)]]))
    sheet.press(ramp(smoothstep(34, 54, y), palette("3a5f86 6e93a3 c3bf9c")), mountain)
    zigzag = [(60, 44), (76.3, 39.8), (77.6, 42.4), (79, 40.6), (80, 44.5), (81.4, 41), (82.6, 43.6)]
    zigzag += [(83.6, 40.8), (85, 43.2), (86, 40.6), (87.4, 41.8), (89, 30), (70, 30)]
    sheet.press(rgb("f4ead2"), mountain * sheet.area(zigzag))
    sheet.line(slope, 0.42)
    for k in range(14):
        start = slope[30 + 10 * k] + (0, 2.5 + rng.uniform(0, 3))
        lean = (start[0] - 82) * 0.35
        sheet.line(spline([start, start + (lean * 0.5, 2), start + (lean, 5)], 20), 0.25, PRUSSIAN[1])
    for bx, by, size in ((70, 8, 1.6), (74, 6, 1.2), (66.5, 5.2, 1.0), (77.5, 9.2, 0.9)):
        for side in (-1, 1):
            wing = [(bx, by), (bx + side * size * 0.7, by - size * 0.5), (bx + side * size * 1.6, by)]
            sheet.line(spline(wing, 30), 0.4)


def claw(root, heading, length, rng, depth=0):
    """Curves of a finger of foam: it hooks downwards and has smaller fingers."""
    bend = rng.uniform(0.9, 1.9)
    t = np.linspace(0, 1, 24)
    angle = heading + bend * t**1.4
    curve = np.cumsum(np.stack([np.cos(angle), np.sin(angle)], -1), 0) * length / 24 + root
    claws = [(curve, length * 0.27 * (1 - 0.8 * t**0.8))]
    if depth < 2:
        for at in (6, 12, 18):
            side = rng.uniform(-0.75, -0.25) if at % 12 == 6 else rng.uniform(0.1, 0.7)
            claws += claw(curve[at], angle[at] + side, length * rng.uniform(0.35, 0.55), rng, depth + 1)
    return claws


def breaker(sheet, move, scale, flip=1, claws=60):
    """A breaking wave: banded water, foam with its contour lines, claws and spray."""
    rng = sheet.rng
    place = lambda points: np.asarray(points, float) * (flip * scale, scale) + move  # noqa: E731
    face, back = (spline(place(BREAKER[part]), 240) for part in ("face", "back"))
    floor = max(face[-1, 1], back[-1, 1], 80)
    body = np.vstack([back[::-1], face, [(face[-1, 0], floor), (back[-1, 0], floor)]])
    water = sheet.area(body)
    y = grid(sheet.shape)[1] / sheet.unit
    sheet.press(ramp(smoothstep(move[1] + 8 * scale, 76, y), PRUSSIAN[[1, 1, 2]]), water)
    for number, share in enumerate(np.linspace(0.05, 0.97, 17)):
        curve = face + (back - face) * share**0.9 + 0.25 * scale * rng.normal()
        swell = np.sin(np.pi * np.linspace(0, 1, 240) ** 1.35) ** 0.7
        tone = PRUSSIAN[(3, 0, 4, 2)[number % 4]]
        stripe = ribbon(curve, scale * (2.3, 1.0, 1.5, 2.6)[number % 4] * swell + 0.06)
        sheet.press(tone, sheet.area(stripe) * water)
        sheet.line(curve[20:225] + (0.6 * scale, 0.2), 0.22)
    sheet.line(face, 0.75 * scale + 0.15)
    # the foam: clumps along the crest, claws that reach out from it
    fingers, clumps = [], []
    crest = np.vstack([face[105::-1], back[:185]])
    for place_ in np.linspace(0, len(crest) - 1, 90).astype(int):
        fade = np.clip(1.25 - abs(place_ - 110) / 190, 0.25, 1)
        spot = crest[place_] + rng.normal(0, 0.7 * scale, 2)
        clumps.append(disc(spot, scale * rng.uniform(0.9, 2.5) * fade, 24))
    along = normalise(np.gradient(crest, axis=0))
    for place_ in rng.uniform(15, len(crest) - 30, claws).astype(int):
        outward = np.array([-along[place_, 1], along[place_, 0]]) * flip
        heading = np.arctan2(outward[1], outward[0] * flip) + rng.normal(0, 0.25) + 0.35
        size = scale * rng.uniform(3.5, 7) * np.clip(1.3 - abs(place_ - 110) / 150, 0.3, 1)
        for curve, widths in claw(np.zeros(2), heading, size, rng):
            fingers.append(ribbon(curve * (flip, 1) + crest[place_], widths))
            clumps.append(disc(curve[-1] * (flip, 1) + crest[place_], 0.16 * scale, 12))
    foam = np.zeros(sheet.shape, np.uint8)
    for outline in fingers + clumps:
        cv2.fillPoly(foam, [fixed(outline * sheet.unit)], 255, cv2.LINE_AA, 4)
    rim = cv2.dilate(foam, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (9, 9)))
    depth = cv2.distanceTransform((foam > 127).astype(np.uint8), cv2.DIST_L2, 5)
    depth += 1.2 * noise(sheet.shape, 9, rng)
    foam, rim = (m.astype(np.float32) / 255 for m in (foam, rim))
    sheet.press(PRUSSIAN[0], rim)
    sheet.press(rgb("f7eeda"), foam)
    sheet.press(PRUSSIAN[4], smoothstep(9, 13, depth) * 0.8)
    rings = smoothstep(1.6, 0.6, np.abs((depth % 10) - 8)) * (depth > 6)
    sheet.press(PRUSSIAN[1], rings * smoothstep(-0.5, 0.1, noise(sheet.shape, 26, rng)))
    tip = face[0]
    for _ in range(80):
        spread = np.abs(rng.normal(0, 13, 2)) * scale
        spot = tip + (flip * (spread[0] - 8 * scale), 0.9 * spread[1] - 17 * scale)
        sheet_drop = disc(spot, rng.uniform(0.12, 0.5) * scale + 0.08, 16)
        sheet.press(PRUSSIAN[0], sheet.area(ribbon(sheet_drop, 0.22)))
        sheet.press(rgb("f7eeda"), sheet.area(sheet_drop))


def swell(sheet, level, height, tone, phase):
    """One rolling line of the open sea with contour lines below its crest."""
    rng = sheet.rng
    x = np.linspace(-2, 102, 300)
    crest = level - height * (0.5 + 0.5 * np.sin(x / 8.5 + phase)) ** 2 + 0.4 * np.sin(x / 3 + phase)
    line = np.stack([x, crest], -1)
    sheet.press(PRUSSIAN[tone], sheet.area(np.vstack([line, [(102, 80), (-2, 80)]])))
    for k in range(1, 6):
        lower = line + (0, 0.9 * k + 0.12 * k * k)
        for start in range(0, 290, 48):
            first = max(start + int(rng.integers(-12, 12)), 0)
            part = lower[first : first + int(rng.integers(26, 60))]
            if len(part) > 10:
                ink = PRUSSIAN[(0, 4, 0, 3)[(k + start // 48) % 4]]
                sheet.line(part, 0.55 if k % 2 else 0.28, ink)
    sheet.press(rgb("f7eeda"), sheet.area(ribbon(line + (0, 0.25), 0.5 + 0.4 * np.sin(x / 2.1))))
    sheet.line(line, 0.4)


def boat(sheet, x, y, size):
    """A sailing boat with a battened sail."""
    hull = np.vstack(
        [
            spline([(-6, -1.2), (-3, 0.7), (1, 1.0), (5, -0.2), (7.5, -2.6)], 40),
            spline([(7.5, -2.6), (4, -0.9), (0, -0.3), (-4, -0.6), (-6, -1.2)], 40),
        ]
    )
    place = lambda points: np.asarray(points) * size + (x, y)  # noqa: E731
    luff = spline([(0.3, -13), (-0.4, -7), (0, -1.4)], 30)
    leech = spline([(5.4, -1.9), (6.2, -6.5), (5.0, -12.3)], 30)
    sail = np.vstack([luff, leech])
    sheet.press(rgb("efe0b8"), sheet.area(place(sail)))
    for k in range(1, 6):
        batten = spline([luff[5 * k], (luff[5 * k] + leech[-5 * k]) / 2 + (0, 0.3), leech[-5 * k]], 20)
        sheet.line(place(batten), 0.22, rgb("8a5a2c"))
    sheet.line(place(np.vstack([sail, sail[:1]])), 0.35)
    sheet.press(rgb("b9752d"), sheet.area(place(hull)))
    sheet.line(place(np.vstack([hull, hull[:1]])), 0.4)
    sheet.line(place([(0, -0.5), (0, -7), (0.2, -14.5)]), 0.4)


def wave() -> None:
    """A great wave, the sun and a mountain, as a woodcut in blue, cream and ochre."""
    rng = np.random.default_rng(17)
    sheet = Print(np.array((560, 768)) * SUPERSAMPLE, rng)
    print_sky(sheet)
    swell(sheet, 50, 1.6, 3, 0.4)
    boat(sheet, 73, 51.5, 0.75)
    swell(sheet, 54.5, 3.0, 2, 2.6)
    breaker(sheet, np.array((0.0, 0.0)), 1.0)
    swell(sheet, 67.5, 4.5, 1, 4.4)
    breaker(sheet, np.array((118.0, 40.0)), 0.5, -1, 44)
    swell(sheet, 72.5, 3.5, 2, 0.2)
    save("wave.jpg", smaller(sheet.sheet * relief(sheet.speckle, 0.05)[..., None]))


# --- glass: a leaded window ---------------------------------------------------------------------


class Window:
    """Pieces of coloured glass, cut one over the other; coordinates in hundredths of the width."""

    def __init__(self, shape, rng):
        self.shape, self.rng, self.unit = shape, rng, shape[1] / 100
        self.x, self.y = (c / self.unit for c in grid(shape))
        self.piece = np.zeros(shape, np.int32)
        self.region = np.zeros(shape, np.int32)
        self.colours = [np.zeros(3)]

    def cut(self, mask, cells, colours):
        """Fill a mask with pieces, one for each value of the cells; colours(x, y) tints them."""
        self.region[mask] = self.region.max() + 1
        values, index = np.unique(cells[mask], return_inverse=True)
        count = np.bincount(index)
        x, y = (np.bincount(index, c[mask]) / count for c in (self.x, self.y))
        self.piece[mask] = len(self.colours) + index
        for k in range(len(values)):
            tint = colours(x[k], y[k]) if callable(colours) else colours[k % len(colours)]
            self.colours.append(tint * (1 + self.rng.normal(0, 0.10) + self.rng.normal(0, 0.04, 3)))

    def inside(self, outline):
        """Mask of an outline."""
        return polygon(self.shape, np.asarray(outline) * self.unit) > 0.5

    def shard(self, outline, colours):
        """A single piece, or one for each of several colours from left to right."""
        mask = self.inside(outline)
        if mask.any():
            colours = np.atleast_2d(colours)
            self.cut(mask, np.zeros(self.shape), colours[self.rng.integers(len(colours))][None])

    def shattered(self, outline, size, colours):
        """An outline broken into irregular pieces of about that size."""
        dots = np.ones(self.shape, np.uint8)
        step = size * self.unit
        for y in np.arange(step / 2, self.shape[0], step):
            shift = self.rng.uniform(0, step)
            for x in np.arange(shift, self.shape[1], step * 1.25):
                dx, dy = self.rng.uniform(-0.3, 0.3, 2) * step
                row = int(np.clip(y + dy, 0, self.shape[0] - 1))
                dots[row, int(np.clip(x + dx, 0, self.shape[1] - 1))] = 0
        kind = cv2.DIST_LABEL_PIXEL
        cells = cv2.distanceTransformWithLabels(dots, cv2.DIST_L2, 5, labelType=kind)[1]
        self.cut(self.inside(outline), cells, colours)

    def flower(self, centre, radius, petals, outer, inner, heart):
        """A flower of two rings of petals around its heart."""
        turn = self.rng.uniform(0, 6)
        for ring, (size, tones) in enumerate(((1, outer), (0.62, inner))):
            for k in range(petals):
                angle = turn + (k + ring / 2) * 2 * np.pi / petals
                way = np.array([np.cos(angle), np.sin(angle)])
                side = np.array([-way[1], way[0]])
                reach, half = radius * size, radius * size * 1.35 * np.pi / petals / 1.8
                points = [(0.1, 0), (0.5, 0.62), (0.8, 0.95), (1.0, 0.35), (1.02, 0)]
                points += [(1.0, -0.35), (0.8, -0.95), (0.5, -0.62), (0.1, 0)]
                line = [np.array(centre) + way * a * reach + side * b * half for a, b in points]
                self.shard(spline(line, 60), tones)
        self.shard(disc(centre, radius * 0.22), heart)


def glass_pattern(window):
    """The design: a sun over hills, a river and flowers, inside a border."""
    x, y, rng = window.x, window.y, window.rng
    tall = window.shape[0] / window.unit
    sun = np.array((50, 37))
    everything = np.ones(window.shape, bool)
    # the sky: rings of panes around the sun, ever deeper blue
    r, angle = np.hypot(x - sun[0], y - sun[1]), np.arctan2(y - sun[1], x - sun[0])
    radii = np.array([0, 19.5, 24, 29.5, 36, 43.5, 52, 62, 80])
    ring = np.digitize(r + 0.5 * np.sin(3 * angle), radii)
    panes = np.array([1, 16, 24, 24, 32, 32, 40, 40, 40])[ring - 1]
    sector = np.floor((angle / (2 * np.pi) + 0.5 + 0.37 * ring) * panes) % panes
    blues = palette("ffe9a0 f9c75a 8fd3d6 4fb0d8 2a7fc4 1f57a8 2b3a94 3a2a7c")

    def sky_tint(px, py):
        share = (np.hypot(px - sun[0], py - sun[1]) - 14) / 56
        return ramp(np.clip(share + rng.normal(0, 0.05), 0, 1), blues)

    window.cut(everything, ring * 100 + sector, sky_tint)
    # the sun: long and short rays, then rings
    for k in range(24):
        reach = 24.5 if k % 2 else 19.5
        a = np.pi * k / 12
        rays = [sun + 10 * np.array([np.cos(a + s * 0.21), np.sin(a + s * 0.21)]) for s in (-1, 1)]
        waved = sun + reach * np.array([np.cos(a + 0.07), np.sin(a + 0.07)])
        bent = [sun + 0.74 * reach * np.array([np.cos(a + s), np.sin(a + s)]) for s in (-0.02, 0.16)]
        window.shard([rays[0], bent[0], waved, bent[1], rays[1]], palette("f7941d f26522" if k % 2 else "ffc629 ffd65a"))
    ring = np.digitize(r, [4.2, 8.4, 12.6])
    panes = np.array([6, 12, 24, 24])[ring]
    sector = np.floor((angle / (2 * np.pi) + 0.5) * panes + 0.5 * (ring == 1)) % panes
    heats = palette("fff2a8 ffd84a fba919 e8501f")
    window.cut(
        r < 12.6,
        ring * 100 + sector,
        lambda px, py: heats[min(int(np.hypot(px - sun[0], py - sun[1]) / 4.2), 2)],
    )
    # hills, far to near
    for level, height, phase, size, codes in (
        (63, 9, 0.3, 5.5, "6a4fa0 8a6cc0 5a3f90"),
        (70, 6, 2.4, 5.5, "2f7f86 3f9f96 27666f"),
        (78, 7, 4.6, 6.0, "4a9a4a 78b84a 2f7f3f"),
        (89, 6, 1.2, 6.5, "2f7a34 8fbf3a 1f5f30 5f9f38"),
    ):
        t = np.linspace(-2, 102, 90)
        crest = level - height * np.sin(t / 17 + phase) - 1.2 * np.sin(t / 6 + phase * 3)
        outline = np.vstack([np.stack([t, crest], -1), [(102, tall), (-2, tall)]])
        tones = palette(codes)
        window.shattered(outline, size, lambda px, py, tones=tones: tones[rng.integers(len(tones))])
        if level == 70:  # the river winds down in front of the far hills
            middle = spline([(55, 74), (51, 79), (55, 87), (50, 97), (56, 110), (54, 130)], 120)
            river = window.inside(ribbon(middle, np.linspace(1.0, 24, 120)))
            bands = np.floor(y / 3.4 + 0.8 * np.sin(x / 4))
            late = river, bands * 10 + (x > np.interp(y, middle[:, 1], middle[:, 0]) + 2 * np.sin(y))
    window.cut(*late, lambda px, py: palette("7fd6e0 3fa9d0 bfeae4 2a86be f9dc8a")[rng.integers(5)])
    # flowers in the foreground
    for foot, head, radius, petals, outer, inner, heart in (
        ((17, 128), (21, 93), 12.5, 8, "d81e3a b5122f e8384a", "ff7a6a f25a5a", "ffd23f"),
        ((84, 128), (79, 88), 11.5, 9, "e8477f c92a68 f27aa8", "ffc0d6 f9a0c0", "f7941d"),
        ((55, 130), (50, 110), 9.5, 8, "ffb81f f79a1a ffd24a", "fff0a0 ffe070", "8a2a1a"),
        ((32, 130), (34, 117), 6.5, 7, "7a3fc0 9a5fe0 5f2fa0", "d0a8f5 b58ae8", "ffe070"),
        ((74, 130), (70, 115), 7.0, 7, "f4f0e4 e4e8f0 fff8e8", "f9d0c0 ffe0c8", "e8501f"),
    ):
        stem = spline([foot, ((foot[0] + head[0]) / 2 + 2, (foot[1] + head[1]) / 2), head], 40)
        window.shard(ribbon(stem, np.full(40, 1.9)), palette("2f8f3f 4fae4a"))
        for at, way in ((14, -1), (20, 1)):
            leaf = spline([stem[at], stem[at] + (way * 6, -5), stem[at] + (way * 11, -3)], 30)
            widths = 5.5 * np.sin(np.pi * np.linspace(0.02, 0.99, 30)) ** 0.8
            window.shard(ribbon(leaf, widths), palette("3fa04a 6fc050 2f8048"))
        window.flower(head, radius, petals, *map(palette, (outer, inner, heart)))
    # the border: two frames of alternating panes
    for margin, width, length, codes in (
        (5.2, 5.2, 9.1, "b3202f 1f4fa0 b3202f e0a020"),
        (6.6, 1.4, 4.55, "f4e4a8 f0d080 fff0c8"),
    ):
        edge = np.minimum(np.minimum(x, 100 - x), np.minimum(y, tall - y))
        frame = (edge < margin) & (edge >= margin - width)
        upright = np.minimum(x, 100 - x) < np.minimum(y, tall - y)
        cells = np.where(upright, 1000 * (1 + (x > 50)) + np.floor(y / length), 0)
        cells = np.where(upright, cells, 5000 * (1 + (y > tall / 2)) + np.floor(x / length))
        window.cut(frame, cells, palette(codes))


def glass() -> None:
    """A stained glass window: a sun over hills, a river and flowers."""
    rng = np.random.default_rng(4)
    shape = np.array((768, 600)) * SUPERSAMPLE
    window = Window(shape, rng)
    glass_pattern(window)
    # seams between pieces, and the wider ones between the parts of the design
    seams, frames = (np.ones(shape, np.uint8) for _ in range(2))
    for labels, target in ((window.piece, seams), (window.region, frames)):
        target[:, 1:][labels[:, 1:] != labels[:, :-1]] = 0
        target[1:][labels[1:] != labels[:-1]] = 0
    gap = cv2.distanceTransform(seams, cv2.DIST_L2, 5) + 0.7 * noise(shape, 25, rng)
    wide_gap = cv2.distanceTransform(frames, cv2.DIST_L2, 5) + 0.7 * noise(shape, 25, rng)
    gap = np.minimum(gap / 3.6, wide_gap / 4.8)  # 1 where the lead ends
    # every piece has its own streaks: which of two directions, and where from
    count = len(window.colours)
    shift = rng.uniform(0, 2000, (2, count)).astype(np.float32)[:, window.piece]
    x, y = grid(shape)
    streaks = [fbm((1500, 1500), cell, rng, 6, 0.6) for cell in ((300, 40), (40, 300), (120, 90))]
    streak = np.choose(
        rng.integers(0, 3, count)[window.piece],
        [sample(field, x + shift[0], y + shift[1]) for field in streaks],
    )
    ripples = streak * 6 + 3 * fbm(shape, 22, rng, 3) + 1.5 * noise(shape, 7, rng)
    bubbles = smoothstep(2.3, 2.9, noise(shape, 6, rng))
    colour = np.stack(window.colours)[window.piece].astype(np.float32)
    away = np.hypot(x / shape[1] - 0.5, (y - 0.29 * shape[0]) / shape[1])
    backlight = 0.98 + 0.32 * np.exp(-((away / 0.38) ** 2)) + 0.16 * streak
    grime = 0.62 + 0.38 * smoothstep(0.8, 5.5, gap)
    body = np.clip(colour, 0, 1) ** (1.15 - 0.30 * streak[..., None])  # thick glass is deeper
    lit = body * (backlight * grime * relief(ripples, 0.10) + 0.5 * bubbles)[..., None]
    lit = lit + 0.22 * blur(np.clip(lit, 0, 1.5), 14) * lit
    dome = np.sqrt(np.clip(1 - np.clip(gap, 0, 1) ** 2, 0, 1))
    metal = relief(blur(5 * dome, 1) + 0.35 * fbm(shape, 6, rng, 3), 0.7)
    lead = rgb("2b2a30") * np.clip(metal, 0.25, 2.6)[..., None]
    picture = mix(lit, lead, smoothstep(1.12, 0.88, gap))
    save("glass.jpg", smaller(picture))


# --- ink: a pen drawing with washes -------------------------------------------------------------


class Pen:
    """A sheet for pen lines and washes; coordinates in hundredths of the width."""

    def __init__(self, shape, rng):
        self.shape, self.rng, self.unit = shape, rng, shape[1] / 100
        self.x, self.y = (c / self.unit for c in grid(shape))
        self.ink = np.zeros(shape, np.uint8)
        self.tint = np.zeros(shape, np.float32)
        self.wobble = 0.55 * fbm(shape, 120, rng, 4) + 0.10 * noise(shape, 16, rng)
        self.breaks = noise(shape, 45, rng) + 0.6 * noise(shape, 12, rng)

    def area(self, *outlines):
        """Coverage of outlines."""
        return polygon(self.shape, *(np.asarray(outline) * self.unit for outline in outlines))

    def clear(self, mask):
        """Make room for something that stands in front."""
        part = box(mask)
        self.ink[part] = self.ink[part] * (1 - mask[part])
        self.tint[part] *= 1 - mask[part]

    def line(self, curve, width=0.22):
        """A line that swells and trembles."""
        curve = np.asarray(curve, float) * self.unit
        tremble = np.cumsum(self.rng.normal(0, 0.10, curve.shape), 0)
        widths = taper(len(curve), width * self.unit, self.rng)
        outline = ribbon(curve + tremble - tremble.mean(0), widths)
        cv2.fillPoly(self.ink, [fixed(outline)], 255, cv2.LINE_AA, 4)

    def outline(self, points, width=0.25):
        """A contour, drawn in a few strokes that do not quite meet."""
        points = np.asarray(points)
        step = max(len(points) // int(self.rng.integers(2, 5)), 6)
        for first in range(0, len(points) - 3, step):
            self.line(points[first : first + step + 2], width * self.rng.uniform(0.75, 1.25))

    def wash(self, mask, strength):
        """Thin ink from a wet brush."""
        part = box(mask)
        strength = np.broadcast_to(strength, self.shape)[part]
        self.tint[part] = np.maximum(self.tint[part], mask[part] * strength)

    def hatch(self, mask, tone, angle=0.9, spacing=0.62, phase=None, layers=3):
        """Parallel lines, as thick as the tone is dark; deeper tones add crossing layers.

        The lines are where a phase takes whole values: a slanted plane, or any given field.
        """
        part = box(mask)
        phase = None if phase is None else phase[part]
        x, y, wobble, breaks = (f[part] for f in (self.x, self.y, self.wobble, self.breaks))
        mask, tone = (np.broadcast_to(f, self.shape)[part] for f in (mask, tone))
        for layer in range(layers):
            if layer or phase is None:
                turn = angle + (0, 0.95, -0.6)[layer]
                field = x * np.sin(turn) + y * np.cos(turn)
            else:
                field = phase
            field = ((field + 0.30 * wobble) / spacing + 7.3 * layer).astype(np.float32)
            steep = np.hypot(*(cv2.Sobel(field, cv2.CV_32F, *d) / 8 for d in ((1, 0), (0, 1))))
            distance = np.abs(field - np.round(field)) / (steep + 1e-4)
            dark = tone - (0.08, 0.42, 0.68)[layer] + 0.09 * breaks
            half = np.clip(dark * 1.9, 0, 1) ** 0.7 * 0.105 * self.unit
            line = smoothstep(half + 0.7, half - 0.7, distance) * (half > 0.18) * mask
            self.ink[part] = np.maximum(self.ink[part], 255 * line)

    def dots(self, mask, tone, count):
        """Stipple, denser where the tone is darker."""
        spots = self.rng.uniform(0, 1, (count, 2)) * self.shape[::-1]
        column, row = spots.astype(int).T
        keep = self.rng.random(count) < (tone * mask)[row, column]
        for spot in spots[keep]:
            radius = self.rng.uniform(0.05, 0.11) * self.unit
            cv2.circle(self.ink, tuple(map(int, fixed(spot))), int(radius * 16), 255, -1, cv2.LINE_AA, 4)


def foliage(pen, centre, across, down, leaf=1.0):
    """A clump of leaves: a lobed edge, curls that gather on the shaded side, hatching."""
    rng = pen.rng
    centre, size = np.array(centre), np.array((across, down))
    t = np.linspace(0, 2 * np.pi, 180)
    lobes = int(rng.integers(6, 9))
    radius = 0.86 + 0.14 * np.abs(np.sin(lobes * t / 2 + rng.uniform(0, 3)))
    radius += 0.05 * np.sin(3 * t + rng.uniform(0, 6))
    edge = centre + np.stack([np.cos(t), np.sin(t)], -1) * radius[:, None] * size
    mask = pen.area(edge)
    pen.clear(mask)
    dx, dy = (pen.x - centre[0]) / across, (pen.y - centre[1]) / down
    tone = np.clip(0.30 + 0.42 * dx + 0.50 * dy + 0.12 * pen.breaks, 0, 0.85)
    pen.wash(mask, 0.10 + 0.45 * smoothstep(-0.1, 0.9, tone))
    pen.hatch(mask, tone * 0.9, 0.75, 0.55, layers=2)
    curl = np.linspace(0, np.pi, 9)
    for _ in range(int(34 * across * down / leaf**2 / 3) + 12):
        away, angle = np.sqrt(rng.random()), rng.uniform(0, 2 * np.pi)
        spot = np.array([np.cos(angle), np.sin(angle)]) * away
        if rng.random() > 0.30 + 0.5 * away**3 + 0.4 * (spot[0] * 0.5 + spot[1] * 0.6):
            continue
        facing = np.arctan2(spot[1] - 0.9, spot[0] - 0.2) + rng.normal(0, 0.7)
        way = np.array([np.cos(facing), np.sin(facing)])
        side = np.array([-way[1], way[0]])
        here = centre + spot * size * 0.98
        for bump in (-1, 0, 1):
            scale = leaf * rng.uniform(0.30, 0.50)
            start = here + side * bump * scale * 1.05
            scallop = start + np.outer(np.cos(curl), side) * scale * 0.5
            scallop += np.outer(np.sin(curl), way) * scale * 0.55
            pen.line(scallop, 0.19)


def branches(start, angle, length, width, rng, depth=0):
    """Limbs of a tree as (curve, widths), each with smaller ones."""
    t = np.linspace(0, 1, 16)
    bend = angle + rng.normal(0, 0.35) * t + 0.25 * np.sin(5 * t + rng.uniform(0, 6))
    steps = np.stack([np.cos(bend), np.sin(bend)], -1) * length / 16
    curve = start + np.cumsum(steps, 0)
    limbs = [(curve, width * (1 - 0.45 * t))]
    if depth < 4:
        for _ in range(3 if depth < 2 else 2):
            at = int(rng.integers(8, 16))
            turn = rng.uniform(0.35, 0.95) * rng.choice((-1, 1))
            limbs += branches(
                curve[at], bend[at] + turn, length * rng.uniform(0.55, 0.8), width * 0.52, rng, depth + 1
            )
    return limbs


def great_tree(pen, foot, tall):
    """An old tree in the foreground, with bark, limbs and clumps of leaves."""
    rng = pen.rng
    limbs = branches(np.array(foot, float), -np.pi / 2 + 0.05, tall * 0.40, 5.6, rng)
    for side in (-1, -0.3, 0.4, 1.1):  # roots
        root = spline(np.add(foot, [(0, -6), (side * 2.2, -1), (side * 6, 1.2)]), 20)
        limbs.append((root, np.linspace(3.6, 0.4, 20)))
    crowns = [curve[-1] for curve, widths in limbs if 0.25 < widths[0] < 3.5 and curve[-1, 1] < 50]
    crowns = [crowns[k] for k in rng.permutation(len(crowns))[:26]]
    crowns.sort(key=lambda place: place[1])
    for place in crowns[::2]:
        foliage(pen, place, rng.uniform(5, 8), rng.uniform(3, 4.4))
    for curve, widths in limbs:
        thick = np.maximum(widths, 0.16)
        shape = ribbon(curve, thick)
        if widths[0] < 0.9:
            pen.line(curve, thick[0] * 1.1)
            continue
        mask = pen.area(shape)
        pen.clear(mask)
        pen.wash(mask, 0.30)
        along = normalise(np.gradient(curve, axis=0))
        side = np.stack([-along[:, 1], along[:, 0]], -1)
        for _ in range(int(widths[0] * 9)):
            offset = rng.beta(1.1, 2.2) - 0.5  # more on the shaded side
            first = int(rng.integers(0, 9))
            last = first + int(rng.integers(5, 11))
            bark = curve + side * offset * thick[:, None] + rng.normal(0, 0.06, curve.shape)
            pen.line(bark[first:last], 0.16 + 0.12 * rng.random())
        half = len(curve)
        pen.line(shape[:half], 0.34)
        pen.line(shape[half:], 0.24)
    for place in crowns[1::2]:
        foliage(pen, place, rng.uniform(4.5, 7.5), rng.uniform(2.8, 4.2))


def house(pen, left, base, wide, tall, roof, tower=False):
    """A house, or a church tower with its spire, in slight perspective."""
    deep = 0.55 * wide
    front = [(left, base), (left, base - tall), (left + wide, base - tall), (left + wide, base)]
    lift = 0.10 * tall if not tower else 0
    side = [front[3], front[2], (left + wide + deep, base - tall - lift), (left + wide + deep, base - lift)]
    top = (left + wide / 2, base - tall - roof)
    ridge = (top[0] + deep, top[1] - lift) if not tower else top
    gable = [front[1], top, front[2]]
    slope = [front[2], top, ridge, side[2]]
    pen.clear(pen.area(front, gable, side, slope))
    for part, tone, angle in ((front, 0.10, 0.2), (gable, 0.10, 0.2), (side, 0.52, 1.57), (slope, 0.74, 0.9)):
        mask = pen.area(part)
        pen.wash(mask, tone * 0.55)
        pen.hatch(mask, tone * mask, angle, 0.42)
        corners = np.array([*part, part[0]], float)
        for a, b in zip(corners[:-1], corners[1:], strict=True):
            pen.line(np.linspace(a, b, 12), 0.20)
    for k in range(2 if wide > 2 else 1):
        x = left + wide * (0.28 + 0.44 * k if wide > 2 else 0.5)
        pane = np.array([(-0.25, -0.1), (-0.25, 0.6), (0.25, 0.6), (0.25, -0.1)])
        pen.ink[pen.area(pane * (0.9, -1.1) + (x, base - tall * 0.55)) > 0.5] = 235


def cloud(pen, cx, cy, size):
    """A heaped cloud: a scalloped top and long shade lines below."""
    rng = pen.rng
    puffs = [(-1.6, 0.1, 0.7), (-0.8, -0.45, 0.9), (0.1, -0.75, 1.05), (1.0, -0.35, 0.9), (1.8, 0.1, 0.6)]
    discs = [disc((cx + size * a, cy + size * b), size * c, 60) for a, b, c in puffs]
    mask = np.max([pen.area(d) for d in discs], 0) * smoothstep(cy + 0.75 * size, cy + 0.1 * size, pen.y)
    pen.clear(mask)
    tone = np.clip(0.05 + 0.30 * (pen.y - cy + 0.4 * size) / size + 0.16 * (pen.x - cx) / size, 0, 0.5)
    pen.wash(mask, 0.32 * tone)
    pen.hatch(mask, tone * 0.8, 0.12, 0.75, layers=1)
    for a, b, c in puffs:
        turn = rng.uniform(-0.2, 0.2)
        rim = arc((cx + size * a, cy + size * b), size * c, 190 + 30 * turn, 345 + 30 * turn, 40)
        pen.outline(rim, 0.24)


def ink_landscape(pen):
    """The motif: mountains, hills, a village by a road, trees and a fence."""
    rng, x, y = pen.rng, pen.x, pen.y
    pen.hatch(smoothstep(26, 4, y), 0.30 + 0.16 * pen.wobble, 0.06, 0.95, layers=1)
    pen.wash(smoothstep(30, 0, y), 0.16 + 0.10 * pen.wobble)
    for place in ((60, 14, 5.4), (86, 9, 4.2), (42, 8, 3.0), (75, 20.5, 2.6)):
        cloud(pen, *place)
    t = np.linspace(-2, 102, 260)
    for level, height, rough, seed, tone in ((33, 13, 2.2, 3, 0.36), (36, 6, 1.0, 8, 0.5)):
        ragged = np.interp(t, np.linspace(-2, 102, 14), np.random.default_rng(seed).random(14))
        fine = np.cumsum(rng.normal(0, 0.10 * rough, 260))
        crest = level - height * ragged - fine + np.linspace(fine[0], fine[-1], 260)
        line = np.stack([t, crest], -1)
        mask = pen.area(np.vstack([line, [(102, 60), (-2, 60)]]))
        pen.clear(mask)
        depth = y - np.interp(x, t, crest).astype(np.float32)
        slanted = x + (0.5 * np.sin(x / 4) + 0.2) * depth + 2 * pen.wobble  # gullies run aslant
        face = np.interp(slanted, t, np.gradient(crest, t)).astype(np.float32)
        shade = np.clip(tone + 0.45 * np.clip(face, -0.8, 0.9) - 0.030 * depth, 0, 0.9)
        pen.wash(mask, 0.12 + 0.45 * shade)
        pen.hatch(mask, shade, 0.9 if seed == 3 else 0.5, 0.62)
        pen.outline(line, 0.30)
    hills = ((41, 2.6, 0.4, 15, 0.30), (46, 3.4, 2.9, 19, 0.36), (53, 3.6, 5.2, 23, 0.30))
    for number, (level, height, phase, long, tone) in enumerate(hills):
        crest = level - height * np.sin(t / long * 2 + phase) - 0.5 * np.sin(t / 3.1 + phase)
        line = np.stack([t, crest], -1)
        mask = pen.area(np.vstack([line, [(102, 80), (-2, 80)]]))
        pen.clear(mask)
        depth = y - np.interp(x, t, crest).astype(np.float32)
        shade = np.clip(tone + 0.30 * np.cos(x / long * 2 + phase + 0.8) - 0.02 * depth, 0.05, 0.8)
        fields = smoothstep(-0.2, 0.5, np.sin(x / 5.5 + depth / 3 + phase) + 0.5 * pen.wobble)
        pen.wash(mask, 0.08 + 0.30 * shade)
        furrows = np.maximum(depth, 0) + 0.025 * np.abs(x - 55) * np.clip(depth, 0, 4)
        pen.hatch(mask * fields, shade + 0.05, 0.8, 0.60, layers=2)
        pen.hatch(mask * (1 - fields), shade, 0.8, 0.75, phase=furrows, layers=2)
        pen.outline(line, 0.28)
        hedge = np.sort(rng.uniform(0, 102, (26, 20, 0)[number]))
        for at in hedge:
            top = np.interp(at, t, crest)
            big = rng.uniform(0.5, 1.3) * (1 + 0.3 * number)
            foliage(pen, (at, top - 0.3 * big + rng.choice((0, 0, 2.5))), big, big * 0.85, 0.6)
        if number == 1:
            for spec in (
                (50, 48.6, 3.2, 2.4, 1.9), (55.5, 47.3, 2.6, 2.2, 1.7), (67.5, 47.2, 3.4, 2.4, 1.9),
                (60.6, 47.5, 2.0, 8.4, 6.4, True), (63, 48.4, 4.2, 2.8, 2.3), (71.5, 49.6, 3.6, 2.6, 2.0),
                (56.5, 50.6, 3.8, 2.7, 2.2), (47, 50.9, 2.8, 2.1, 1.8), (65, 51.4, 3.4, 2.4, 2.0),
            ):  # fmt: skip
                house(pen, *spec)
            for at, base, big in ((46, 49, 1.7), (54.3, 50, 1.3), (70.6, 51, 1.5), (77, 50.6, 1.9), (61.8, 51.5, 1.2)):
                foliage(pen, (at, base), big, big * 1.15, 0.6)
    road_left = spline([(57.5, 53), (55, 55), (60, 58.5), (51, 64), (33, 80)], 80)
    road_right = spline([(58.6, 53), (57, 55), (64, 58.3), (60, 65), (62, 80)], 80)
    road = pen.area(np.vstack([road_left, road_right[::-1]]))
    pen.clear(road * 0.93)
    pen.outline(road_left, 0.32)
    pen.outline(road_right, 0.32)
    for k in range(7):
        rut = road_left + (road_right - road_left) * rng.uniform(0.15, 0.85)
        first = int(rng.integers(10, 60))
        pen.line(rut[first : first + 18], 0.18)
    pen.dots(road, np.full(pen.shape, 0.25, np.float32), 9000)
    for px, base, tall in ((80, 55, 15), (84.5, 56, 18), (89.5, 57.5, 21), (95.5, 59, 25)):
        pen.line([(px, base), (px, base - 1), (px, base - 2.5)], 0.7)
        for share in np.linspace(0.16, 0.93, 6):
            wide = tall * 0.105 * np.sin(np.pi * (0.22 + 0.72 * share)) + 0.2
            foliage(pen, (px + rng.normal(0, 0.15), base - tall * share), wide, tall * 0.12, 0.75)
        shadow = smoothstep(1, 0.6, np.hypot((x - px - 4) / 5, (y - base - 0.4) / 0.9))
        pen.hatch(shadow, 0.75 * shadow, 0.05, 0.5, layers=2)
    for k, px in enumerate(np.linspace(66, 101, 8)):
        base, tall = 63.5 + 1.15 * k, 4.2 + 0.45 * k
        post = ribbon(spline([(px, base), (px + 0.15, base - tall / 2), (px, base - tall)], 10), np.full(10, 0.9))
        pen.clear(pen.area(post))
        pen.hatch(pen.area(post), 0.5 + 0.3 * (x - px), 0.1, 0.4, layers=1)
        pen.line(post[:10], 0.24)
        pen.line(post[10:], 0.32)
        for rail in (0.3, 0.72):
            ends = [(px, base - tall * rail), (px + 2.5, base + 0.4 - tall * rail), (px + 5, base + 1.15 - (tall + 0.45) * rail)]
            for shift in (0, 0.45):
                pen.line(spline(ends, 20) + (0, shift), 0.24)
    great_tree(pen, (17, 66), 62)
    ground = smoothstep(1, 0.5, np.hypot((x - 25) / 20, (y - 67.3) / 2.4))
    pen.wash(ground, 0.4)
    pen.hatch(ground, 0.75 * ground, 0.1, 0.55)
    for _ in range(1500):
        gx, gy = rng.uniform(-1, 101), 58 + 17 * rng.random() ** 0.6
        if road[min(int(gy * pen.unit), pen.shape[0] - 1), int(np.clip(gx * pen.unit, 0, pen.shape[1] - 1))] > 0.5:
            continue
        tall = 0.05 * (gy - 42) * rng.uniform(0.6, 1.5)
        lean = rng.normal(0.25, 0.45) * tall
        pen.line(spline([(gx, gy), (gx + 0.3 * lean, gy - 0.6 * tall), (gx + lean, gy - tall)], 8), 0.20)
    pen.dots(smoothstep(52, 75, y) * (1 - road), 0.5 + 0.3 * pen.wobble, 16000)
    for bx, by, size in ((50, 22, 1.3), (53, 20.5, 1.0), (47.5, 19.8, 0.8), (56, 23.2, 0.8)):
        for side in (-1, 1):
            pen.line(spline([(bx, by), (bx + side * size * 0.6, by - size * 0.5), (bx + side * size * 1.4, by - 0.1)], 16), 0.3)


def ink() -> None:
    """A village in the hills, drawn with pen and brown ink."""
    rng = np.random.default_rng(31)
    pen = Pen(np.array((576, 768)) * SUPERSAMPLE, rng)
    ink_landscape(pen)
    sheet = rgb("f9f0da") * paper(pen.shape, rng, 0.05)[..., None]
    flow = np.clip(blur(pen.tint, 5) * (1 + 0.35 * pen.wobble), 0, 1)
    rim = np.clip(blur(pen.tint, 3) - blur(pen.tint, 16), 0, 1)
    sheet = mix(sheet, rgb("8a6a44") * paper(pen.shape, rng, 0.06)[..., None], flow * 1.1 + 0.4 * rim)
    line = pen.ink / np.float32(255) * (0.93 + 0.05 * pen.wobble)
    sheet = mix(sheet, rgb("241710"), np.clip(line, 0, 1))
    save("ink.jpg", smaller(sheet * relief(fbm(pen.shape, 5, rng, 3, 0.8), 0.05)[..., None]))


# --- abstract: forms in primary colours ---------------------------------------------------------


def wash(mask, colours, direction, clouds, granules):
    """Watercolour inside a mask, as (colour, coverage): a gradient, granules and a darker rim."""
    x, y = grid(mask.shape)
    t = x * np.float32(np.cos(direction)) + y * np.float32(np.sin(direction))
    inside = t[mask > 0.5]
    t = (t - inside.min()) / (np.ptp(inside) + 1e-6)
    colour = ramp(np.clip(t + 0.22 * clouds, 0, 1), palette(colours))
    rim = np.clip(mask - blur(mask, 9), 0, 1) * 2
    colour = colour * (1 + 0.05 * granules - 0.34 * rim - 0.05 * clouds)[..., None]
    return colour, np.clip(mask * (0.93 + 0.05 * granules + 0.10 * rim), 0, 1)


def disc(centre, radius, count=160):
    """Outline of a circle."""
    t = np.linspace(0, 2 * np.pi, count)
    return np.stack([centre[0] + radius * np.cos(t), centre[1] + radius * np.sin(t)], -1)


def arc(centre, radius, start, end, count=120):
    """Part of a circle; angles in degrees."""
    t = np.radians(np.linspace(start, end, count))
    return np.stack([centre[0] + radius * np.cos(t), centre[1] + radius * np.sin(t)], -1)


def sector(centre, inner, outer, start, end):
    """Outline of a piece of a ring; angles in degrees."""
    return np.vstack([arc(centre, outer, start, end), arc(centre, inner, end, start)])


def board(corner, across, down, columns, rows):
    """Outlines of a checkerboard's cells: the dark ones, then the light ones."""
    corner, across, down = (np.array(v, float) for v in (corner, across, down))
    cells = ([], [])
    for i in range(columns):
        for j in range(rows):
            a = corner + i * across + j * down
            cells[(i + j) % 2].append(np.array([a, a + across, a + across + down, a + down]))
    return cells


def abstract() -> None:
    """Circles, wedges, boards and lines: a lively balance in strong colours."""
    rng = np.random.default_rng(12)
    shape = np.array((600, 768)) * SUPERSAMPLE
    unit = shape[1] / 100  # the picture is 100 units wide and 78 high
    ground = ramp(
        np.clip(grid(shape)[1] / shape[0] + 0.25 * fbm(shape, 400, rng), 0, 1),
        palette("f3e8cc eedfb9 e6d2a4 ecd9b4"),
    )
    canvas = ground * paper(shape, rng, 0.035)[..., None]

    clouds = fbm(2 * shape, shape[1] / 7, rng, 6, 0.6)
    granules = fbm(shape, 7, rng, 3, 0.8)

    def form(outlines, colours, direction=0.8, glaze=0.0):
        """A painted form; a glaze lets the forms below shine through."""
        outlines = [np.asarray(outline) * unit for outline in outlines]
        corners = np.vstack(outlines)
        low = np.maximum(corners.min(0).astype(int) - 20, 0)
        high = np.minimum(corners.max(0).astype(int) + 20, shape[::-1])
        part = np.s_[low[1] : high[1], low[0] : high[0]]  # only this part of the canvas changes
        mask = polygon(high[::-1] - low[::-1], *(outline - low for outline in outlines))
        shift = rng.integers(0, shape)  # so that no two forms have the same clouds
        moved = clouds[shift[0] :, shift[1] :][: mask.shape[0], : mask.shape[1]]
        colour, cover = wash(mask, colours, direction, moved, granules[part])
        if glaze:
            colour = mix(colour, canvas[part] * colour * 1.15, glaze)
        paint(canvas[part], colour, cover)

    def line(points, width, code="16130f"):
        """A line from a ruling pen."""
        curve = np.asarray(points, float) * unit
        if len(curve) == 2:
            curve = np.linspace(*curve, 40)
        colour = rgb(code)
        widths = width * unit * (1 + 0.06 * np.sin(np.linspace(0, 9, len(curve))))
        paint(canvas, colour, 0.95 * polygon(shape, ribbon(curve, widths)))

    # great quiet planes
    form([[(0, 0), (41, 0), (23, 78), (0, 78)]], "dfc79a e9c98a d9a768", 1.2, 0.5)
    form([[(58, 0), (100, 0), (100, 44), (70, 30)]], "a9c3cf 7fa9c4 d9dcc9", 0.6, 0.4)
    form([[(20, 78), (64, 52), (100, 70), (100, 78)]], "2b3a4e 44607a 8fa3a8", 2.6, 0.2)
    form([[(64, 52), (100, 40), (100, 70)]], "cf8f52 e3b36b d97b3e", 0.2, 0.3)
    # the great circle with its halo and rings
    centre = (33, 31)
    for radius, colours, glaze in (
        (25.5, "e8b99a e2a27f f0cfa8", 0.5),
        (21.5, "141d3c 1d3f7c 2a62a8", 0.0),
        (15.0, "c3201d e0452a b5171f", 0.0),
        (9.6, "f2c12e f7dc6a eda51f", 0.0),
        (4.4, "17130f 2a2522 17130f", 0.0),
    ):
        form([disc(centre, radius)], colours, rng.uniform(0, 6), glaze)
    for start in range(0, 360, 30):
        form([sector(centre, 16.2, 20.3, start, start + 13)], "e9dcb8 7fb0c9", start, 0.0)
    for start in range(8, 360, 24):
        form([sector(centre, 10.6, 13.9, start, start + 10)], "f0b429 f6d98a", start, 0.35)
    form([disc((31.2, 29.2), 1.5)], "f4ead0 e9dcb8")
    # wedges and their overlaps
    form([[(12, 72), (55, 5), (60, 12)]], "f0b41c f6d34f e88a1a", 2.0, 0.45)
    form([[(44, 74), (97, 9), (88, 2)]], "16399a 2f6bc0 5fa3d0", 2.2, 0.35)
    form([[(60, 60), (86, 66), (76, 36)]], "c41f1c e4502f 8f1420", 1.0, 0.25)
    form([[(5, 8), (17, 4), (13, 20)]], "1c7a6a 3fa58a 0f4f52", 1.0)
    form([[(48, 64), (70, 76), (40, 77)]], "e7a21b f4cf55", 0.3)
    form([sector((78, 26), 0, 13, 100, 280)], "e0452a f08a3c c3201d", 1.5, 0.2)
    form([sector((78, 26), 0, 13, -80, 100)], "1b1a1e 3b3a44 1b1a1e", 0.5)
    for k, code in enumerate(("f3e6c4 e9d4a0", "2f6bc0 16399a", "f2c12e eda51f", "f3e6c4 e0cfa0")):
        form([sector((78, 26), 2.4 * k + 1, 2.4 * k + 2.6, -80 + 9 * k, 100 - 12 * k)], code, k)
    form([sector((18, 66), 8.6, 11.6, 170, 360)], "7a2a6a b0508f 5a1f5a", 0.2, 0.2)
    form([sector((18, 66), 4.4, 7.4, 170, 360)], "e08a2a f2c65f", 0.2, 0.1)
    form([sector((18, 66), 0, 3.2, 170, 360)], "1c7a6a 3fa58a", 0.2)
    # boards
    for corner, across, down, columns, rows, codes in (
        ((64, 44.5), (3.1, -0.9), (0.9, 3.1), 5, 4, ("17130f 2c2723", "f3e6c4 e5d3a2")),
        ((5, 27), (1.9, 0.5), (-0.5, 1.9), 4, 9, ("c3201d 9a1a1f", "f2d27a f3e6c4")),
        ((84, 58), (2.2, 0.7), (-0.7, 2.2), 6, 6, ("16399a 2f6bc0", "f0b41c f6dc8a")),
        ((46, 4), (1.6, 0), (0, 1.6), 8, 3, ("1c7a6a 0f4f52", "f3e6c4 e9d4a0")),
    ):
        for cells, code in zip(board(corner, across, down, columns, rows), codes, strict=True):
            form(cells, code, 0.9)
    # small discs like notes
    for x, y, radius, code in (
        (60, 22, 3.0, "c3201d e4502f"),
        (54, 30, 1.9, "16399a 4f8fd0"),
        (92, 12, 4.2, "f2c12e f7e08a"),
        (69, 8, 2.2, "17130f 3a3530"),
        (52, 48, 4.6, "1c7a6a 62b89a"),
        (9, 53, 3.2, "16399a 2f6bc0"),
        (37, 67, 2.6, "c3201d 8f1420"),
        (94, 50, 2.6, "7a2a6a b0508f"),
        (30, 62, 1.3, "17130f 3a3530"),
        (75, 70, 2.0, "f2c12e eda51f"),
    ):
        form([disc((x + 0.9, y + 0.9), radius * 1.28)], "cdb98c d9c79c", 1.0, 0.7)
        form([disc((x, y), radius)], code, 0.8)
        if radius > 2.5:
            form([disc((x, y), radius * 0.42)], "f3e6c4 e9d4a0")
    # lines hold it together
    line([(2, 74), (96, 3)], 0.55)
    line([(8, 40), (99, 58)], 0.35)
    line([(50, 0), (57, 78)], 0.28)
    line([(0, 15), (48, 1)], 0.22)
    line([(62, 78), (99, 30)], 0.22)
    for k in range(7):
        line([(66 + 1.5 * k, 72 - 0.4 * k), (80 + 1.5 * k, 51 - 0.4 * k)], 0.16)
    for k in range(6):
        line([(2, 44 + 1.3 * k), (13 - 0.9 * k, 47 + 1.3 * k)], 0.2 + 0.05 * k)
    for k in range(5):
        line(arc((33, 31), 27.5 + 1.5 * k, 195 + 6 * k, 262 - 7 * k), 0.34 - 0.05 * k)
        line(arc((78, 26), 14.6 + 1.3 * k, 120 + 8 * k, 205 - 6 * k), 0.18, "8f1420")
    line(spline([(40, 58), (46, 53), (50, 60), (56, 55), (60, 62), (67, 57)], 200), 0.5)
    line(spline([(84, 46), (87, 43), (89, 48), (92, 44), (96, 49)], 160), 0.4, "16399a")
    line(spline([(4, 24), (8, 22), (10, 25), (15, 22), (19, 24)], 160), 0.4, "c3201d")
    for k in range(9):
        line([(22 + 2.1 * k, 72.5), (22 + 2.1 * k, 75.5 - 2.2 * (k % 3 == 0))], 0.25)
    grain = paper(shape, rng, 0.05) * relief(fbm(shape, 5, rng, 3, 0.8), 0.06)
    picture = np.clip(canvas, 0, 1)
    picture = mix(picture, picture * picture * (3 - 2 * picture), 0.5) * grain[..., None]
    save("abstract.jpg", smaller(mix(picture.mean(-1, keepdims=True), picture, 1.15)))


PICTURES = {
    "lake": lake,
    "still_life": still_life,
    "strokes": strokes,
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
