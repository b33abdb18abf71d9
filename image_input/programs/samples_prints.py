"""Style pictures with strong lines: a woodcut, a stained glass window and a pen drawing."""

import cv2
import numpy as np
from samples_tools import (
    SUPERSAMPLE,
    arc,
    blur,
    box,
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
    table,
    taper,
)

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
    sheet.press(
        rgb("c8452c"), sheet.area(disc((82, 19), 8.2)) * (0.80 + 0.2 * smoothstep(10, 28, y))
    )
    for left, right, level, thick in table(
        "68 110 24.5 1.5, 74 92 21.6 0.9, 60 84 31 1.6, 86 112 34.5 1.9,"
        "64 79 12.5 0.9, -5 18 12 1.2, -8 11 15.2 1.6"
    ):
        t = np.linspace(left, right, 80)
        half = thick * np.clip((1 - np.abs(2 * (t - left) / (right - left) - 1) ** 12), 0, 1) ** 0.5
        wave_line = level + 0.5 * np.sin(t / 5 + level)
        upper, lower = (np.stack([t, wave_line + s * half], -1) for s in (-1, 1))
        sheet.press(rgb("f3e7cb"), sheet.area(np.vstack([upper, lower[::-1]])), 0.9)
        sheet.line(lower[::-1], 0.22, rgb("b98d5a"))
    slope = [(61, 52), (69, 46.5), (76, 40), (80.5, 35.4), (82, 35.9), (83.6, 35.3), (88, 40.4)]
    slope = spline([*slope, (95, 46.5), (104, 52)], 200)
    mountain = sheet.area(np.vstack([slope, [(104, 60), (61, 60)]]))
    sheet.press(ramp(smoothstep(34, 54, y), palette("3a5f86 6e93a3 c3bf9c")), mountain)
    zigzag = [
        (60, 44),
        (76.3, 39.8),
        (77.6, 42.4),
        (79, 40.6),
        (80, 44.5),
        (81.4, 41),
        (82.6, 43.6),
    ]
    zigzag += [(83.6, 40.8), (85, 43.2), (86, 40.6), (87.4, 41.8), (89, 30), (70, 30)]
    sheet.press(rgb("f4ead2"), mountain * sheet.area(zigzag))
    sheet.line(slope, 0.42)
    for k in range(14):
        start = np.add(slope[30 + 10 * k], (0, 2.5 + rng.uniform(0, 3)))
        lean = (start[0] - 82) * 0.35
        crease = np.add(start, [(0, 0), (lean * 0.5, 2), (lean, 5)])
        sheet.line(spline(crease, 20), 0.25, PRUSSIAN[1])
    for bx, by, size in ((70, 8, 1.6), (74, 6, 1.2), (66.5, 5.2, 1.0), (77.5, 9.2, 0.9)):
        for side in (-1, 1):
            wing = [
                (bx, by),
                (bx + side * size * 0.7, by - size * 0.5),
                (bx + side * size * 1.6, by),
            ]
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
            claws += claw(
                curve[at], angle[at] + side, length * rng.uniform(0.35, 0.55), rng, depth + 1
            )
    return claws


