"""The content pictures: a lake and a still life, drawn like photographs, masks and strokes."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import cv2
import numpy as np
from samples_tools import (
    LABELS,
    SUPERSAMPLE,
    blur,
    fbm,
    fixed,
    grid,
    mix,
    noise,
    normalise,
    paint,
    palette,
    ramp,
    rgb,
    ribbon,
    sample,
    save,
    smaller,
    smoothstep,
    spline,
    table,
)

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
    shore = 900 - 500 * (np.abs(x) / 1800) ** 1.5 + 120 * noise(shape, 260, rng)
    height = -40 + 700 * smoothstep(0, 4200, z - 1200 - shore) * (0.1 + 0.9 * rough)
    for cx, cz, wide, high in table(  # the peaks and two foothills
        "750 6300 1500 1250, -1500 7400 1500 900, 3100 7400 1700 620, -3300 6000 1500 1000,"
        "-300 8800 1500 900, -1900 3700 900 200, 2000 3900 1000 420"
    ).tolist():
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
    sky = (0.55 + 0.45 * normal[..., 1])[..., None] * rgb("6584b4")
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
    puffs = fbm(plan, (330, 200), rng, 8, 0.55)
    u, v = 1500 + (right - 0.5) * far * 520, 160 + far * 230
    cover, sunward = sample(puffs, u, v), sample(puffs, u - 22, v + 6.6)
    density = smoothstep(-0.25, 0.75, cover)
    lit = np.clip(0.62 + 0.9 * (cover - sunward), 0, 1)
    cloud = ramp(lit, palette("7d7c9c a58d9c e0a488 ffcf9a ffe8c4"))
    return mix(sky, cloud, 0.92 * density * smoothstep(0.0, 0.25, up))


def backdrop(rng):
    """The sky and the mountains above the horizon, and a mask that is 1 on the sky."""
    height = mountains(rng)
    colours = land_colours(height, rng)
    rows, columns = LAKE_SHAPE
    depth = 1200 * (9900 / 1200) ** np.linspace(0, 1, 2600, dtype=np.float32)[:, None]
    sideways = (np.arange(columns, dtype=np.float32) - columns / 2) / FOCAL
    map_x, map_y = 1350 + depth * sideways / 4, np.repeat((depth - 1200) / 4, columns, 1)
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
    fog = 1 - np.exp(-distance / 14000 - 0.75 * low * smoothstep(1500, 4500, distance))
    haze = mix(HAZE, rgb("ffc98d"), np.clip(1.05 - column / columns * 1.5, 0, 1))
    picture, above = sky_picture(rng), slice(len(looks))
    picture[above] = mix(mix(land, haze, fog), picture[above], sky_mask[above])
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
    shores = (  # first and last place, water below the horizon, tree height, count, colour
        (0.00, 1.00, 0.008, 0.030, 620, "3d4633"),
        (0.70, 1.05, 0.020, 0.085, 80, "2c3526"),
        (-0.05, 0.34, 0.034, 0.170, 52, "1c261a"),
    )
    for start, end, below, tall, count, code in shores:
        water = HORIZON + below * rows
        x = np.linspace(start, end, 400)
        middle, half = (start + end) / 2, (end - start) / 2
        bulge = np.sqrt(np.clip(1 - ((x - middle) / half) ** 2, 0, 1))
        if end - start == 1:  # the shore across the whole picture is no headland
            bulge[:] = 1
        bumps = 0.5 + 0.5 * np.abs(noise((1, 400), 40, rng)[0])
        bank = water - 0.25 * tall * rows * bulge * bumps
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
        paint(mirror, flipped[..., :3] * 0.9, flipped[..., 3])
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


def boat_faces(place, heading):
    """A red wooden canoe as faces (corners, colour), farthest first."""
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
    cosine, sine = np.cos(heading), np.sin(heading)
    turn = np.array([[cosine, 0, sine], [0, 1, 0], [-sine, 0, cosine]])
    faces = []

    def placed(corners):
        """Corners where the boat lies, and their normal, towards the eye if the face shows it."""
        corners = np.asarray(corners) @ turn.T + place
        normal = normalise(np.cross(corners[2] - corners[0], corners[3] - corners[1]))
        return corners, normal, normal @ (np.array([0, EYE, 0]) - corners.mean(0)) > 0

    def add(corners, normal, colour, ambient):
        light = ambient + 0.95 * max(normal @ SUN, 0) * rgb("ffc890") + 0.1 * normal[1]
        faces.append((corners, colour * light))

    for i in range(stations - 1):
        for j in range(24):
            corners, normal, inside = placed(
                [hull[i, j], hull[i + 1, j], hull[i + 1, j + 1], hull[i, j + 1]]
            )
            plank = 0.9 + 0.2 * ((j * 7) % 5) / 5
            if inside:
                add(corners, normal, rgb("a8743f") * plank, 0.28 + 0.3 * abs(around[j]))
            elif abs(around[j]) > 0.90:
                add(corners, -normal, rgb("f3e8d4"), 0.5)
            else:
                add(corners, -normal, rgb("c3271b") * plank, 0.42)
    for bench in (-0.45, 0.1, 0.6):
        wide = np.interp(bench, t, half) * 0.93
        z0, z1 = bench * length / 2 - 0.13, bench * length / 2 + 0.13
        top = [(-wide, 0.34, z0), (wide, 0.34, z0), (wide, 0.34, z1), (-wide, 0.34, z1)]
        corners, normal, up = placed(top)
        add(corners, normal if up else -normal, rgb("d9a866"), 0.6)
    return sorted(faces, key=lambda face: -np.linalg.norm(face[0].mean(0) - (0, EYE, 0)))


def dock_faces(rng):
    """A wooden landing stage that leads from the left foreground into the lake."""
    faces = []
    left, right, top = -4.3, -2.5, 0.55
    for z in np.arange(13.8, 4.2, -1.9):
        for x in (left + 0.1, right - 0.1):
            low, high, wide = -0.5, 0.85, 0.16
            front = [(x, low, z), (x + wide, low, z), (x + wide, high, z), (x, high, z)]
            side = [(x, low, z), (x, low, z + wide), (x, high, z + wide), (x, high, z)]
            faces.append((np.array(side), rgb("7a6552") * 0.50))
            faces.append((np.array(front), rgb("7a6552") * 0.95))
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
    water = mix(reflected * rgb("eef2f4"), rgb("0d2a33"), 0.03 + 0.30 * facing)
    glint = smoothstep(0.75, 1.5, slope) * 0.16 * breeze
    return mix(water, rgb("ffd9a6"), glint * smoothstep(0, 60, below))


def lake() -> None:
    """A mountain lake in the evening, with a landing stage and a red boat."""
    rng = np.random.default_rng(21)
    air, sky_mask = backdrop(rng)
    mirror = sample(air, *mirrored(LAKE_SHAPE, HORIZON))
    banks = forest(air, mirror, sky_mask, rng)
    grain = 1 + 0.10 * fbm(LAKE_SHAPE, (60, 5), rng, 5, 0.8)
    dock, boat = dock_faces(rng), boat_faces(np.array([3.5, 0, 16.0]), 1.0)
    solid = np.maximum(draw_faces(dock, air, mirror, grain), draw_faces(boat, air, mirror, grain))
    open_water = (grid(LAKE_SHAPE)[1] > HORIZON) * (1 - np.maximum(solid, banks))
    picture = mix(air, water_picture(mirror, rng), open_water)
    picture = np.clip(1.12 * picture, 0, 1) ** 0.88
    picture = mix(picture, picture * picture * (3 - 2 * picture), 0.5)  # a photographer's contrast
    x, y = (2 * c / n - 1 for c, n in zip(grid(LAKE_SHAPE), LAKE_SHAPE[::-1], strict=True))
    picture = smaller(picture * (1 - 0.13 * (x**2 + y**2))[..., None])
    picture += 0.35 * (picture - blur(picture, 1.2)) + rng.normal(0, 0.007, picture.shape)
    save("lake.jpg", picture)
    mask = smaller(sky_mask * (1 - solid))
    save("lake_mask.png", mask)
    save("lake_mask_inv.png", 1 - np.round(mask * 255) / 255)
    colours = np.array([rgb(LABELS[name]) for name in ("land", "sky", "water")])
    parts = np.where(smaller(open_water) > 0.5, 2, (mask > 0.5).astype(int))
    save("lake_labels.png", colours[parts])


# Strokes as a brush paints them on a layer over lake.jpg, by name: a colour and lines of points.
LAKE_STROKES = {
    "sky": ((40, 220, 60), [[(60, 60), (300, 40), (620, 70), (900, 40)], [(560, 110), (650, 140)]]),
    "ground": (
        (230, 40, 40),
        [
            [(20, 150), (110, 180), (200, 130), (250, 190), (350, 225), (440, 195), (480, 170)],
            [(480, 170), (530, 215), (640, 250), (720, 235), (770, 185), (870, 170), (940, 180)],
            [(60, 330), (300, 340), (520, 330)],
            [(560, 300), (900, 310)],
            [(100, 520), (480, 470), (860, 540)],
        ],
    ),
}


def lake_strokes() -> None:
    """Strokes that mark the sky of the lake, and what is not sky, each on a clear layer."""
    for name, (colour, lines) in LAKE_STROKES.items():
        layer = np.zeros((640, 960, 4), np.uint8)
        points = [np.array(line, np.int32) for line in lines]
        cv2.polylines(layer, points, False, (*colour, 255), 10)
        save(f"lake_{name}_strokes.png", layer / 255)


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


JUG_PROFILE = table(  # height, radius
    "0 0.30, 0.03 0.325, 0.09 0.30, 0.30 0.44, 0.55 0.505, 0.78 0.45,"
    "1.0 0.30, 1.14 0.235, 1.30 0.245, 1.42 0.29, 1.50 0.325"
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
    glaze = mix(rgb("dfd8c6"), rgb("cfc4aa"), solid_noise(textures["cloud"], p, 120))
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
    x, y, _ = p
    patches = solid_noise(textures["cloud"], p, 140)
    skin = ramp(
        np.clip(0.45 + 0.3 * patches + 0.5 * (y - 0.4), 0, 1), palette("c9a22c c9b845 9aa53a")
    )
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
        "pear": Thing(
            (0.13, 0.02, 0.38), (0.45, 0.56), pear_shape, pear_colour, 0.45, 0.4, skin_bump
        ),
        "apple": Thing((-0.30, 0.0, -0.38), (0.35, 0.48), apple_shape, red, 0.8, 0.9, skin_bump),
        "orange": Thing(
            (0.72, 0.02, 0.28), (0.31, 0.34), orange_shape, orange_colour, 0.45, 0, peel_bump
        ),
        "half": Thing(
            (0.30, 0.02, -0.50), (0.29, 0.33), half_orange_shape, half_orange_colour, 0.6
        ),
        "grapes": Thing((1.06, 0.02, -0.32), (0.25, 0.75), grapes_shape, grapes_colour, 0.55, 0.25),
        "green apple": Thing(
            (1.28, 0, 0.42), (0.35, 0.48), apple_shape, green, 0.8, 2.2, skin_bump
        ),
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
                pores = lookup(self.textures["grain"], u * 2.2, v * 2.6 + 300)
                tone = tone - 0.20 * smoothstep(0.5, 1.1, pores)
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
        ahead = WINDOW / np.linalg.norm(WINDOW)
        right = normalise(np.cross(ahead[:, 0], (0, 1, 0))).astype(np.float32)
        above = np.cross(right, ahead[:, 0]).astype(np.float32)
        front = (ahead * way).sum(0)
        u, v = (right @ way) / np.maximum(front, 1e-3), (above @ way) / np.maximum(front, 1e-3)
        pane = smoothstep(0.36, 0.33, np.abs(u)) * smoothstep(0.48, 0.45, np.abs(v)) * (front > 0)
        bars = smoothstep(0.012, 0.03, np.abs(u)) * smoothstep(0.012, 0.03, np.abs(v + 0.1))
        dim = ramp(0.5 + 0.5 * way[1], palette("2a1a10 3a3530 55544e")) * 0.55
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
        light = key[:, None] * rgb("fff0d8") * 1.95 + fill[:, None] * rgb("a9c0e0")
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
