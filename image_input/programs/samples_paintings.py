"""Style pictures from the brush: a windy night in oil and an abstract in watercolour."""

import cv2
import numpy as np
from samples_tools import (
    LABELS,
    SUPERSAMPLE,
    arc,
    blur,
    disc,
    fbm,
    fixed,
    grid,
    mix,
    noise,
    normalise,
    paint,
    palette,
    paper,
    polygon,
    ramp,
    relief,
    rgb,
    ribbon,
    sample,
    save,
    smaller,
    smoothstep,
    spline,
)

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
    width = shape[1]
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
    width = shape[1]
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


# Where in strokes.jpg what stands for water begins, and the fields.
WATERLINE = [(0, 200), (768, 200)]
FIELDS = [(0, 388), (60, 390), (105, 384), (150, 396), (200, 405), (260, 408), (310, 410)]
FIELDS += [(340, 392), (415, 386), (455, 400), (510, 406), (560, 426), (620, 415), (768, 388)]


def strokes_labels() -> None:
    """Draw the label map of strokes.jpg: sky, the blue below it as water, and fields as land."""
    size = (600, 768)
    labels = np.full((*size, 3), rgb(LABELS["sky"]))
    for line, name in ((WATERLINE, "water"), (FIELDS, "land")):
        below = np.zeros(size, np.uint8)
        cv2.fillPoly(below, [np.array([*line, (768, 600), (0, 600)])], 1)
        labels[below == 1] = rgb(LABELS[name])
    save("strokes_labels.png", labels)


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