def breaker(sheet, move, scale, flip=1, claws=60):
    """A breaking wave: banded water, foam with its contour lines, claws and spray."""
    rng = sheet.rng
    face, back = (
        spline(np.multiply(BREAKER[part], (flip * scale, scale)) + move, 240)
        for part in ("face", "back")
    )
    floor = max(face[-1, 1], back[-1, 1], 80)
    body = np.vstack([back[::-1], face, [(face[-1, 0], floor), (back[-1, 0], floor)]])
    water = sheet.area(body)
    y = grid(sheet.shape)[1] / sheet.unit
    sheet.press(ramp(smoothstep(move[1] + 8 * scale, 76, y), PRUSSIAN[[1, 1, 2]]), water)
    for number, share in enumerate(np.linspace(0.05, 0.97, 17)):
        curve = face + (back - face) * share**0.9 + 0.25 * scale * rng.normal()
        breadth = np.sin(np.pi * np.linspace(0, 1, 240) ** 1.35) ** 0.7
        tone = PRUSSIAN[(3, 0, 4, 2)[number % 4]]
        stripe = ribbon(curve, scale * (2.3, 1.0, 1.5, 2.6)[number % 4] * breadth + 0.06)
        sheet.press(tone, sheet.area(stripe) * water)
        sheet.line(np.add(curve[20:225], (0.6 * scale, 0.2)), 0.22)
    sheet.line(face, 0.75 * scale + 0.15)
    # the foam: clumps along the crest, claws that reach out from it
    fingers, clumps = [], []
    crest = np.vstack([face[105::-1], back[:185]])
    for at in np.linspace(0, len(crest) - 1, 90).astype(int):
        fade = np.clip(1.25 - abs(at - 110) / 190, 0.25, 1)
        spot = crest[at] + rng.normal(0, 0.7 * scale, 2)
        clumps.append(disc(spot, scale * rng.uniform(0.9, 2.5) * fade, 24))
    along = normalise(np.gradient(crest, axis=0))
    for at in rng.uniform(15, len(crest) - 30, claws).astype(int):
        outward = np.array([-along[at, 1], along[at, 0]]) * flip
        heading = np.arctan2(outward[1], outward[0] * flip) + rng.normal(0, 0.25) + 0.35
        size = scale * rng.uniform(3.5, 7) * np.clip(1.3 - abs(at - 110) / 150, 0.3, 1)
        for curve, widths in claw(np.zeros(2), heading, size, rng):
            fingers.append(ribbon(curve * (flip, 1) + crest[at], widths))
            clumps.append(disc(curve[-1] * (flip, 1) + crest[at], 0.16 * scale, 12))
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
        spot = np.add(tip, (flip * (spread[0] - 8 * scale), 0.9 * spread[1] - 17 * scale))
        drop = disc(spot, rng.uniform(0.12, 0.5) * scale + 0.08, 16)
        sheet.press(PRUSSIAN[0], sheet.area(ribbon(drop, 0.22)))
        sheet.press(rgb("f7eeda"), sheet.area(drop))


def swell(sheet, level, height, tone, phase):
    """One rolling line of the open sea with contour lines below its crest."""
    rng = sheet.rng
    x = np.linspace(-2, 102, 300)
    crest = (
        level - height * (0.5 + 0.5 * np.sin(x / 8.5 + phase)) ** 2 + 0.4 * np.sin(x / 3 + phase)
    )
    line = np.stack([x, crest], -1)
    sheet.press(PRUSSIAN[tone], sheet.area(np.vstack([line, [(102, 80), (-2, 80)]])))
    for k in range(1, 6):
        lower = np.add(line, (0, 0.9 * k + 0.12 * k * k))
        for start in range(0, 290, 48):
            first = max(start + int(rng.integers(-12, 12)), 0)
            part = lower[first : first + int(rng.integers(26, 60))]
            if len(part) > 10:
                ink = PRUSSIAN[(0, 4, 0, 3)[(k + start // 48) % 4]]
                sheet.line(part, 0.55 if k % 2 else 0.28, ink)
    sheet.press(
        rgb("f7eeda"), sheet.area(ribbon(np.add(line, (0, 0.25)), 0.5 + 0.4 * np.sin(x / 2.1)))
    )
    sheet.line(line, 0.4)


def boat(sheet, x, y, size):
    """A sailing boat with a battened sail."""
    keel = spline([(-6, -1.2), (-3, 0.7), (1, 1.0), (5, -0.2), (7.5, -2.6)], 40)
    gunwale = spline([(7.5, -2.6), (4, -0.9), (0, -0.3), (-4, -0.6), (-6, -1.2)], 40)
    hull = np.vstack([keel, gunwale])

    def place(points):
        return np.add(np.multiply(points, size), (x, y))

    luff = spline([(0.3, -13), (-0.4, -7), (0, -1.4)], 30)
    leech = spline([(5.4, -1.9), (6.2, -6.5), (5.0, -12.3)], 30)
    sail = np.vstack([luff, leech])
    sheet.press(rgb("efe0b8"), sheet.area(place(sail)))
    for k in range(1, 6):
        start, end = luff[5 * k], leech[-5 * k]
        batten = spline([start, np.add((start + end) / 2, (0, 0.3)), end], 20)
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


SUN_PLACE = np.array((50, 37))


def around_sun(x, y):
    """Distance from the sun, and the direction as a share of the full turn."""
    dx, dy = x - SUN_PLACE[0], y - SUN_PLACE[1]
    return np.hypot(dx, dy), np.arctan2(dy, dx) / (2 * np.pi) + 0.5


def glass_sky(window):
    """Rings of panes around the sun, ever deeper blue."""
    rng = window.rng
    r, turn = around_sun(window.x, window.y)
    radii = np.array([0, 19.5, 24, 29.5, 36, 43.5, 52, 62, 80])
    ring = np.digitize(r - 0.5 * np.sin(6 * np.pi * turn), radii)
    panes = np.array([1, 16, 24, 24, 32, 32, 40, 40, 40])[ring - 1]
    sector = np.floor((turn + 0.37 * ring) * panes) % panes
    blues = palette("ffe9a0 f9c75a 8fd3d6 4fb0d8 2a7fc4 1f57a8 2b3a94 3a2a7c")

    def sky_tint(px, py):
        share = (around_sun(px, py)[0] - 14) / 56
        return ramp(np.clip(share + rng.normal(0, 0.05), 0, 1), blues)

    window.cut(np.ones(window.shape, bool), ring * 100 + sector, sky_tint)


def glass_sun(window):
    """Long and short curved rays around rings of panes."""

    def ray_point(distance, angle):
        return SUN_PLACE + distance * np.array([np.cos(angle), np.sin(angle)])

    for k in range(24):
        reach = 24.5 if k % 2 else 19.5
        a = np.pi * k / 12
        outline = [ray_point(10, a - 0.21), ray_point(0.74 * reach, a - 0.02)]
        outline += [ray_point(reach, a + 0.07), ray_point(0.74 * reach, a + 0.16)]
        outline += [ray_point(10, a + 0.21)]
        window.shard(outline, palette("f7941d f26522" if k % 2 else "ffc629 ffd65a"))
    r, turn = around_sun(window.x, window.y)
    ring = np.digitize(r, [4.2, 8.4, 12.6])
    panes = np.array([6, 12, 24, 24])[ring]
    sector = np.floor(turn * panes + 0.5 * (ring == 1)) % panes
    heats = palette("fff2a8 ffd84a fba919")
    window.cut(
        r < 12.6,
        ring * 100 + sector,
        lambda px, py: heats[min(int(around_sun(px, py)[0] / 4.2), 2)],
    )


def glass_hills(window):
    """Hills, far to near, and a river that winds down from them."""
    x, y, rng = window.x, window.y, window.rng
    for level, height, phase, size, codes in (
        (63, 9, 0.3, 5.5, "6a4fa0 8a6cc0 5a3f90"),
        (70, 6, 2.4, 5.5, "2f7f86 3f9f96 27666f"),
        (78, 7, 4.6, 6.0, "4a9a4a 78b84a 2f7f3f"),
        (89, 6, 1.2, 6.5, "2f7a34 8fbf3a 1f5f30 5f9f38"),
    ):
        t = np.linspace(-2, 102, 90)
        crest = level - height * np.sin(t / 17 + phase) - 1.2 * np.sin(t / 6 + phase * 3)
        outline = np.vstack([np.stack([t, crest], -1), [(102, 130), (-2, 130)]])
        tones = palette(codes)
        window.shattered(outline, size, lambda px, py, tones=tones: tones[rng.integers(len(tones))])
    middle = spline([(55, 74), (51, 79), (55, 87), (50, 97), (56, 110), (54, 130)], 120)
    right_half = x > np.interp(y, middle[:, 1], middle[:, 0]) + 2 * np.sin(y)
    window.cut(
        window.inside(ribbon(middle, np.linspace(1.0, 24, 120))),
        np.floor(y / 3.4 + 0.8 * np.sin(x / 4)) * 10 + right_half,
        lambda px, py: palette("7fd6e0 3fa9d0 bfeae4 2a86be f9dc8a")[rng.integers(5)],
    )


def glass_flowers(window):
    """Flowers with stems and leaves."""
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


def glass_border(window):
    """Two frames of alternating panes."""
    x, y, tall = window.x, window.y, window.shape[0] / window.unit
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
    for part in (glass_sky, glass_sun, glass_hills, glass_flowers, glass_border):
        part(window)
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


ACROSS = np.linspace(-2, 102, 260)  # places along a crest, in hundredths of the width


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
            cv2.circle(
                self.ink, tuple(map(int, fixed(spot))), int(radius * 16), 255, -1, cv2.LINE_AA, 4
            )


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
                curve[at],
                bend[at] + turn,
                length * rng.uniform(0.55, 0.8),
                width * 0.52,
                rng,
                depth + 1,
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


def house(pen, left, base, wide, tall, roof):
    """A house in slight perspective, or a tower with its spire if it is much taller than wide."""
    tower = tall > 2 * wide
    deep, lift = 0.55 * wide, 0 if tower else 0.10 * tall
    right, eaves = left + wide, base - tall
    back = np.array([deep, -lift])
    front = [(left, base), (left, eaves), (right, eaves), (right, base)]
    side = [front[3], front[2], front[2] + back, front[3] + back]
    top = np.array([left + wide / 2, eaves - roof])
    gable = [front[1], top, front[2]]
    slope = [front[2], top, top if tower else top + back, side[2]]
    pen.clear(pen.area(front, gable, side, slope))
    parts = ((front, 0.10, 0.2), (gable, 0.10, 0.2), (side, 0.52, 1.57), (slope, 0.74, 0.9))
    for part, tone, angle in parts:
        mask = pen.area(part)
        pen.wash(mask, tone * 0.55)
        pen.hatch(mask, tone * mask, angle, 0.42)
        for start, end in zip(part, [*part[1:], part[0]], strict=True):
            pen.line(np.linspace(start, end, 12), 0.20)
    for share in (0.28, 0.72) if wide > 2 else (0.5,):
        pane = np.array([(-0.22, 0.1), (-0.22, -0.66), (0.22, -0.66), (0.22, 0.1)])
        window = pen.area(np.add(pane, (left + wide * share, base - tall * 0.55)))
        pen.ink[window > 0.5] = 235


def cloud(pen, cx, cy, size):
    """A heaped cloud: a scalloped top and long shade lines below."""
    rng = pen.rng
    puffs = table("-1.6 0.1 0.7, -0.8 -0.45 0.9, 0.1 -0.75 1.05, 1 -0.35 0.9, 1.8 0.1 0.6") * size
    puffs[:, :2] += (cx, cy)
    mask = np.max([pen.area(disc((x, y), radius, 60)) for x, y, radius in puffs], 0)
    mask *= smoothstep(cy + 0.75 * size, cy + 0.1 * size, pen.y)
    pen.clear(mask)
    tone = 0.05 + (0.30 * (pen.y - cy + 0.4 * size) + 0.16 * (pen.x - cx)) / size
    tone = np.clip(tone, 0, 0.5)
    pen.wash(mask, 0.32 * tone)
    pen.hatch(mask, tone * 0.8, 0.12, 0.75, layers=1)
    for x, y, radius in puffs:
        turn = rng.uniform(-6, 6)
        pen.outline(arc((x, y), radius, 190 + turn, 345 + turn, 40), 0.24)


def ink_sky(pen):
    """The sky: long lines that fade downwards, clouds."""
    pen.hatch(smoothstep(26, 4, pen.y), 0.30 + 0.16 * pen.wobble, 0.06, 0.95, layers=1)
    pen.wash(smoothstep(30, 0, pen.y), 0.16 + 0.10 * pen.wobble)
    for cx, cy, size in table("60 14 5.4, 86 9 4.2, 42 8 3, 75 20.5 2.6"):
        cloud(pen, cx, cy, size)


def ridge(pen, crest, bottom):
    """Everything below a crest, as (outline of the crest, mask, depth below it)."""
    line = np.stack([ACROSS, crest], -1)
    mask = pen.area(np.vstack([line, [(102, bottom), (-2, bottom)]]))
    pen.clear(mask)
    return line, mask, pen.y - np.interp(pen.x, ACROSS, crest).astype(np.float32)


def mountain_range(pen, level, height, rough, seed, tone, angle):
    """A ragged range, dark on the sides that look to the right."""
    peaks = np.random.default_rng(seed).random(14)
    fine = np.cumsum(pen.rng.normal(0, 0.10 * rough, ACROSS.size))
    crest = level - height * np.interp(ACROSS, np.linspace(-2, 102, 14), peaks)
    crest += np.linspace(fine[0], fine[-1], ACROSS.size) - fine
    line, mask, depth = ridge(pen, crest, 60)
    gullies = pen.x + (0.5 * np.sin(pen.x / 4) + 0.2) * depth + 2 * pen.wobble  # they run aslant
    face = np.interp(gullies, ACROSS, np.gradient(crest, ACROSS)).astype(np.float32)
    shade = np.clip(tone + 0.45 * np.clip(face, -0.8, 0.9) - 0.030 * depth, 0, 0.9)
    pen.wash(mask, 0.12 + 0.45 * shade)
    pen.hatch(mask, shade, angle, 0.62)
    pen.outline(line, 0.30)


def rolling_hill(pen, level, height, phase, long, tone, hedges, bush):
    """A hill with fields, some hatched and some with furrows along the slope, and hedges."""
    rng, x = pen.rng, pen.x
    crest = level - height * np.sin(ACROSS / long * 2 + phase) - 0.5 * np.sin(ACROSS / 3.1 + phase)
    line, mask, depth = ridge(pen, crest, 80)
    shade = np.clip(tone + 0.30 * np.cos(x / long * 2 + phase + 0.8) - 0.02 * depth, 0.05, 0.8)
    fields = smoothstep(-0.2, 0.5, np.sin(x / 5.5 + depth / 3 + phase) + 0.5 * pen.wobble)
    furrows = np.maximum(depth, 0) + 0.025 * np.abs(x - 55) * np.clip(depth, 0, 4)
    pen.wash(mask, 0.08 + 0.30 * shade)
    pen.hatch(mask * fields, shade + 0.05, 0.8, 0.60, layers=2)
    pen.hatch(mask * (1 - fields), shade, 0.8, 0.75, phase=furrows, layers=2)
    pen.outline(line, 0.28)
    for at in np.sort(rng.uniform(0, 102, hedges)):
        size = rng.uniform(0.5, 1.3) * bush
        top = np.interp(at, ACROSS, crest) - 0.3 * size + rng.choice((0, 0, 2.5))
        foliage(pen, (at, top), size, size * 0.85, 0.6)


def village(pen):
    """Houses around a church, with bushes between them."""
    for left, base, wide, tall, roof in table(
        "50 48.6 3.2 2.4 1.9, 55.5 47.3 2.6 2.2 1.7, 67.5 47.2 3.4 2.4 1.9, 60.6 47.5 2 8.4 6.4,"
        "63 48.4 4.2 2.8 2.3, 71.5 49.6 3.6 2.6 2, 56.5 50.6 3.8 2.7 2.2, 47 50.9 2.8 2.1 1.8,"
        "65 51.4 3.4 2.4 2"
    ):
        house(pen, left, base, wide, tall, roof)
    for x, base, size in table("46 49 1.7, 54.3 50 1.3, 70.6 51 1.5, 77 50.6 1.9, 61.8 51.5 1.2"):
        foliage(pen, (x, base), size, size * 1.15, 0.6)


def road(pen):
    """A road from the foreground to the village; returns its mask."""
    left = spline([(57.5, 53), (55, 55), (60, 58.5), (51, 64), (33, 80)], 80)
    right = spline([(58.6, 53), (57, 55), (64, 58.3), (60, 65), (62, 80)], 80)
    mask = pen.area(np.vstack([left, right[::-1]]))
    pen.clear(mask * 0.93)
    pen.outline(left, 0.32)
    pen.outline(right, 0.32)
    for _ in range(7):
        rut = left + (right - left) * pen.rng.uniform(0.15, 0.85)
        first = int(pen.rng.integers(10, 60))
        pen.line(rut[first : first + 18], 0.18)
    pen.dots(mask, np.full(pen.shape, 0.25, np.float32), 9000)
    return mask


def poplars(pen):
    """A row of tall trees and their shadows."""
    for x, base, tall in table("80 55 15, 84.5 56 18, 89.5 57.5 21, 95.5 59 25"):
        pen.line([(x, base), (x, base - 1), (x, base - 2.5)], 0.7)
        for share in np.linspace(0.16, 0.93, 6):
            wide = tall * 0.105 * np.sin(np.pi * (0.22 + 0.72 * share)) + 0.2
            place = (x + pen.rng.normal(0, 0.15), base - tall * share)
            foliage(pen, place, wide, tall * 0.12, 0.75)
        shadow = smoothstep(1, 0.6, np.hypot((pen.x - x - 4) / 5, (pen.y - base - 0.4) / 0.9))
        pen.hatch(shadow, 0.75 * shadow, 0.05, 0.5, layers=2)


def fence(pen):
    """A wooden fence that comes nearer to the right."""
    for k, x in enumerate(np.linspace(66, 101, 8)):
        base, tall = 63.5 + 1.15 * k, 4.2 + 0.45 * k
        middle = spline([(x, base), (x + 0.15, base - tall / 2), (x, base - tall)], 10)
        post = ribbon(middle, np.full(10, 0.9))
        pen.clear(pen.area(post))
        pen.hatch(pen.area(post), 0.5 + 0.3 * (pen.x - x), 0.1, 0.4, layers=1)
        pen.line(post[:10], 0.24)
        pen.line(post[10:], 0.32)
        for rail in (0.3, 0.72):
            start = np.array([x, base - tall * rail])
            end = np.array([x + 5, base + 1.15 - (tall + 0.45) * rail])
            sagging = spline([start, (start + end) / 2 + (0, 0.05), end], 20)
            pen.line(sagging, 0.24)
            pen.line(np.add(sagging, (0, 0.45)), 0.24)


def grass(pen, bare):
    """Blades of grass in the foreground, but not where the ground is bare."""
    rng = pen.rng
    for _ in range(1500):
        x, y = rng.uniform(0, 99.9), 58 + 16.9 * rng.random() ** 0.6
        tall = 0.05 * (y - 42) * rng.uniform(0.6, 1.5)
        lean = rng.normal(0.25, 0.45) * tall
        if bare[int(y * pen.unit), int(x * pen.unit)] < 0.5:
            blade = spline([(x, y), (x + 0.3 * lean, y - 0.6 * tall), (x + lean, y - tall)], 8)
            pen.line(blade, 0.20)
    pen.dots(smoothstep(52, 75, pen.y) * (1 - bare), 0.5 + 0.3 * pen.wobble, 16000)


def ink_landscape(pen):
    """The motif, from the far to the near."""
    ink_sky(pen)
    mountain_range(pen, 33, 13, 2.2, 3, 0.36, 0.9)
    mountain_range(pen, 36, 6, 1.0, 8, 0.5, 0.5)
    rolling_hill(pen, 41, 2.6, 0.4, 15, 0.30, 26, 1.0)
    rolling_hill(pen, 46, 3.4, 2.9, 19, 0.36, 20, 1.3)
    village(pen)
    rolling_hill(pen, 53, 3.6, 5.2, 23, 0.30, 0, 1.6)
    bare = road(pen)
    poplars(pen)
    fence(pen)
    great_tree(pen, (17, 66), 62)
    shadow = smoothstep(1, 0.5, np.hypot((pen.x - 25) / 20, (pen.y - 67.3) / 2.4))
    pen.wash(shadow, 0.4)
    pen.hatch(shadow, 0.75 * shadow, 0.1, 0.55)
    grass(pen, bare)
    for x, y, size in table("50 22 1.3, 53 20.5 1, 47.5 19.8 0.8, 56 23.2 0.8"):
        for side in (-1, 1):  # a bird's wings
            wing = [(0, 0), (side * size * 0.6, -size * 0.5), (side * size * 1.4, -0.1)]
            pen.line(np.add(spline(wing, 16), (x, y)), 0.3)


def ink() -> None:
    """A village in the hills, drawn with pen and brown ink."""
    rng = np.random.default_rng(31)
    pen = Pen(np.array((576, 768)) * SUPERSAMPLE, rng)
    ink_landscape(pen)
    sheet = rgb("f9f0da") * paper(pen.shape, rng, 0.05)[..., None]
    flow = np.clip(blur(pen.tint, 5) * (1 + 0.35 * pen.wobble), 0, 1)
    rim = np.clip(blur(pen.tint, 3) - blur(pen.tint, 16), 0, 1)
    sheet = mix(
        sheet, rgb("8a6a44") * paper(pen.shape, rng, 0.06)[..., None], flow * 1.1 + 0.4 * rim
    )
    line = pen.ink / np.float32(255) * (0.93 + 0.05 * pen.wobble)
    sheet = mix(sheet, rgb("241710"), np.clip(line, 0, 1))
    save("ink.jpg", smaller(sheet * relief(fbm(pen.shape, 5, rng, 3, 0.8), 0.05)[..., None]))
