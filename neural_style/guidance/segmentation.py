"""Masks made from a photograph: a subject cut out by a box or strokes, or regions by clustering.

Everything is worked out on the photograph at the size of a transfer and brought to its own size at
the end, so a mask lies over the photograph pixel for pixel.
"""

from __future__ import annotations

import operator
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from neural_style.images.drawing import draw_cut, draw_regions
from neural_style.images.picture import luminance, reduced_size, resize
from neural_style.images.read import find_picture, read_picture
from neural_style.images.suffixes import WRITTEN
from neural_style.images.write import SIXTEEN_BITS
from neural_style.runtime.errors import StyleError
from neural_style.runtime.memory import left
from neural_style.settings.config import Config

# So far apart that rounding and careful editing keep them apart ("20 simple, distinct colors" by
# Sasha Trubetskoy).
COLOURS = (
    *((230, 25, 75), (60, 180, 75), (255, 225, 25), (0, 130, 200), (245, 130, 48), (145, 30, 180)),
    *((70, 240, 240), (240, 50, 230), (210, 245, 60), (250, 190, 212), (0, 128, 128)),
    *((128, 128, 0), (170, 110, 40), (128, 0, 0), (0, 0, 128), (128, 128, 128)),
)
FEWEST, MOST = 2, len(COLOURS)
LEAST_SIDE = 16
FLAT = 2.0  # grey levels between the darkest and the brightest of a picture with nothing in it
LEAST_ISLAND = 1 / 400  # of the picture; smaller islands go to what surrounds them
GRABCUT_ITERATIONS = 5
STROKE_COLOURS = 12  # that a stroke is taken to consist of
SUPERPIXELS = 800
# Weights of lightness, of texture, and of the place in percent of the longer side, where a step of
# 1 in Lab's a or b counts 1. Light changes within a thing; what lies at one height belongs together
# more often than what lies above each other. On eight photographs with regions that people have
# drawn (intersection over union 0.55), none of them matters much alone: without texture or place it
# was 0.53.
LIGHTNESS, TEXTURE, DOWN, ACROSS = 0.5, 4.0, 0.5, 0.2
SEED = 0  # of OpenCV's k-means, within GrabCut as well


@dataclass(frozen=True, kw_only=True)
class Request:
    """What masks are made from: a box, strokes, both, a number of regions, another picture.

    Attributes:
        box: around the subject: x, y, width and height in pixels of the photograph, or that as
            text, `x,y,w,h`.
        foreground: a picture of the photograph's size whose marked pixels are of the subject: those
            that are not transparent, or, where nothing is, the bright ones. A path, or an array.
        background: the same of what is not the subject.
        clusters: how many regions, 2 to 16; also as text.
        match: a picture that shall have the same regions (see `matching`); a path, or an array.

    Raises:
        StyleError: none of them, some that do not go together, or not such numbers.
    """

    box: tuple[int, int, int, int] | str | None = None
    foreground: Any = None
    background: Any = None
    clusters: int | str | None = None
    match: Any = None

    def __post_init__(self) -> None:
        """Convert the numbers and check what goes together."""
        cuts = [
            name for name in ("box", "foreground", "background") if getattr(self, name) is not None
        ]
        divides = [name for name in ("clusters", "match") if getattr(self, name) is not None]
        if not divides and not cuts:
            raise StyleError(
                "there is nothing to make a mask from: give -box, -foreground and -background, "
                "-clusters, or -match"
            )
        if divides and cuts:
            raise StyleError(
                f"{divides[0]}: received with {cuts[0]}; a mask is made by the one or the other"
            )
        if self.clusters is not None:
            object.__setattr__(self, "clusters", _whole_numbers("clusters", self.clusters, 1)[0])
            if not FEWEST <= self.clusters <= MOST:
                raise StyleError(
                    f"clusters: received {self.clusters}, must be from {FEWEST} to {MOST}"
                )
        if divides:
            return
        if self.box is not None:
            object.__setattr__(self, "box", _whole_numbers("box", self.box, 4))
        elif len(cuts) == 1:
            missing = "background" if cuts == ["foreground"] else "foreground"
            raise StyleError(
                f"{missing} is missing: {cuts[0]} strokes alone do not tell what to cut from what; "
                f"give -{missing} as well, or -box"
            )


def _whole_numbers(name: str, value: Any, count: int) -> tuple[int, ...]:
    """Return `count` whole numbers, from text with commas between them or from such numbers."""
    items = value.split(",") if isinstance(value, str) else np.atleast_1d(value).tolist()
    wanted = {1: "a whole number", 4: "x,y,width,height in whole pixels, such as 40,20,200,300"}
    try:
        numbers = tuple(
            int(item) if isinstance(item, str) else operator.index(item) for item in items
        )
    except (TypeError, ValueError, OverflowError):
        numbers = ()
    if len(numbers) != count:
        raise StyleError(f"{name}: received {value!r}, must be {wanted[count]}")
    return numbers


def make_masks(config: Config, request: Request) -> list[tuple[str, str, np.ndarray]]:
    """Make the masks of a photograph, and an overlay to look at.

    Args:
        config: names the photograph (`content_img`) and the size to work at (`max_size`).
        request: what to make them from; not `match`, which is for `matching`.

    Returns:
        What to add to the name of the result's file, a remark, and the picture, [H, W, 3], uint8,
        of the photograph's size, for each. Of a subject: its mask, the inverse, the overlay. Of
        regions: the label map in COLOURS, a mask of each region, the largest first, the overlay.

    Raises:
        StyleError: a picture that is missing, unreadable, too small or of one colour alone; a box
            or strokes that do not fit it; or nothing was found.
    """
    check_name(config.img_name)
    photograph = read_photograph(
        config.content_img, config.content_img_dir, "picture", config.max_size
    )
    size = reduced_size(photograph.shape[:2], config.max_size)
    reduced = resize(photograph, size)
    if request.clusters is None:
        subject = _cut_out(config, request, photograph.shape[:2], reduced)
        labels = at_size(subject.astype(np.uint8), 2, photograph.shape[:2])
        return _subject_pictures(photograph, labels == 1)
    labels = cluster(reduced, request.clusters)
    labels = _ordered(at_size(labels, request.clusters, photograph.shape[:2]))
    return _region_pictures(photograph, labels, request.clusters)


def cut_out(
    photograph: np.ndarray, box: np.ndarray | None, foreground: np.ndarray, background: np.ndarray
) -> np.ndarray:
    """Cut out a subject by GrabCut (Rother, Kolmogorov and Blake, 2004).

    Undecided pixels start as the subject's within a box, as in the paper. Without a box those start
    as the subject's whose colour and place are nearer to the foreground's strokes than to the
    background's. Were all started as the subject's, skies that no stroke touches would stay in it;
    were all started as background, faces and hair would be lost.

    Args:
        photograph: [H, W, 3], uint8, RGB.
        box: [H, W], bool; what is outside is background. None for no box.
        foreground: [H, W], bool, marked as the subject's; may be empty with a box.
        background: the same of what is not. No pixel is in both.

    Returns:
        [H, W], bool, the subject; empty if GrabCut finds none.
    """
    if box is None:
        likely = _nearer(photograph, foreground, background)
    else:
        likely = box
        background = background | (~box & ~foreground)
    marks = np.where(likely, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    marks[background] = cv2.GC_BGD
    marks[foreground] = cv2.GC_FGD
    cv2.setRNGSeed(SEED)
    models = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.grabCut(photograph, marks, None, *models, GRABCUT_ITERATIONS, cv2.GC_INIT_WITH_MASK)
    subject = (marks == cv2.GC_FGD) | (marks == cv2.GC_PR_FGD)
    subject = _without_islands(subject.astype(np.uint8)) == 1
    return (subject | foreground) & ~background


def cluster(photograph: np.ndarray, count: int) -> np.ndarray:
    """Divide a photograph into regions of like colour, texture and place.

    k-means (by OpenCV) over superpixels, so that a region's edge follows the picture's and single
    pixels do not stray. A region may be in several pieces.

    Args:
        photograph: [H, W, 3], uint8, RGB, each side at least 16.
        count: of regions, 2 to 16.

    Returns:
        [H, W], uint8, in [0, count); small islands are gone, and with them a region may be.
    """
    pieces = superpixels(photograph)
    lab = cv2.cvtColor(photograph.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    lightness = lab[..., 0]
    texture = np.abs(lightness - cv2.GaussianBlur(lightness, (0, 0), 2))
    down, across = _place(pieces.shape)
    channels = (
        *(LIGHTNESS * lightness, lab[..., 1], lab[..., 2], TEXTURE * texture),
        *(DOWN * down, ACROSS * across),
    )
    means = piece_means(pieces, channels)
    centres = find_centres(means, np.bincount(pieces.ravel()), count)
    return region_map(pieces, means, centres)


def superpixels(photograph: np.ndarray) -> np.ndarray:
    """Divide a photograph into about SUPERPIXELS connected pieces that end where its edges are.

    By watershed from a grid of points; OpenCV has the usual SLIC in its contributed modules alone.

    Args:
        photograph: [H, W, 3], uint8, each side at least 16.

    Returns:
        [H, W], int32, from 0 on without gaps.
    """
    height, width = photograph.shape[:2]
    step = max(4, round((height * width / SUPERPIXELS) ** 0.5))
    seeds = np.zeros((height, width), np.int32)
    grid = seeds[step // 2 :: step, step // 2 :: step]
    grid[:] = np.arange(1, 1 + grid.size).reshape(grid.shape)
    # Watershed takes the outermost pixels for edges, so it gets a frame to spend.
    smooth = cv2.bilateralFilter(photograph, 5, 25, 5)
    smooth = cv2.copyMakeBorder(smooth, 1, 1, 1, 1, cv2.BORDER_REPLICATE)
    pieces = cv2.watershed(smooth, np.pad(seeds, 1))[1:-1, 1:-1]
    return filled(pieces, pieces > 0) - 1


def piece_means(pieces: np.ndarray, channels: Iterable[np.ndarray]) -> np.ndarray:
    """Return the mean of each channel [H, W] over each superpixel: [count, C], float32."""
    areas = np.bincount(pieces.ravel())
    means = [np.bincount(pieces.ravel(), channel.ravel()) / areas for channel in channels]
    return np.stack(means, -1).astype(np.float32)


def find_centres(means: np.ndarray, areas: np.ndarray, count: int) -> np.ndarray:
    """Return the centres of superpixels by k-means.

    Args:
        means: [n, C], float32; steps of 0.1 in them count for nothing.
        areas: [n], of the superpixels, in any unit.
        count: of centres, not above n.

    Returns:
        [count, C], float32.
    """
    # OpenCV's k-means knows no weights: a superpixel of twice the area stands there twice.
    copies = np.maximum(1, np.rint(4 * areas / areas.mean())).astype(int)
    cv2.setRNGSeed(SEED)
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_COUNT, 50, 0.1)
    weighted = np.repeat(means, copies, 0)
    return cv2.kmeans(weighted, count, None, stop, 10, cv2.KMEANS_PP_CENTERS)[2]


def nearest(means: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Return which of the centres [k, C] is the nearest to each of the means: [n], uint8."""
    return _distances(means, centres).argmin(-1).astype(np.uint8)


def region_map(pieces: np.ndarray, means: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Join superpixels by their nearest centres, with smooth edges and without small islands.

    Args:
        pieces: superpixels, [H, W].
        means: [n, C], of the superpixels.
        centres: [k, C].

    Returns:
        [H, W], uint8, in [0, k).
    """
    # Superpixels have ragged edges where the picture has none.
    blur = (pieces.size / len(means)) ** 0.5 / 6
    labels = nearest(means, centres)[pieces]
    return _without_islands(at_size(labels, len(centres), labels.shape, blur))


def check_name(name: str) -> None:
    """Raise a StyleError if a result of this name could not keep a mask as it is."""
    suffix = Path(name).suffix.lower()
    if suffix in WRITTEN and suffix not in SIXTEEN_BITS:
        raise StyleError(
            f"img_name: received {name!r}, but {suffix} would change the colours at the edges of "
            "a mask: use .png or .tif"
        )


def read_photograph(source: Any, folder: str, setting: str, max_size: int) -> np.ndarray:
    """Return a photograph, [H, W, 3], uint8, of its own size.

    Args:
        source: a path, a name in the folder, or an array.
        folder: where names are looked up.
        setting: that names it, for messages.
        max_size: that it will be reduced to.

    Raises:
        StyleError: missing, unreadable, of one colour alone, or too small.
    """
    picture = _read(source, folder, setting)
    height, width = picture.size
    if min(reduced_size(picture.size, max_size)) < LEAST_SIDE:
        raise StyleError(
            f"{setting}: {width} x {height} pixels are too few at max_size {max_size}; each side "
            f"must keep at least {LEAST_SIDE}: give a larger picture, or raise max_size"
        )
    if np.ptp(picture.rgb, (0, 1)).max() < FLAT:
        raise StyleError(
            f"{setting}: it is of one colour all over, so there is nothing to tell apart; give a "
            "photograph"
        )
    return np.rint(picture.rgb).astype(np.uint8)


def _read(source: Any, folder: str, setting: str, may_be_clear: bool = False) -> Any:
    if isinstance(source, str | os.PathLike):
        source = find_picture(source, folder, setting)
    # Masks lie on it as it is, so it is not reduced.
    return read_picture(source, setting, left(), may_be_clear=may_be_clear)


def _cut_out(
    config: Config, request: Request, size: tuple[int, int], reduced: np.ndarray
) -> np.ndarray:
    """Return the subject, [H, W], bool, of the reduced photograph."""
    foreground, background = (
        _read_strokes(getattr(request, name), config.content_img_dir, name, size)
        for name in ("foreground", "background")
    )
    both = np.count_nonzero(foreground & background)
    if both:
        raise StyleError(
            f"foreground and background: {both} pixels are marked in both; erase them in one, and "
            "mark strokes, not what is around them"
        )
    # A stroke of one pixel shall survive. Where both come to lie on one, the foreground has it.
    front, back = (
        resize(strokes.astype(np.float32), reduced.shape[:2]) > 0
        for strokes in (foreground, background)
    )
    back &= ~front
    box = None if request.box is None else _box_mask(request.box, size, reduced.shape[:2])
    if box is None and not back.any():
        raise StyleError(
            f"background: its strokes lie so near the foreground's that at max_size "
            f"{config.max_size} none is left; paint them wider, or raise max_size"
        )
    subject = cut_out(reduced, box, front, back)
    if not subject.any():
        raise StyleError(
            "box: no subject was found in it; draw it closer around the subject, or add -foreground"
        )
    return subject


def _read_strokes(source: Any, folder: str, setting: str, size: tuple[int, int]) -> np.ndarray:
    """Return what is marked in a picture of strokes, [H, W], bool; nothing if there is none."""
    if source is None:
        return np.zeros(size, bool)
    picture = _read(source, folder, setting, may_be_clear=True)  # it is told below
    if picture.size != size:
        raise StyleError(
            f"{setting}: the strokes are {picture.size[1]} x {picture.size[0]} pixels, the "
            f"photograph {size[1]} x {size[0]}: paint them on a layer over the photograph"
        )
    marked = luminance(picture) > 127 if picture.alpha is None else picture.alpha > 0.5
    if not marked.any() or marked.all():
        what = "everything" if marked.any() else "nothing"
        raise StyleError(
            f"{setting}: {what} is marked in it; paint strokes on a transparent layer, or white "
            "ones on black"
        )
    return marked


def _box_mask(
    box: tuple[int, int, int, int], size: tuple[int, int], reduced: tuple[int, int]
) -> np.ndarray:
    """Return what is inside a box, [H, W], bool, at the reduced size."""
    x, y, width, height = box
    received = f"box: received {x},{y},{width},{height}"
    photograph = f"the photograph of {size[1]} x {size[0]} pixels"
    if width < 1 or height < 1:
        raise StyleError(f"{received}, width and height must be at least 1")
    if x < 0 or y < 0 or x + width > size[1] or y + height > size[0]:
        raise StyleError(
            f"{received}, which reaches out of {photograph}; x and y are of its left upper corner"
        )
    inside = np.zeros(size, np.float32)
    inside[y : y + height, x : x + width] = 1
    inside = resize(inside, reduced) > 0.5
    if inside.all():
        raise StyleError(
            f"{received}, the whole of {photograph}; leave some background around the subject, or "
            "use -foreground and -background"
        )
    if not inside.any():
        raise StyleError(f"{received}, which is too small to find anything in; draw a larger one")
    return inside


def _nearer(photograph: np.ndarray, foreground: np.ndarray, background: np.ndarray) -> np.ndarray:
    """Tell which pixels are nearer in colour and place to the foreground's strokes, [H, W]."""
    lab = cv2.cvtColor(photograph.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    features = np.dstack([lab, *_place(foreground.shape)])
    distances = []
    for strokes in (foreground, background):
        marked = features[strokes]
        cv2.setRNGSeed(SEED)
        count = min(STROKE_COLOURS, len(marked))
        stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_COUNT, 20, 0.1)
        _, _, centres = cv2.kmeans(marked, count, None, stop, 3, cv2.KMEANS_PP_CENTERS)
        distances.append(np.min([_distances(features, centre) for centre in centres[:, None]], 0))
    nearer = distances[0] < distances[1]
    return nearer[..., 0]


def _distances(features: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """Return squared distances, [..., k], of features [..., C] from centres [k, C]."""
    return np.square(features[..., None, :] - centres).sum(-1)


def _place(size: tuple[int, int]) -> np.ndarray:
    """Return how far down and across each pixel is, [2, H, W], in percent of the longer side."""
    return (np.mgrid[: size[0], : size[1]] * (100 / max(size))).astype(np.float32)


def _without_islands(labels: np.ndarray) -> np.ndarray:
    """Give pieces smaller than LEAST_ISLAND to what surrounds them."""
    kept = np.zeros(labels.shape, bool)
    for label in np.unique(labels):
        _, pieces, stats, _ = cv2.connectedComponentsWithStats((labels == label).astype(np.uint8))
        large = stats[:, cv2.CC_STAT_AREA] >= LEAST_ISLAND * labels.size
        large[0] = False  # what is not of this label
        kept |= large[pieces]
    return filled(labels, kept) if kept.any() else labels


def filled(labels: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Give each pixel that is not known the label of the nearest that is.

    Args:
        labels: [H, W], whole numbers.
        known: [H, W], bool, not all False.
    """
    _, nearest = cv2.distanceTransformWithLabels(
        (~known).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    found = np.zeros(nearest.max() + 1, labels.dtype)
    found[nearest[known]] = labels[known]
    return found[nearest]


def at_size(labels: np.ndarray, count: int, size: tuple[int, int], blur: float = 0.0) -> np.ndarray:
    """Return labels at another size, with smooth edges: each pixel's is that of most weight there.

    Args:
        labels: [H, W], uint8, in [0, count).
        count: of labels.
        size: height and width, not smaller.
        blur: standard deviation, in pixels of `labels`, of a Gaussian that smooths the edges.
    """
    best = np.full(size, -1, np.float32)
    result = np.zeros(size, np.uint8)
    for label in range(count):
        weight = (labels == label).astype(np.float32)
        if blur:
            weight = cv2.GaussianBlur(weight, (0, 0), blur)
        weight = cv2.resize(weight, size[::-1], interpolation=cv2.INTER_LINEAR)
        result[weight > best] = label
        best = np.maximum(best, weight)
    return result


def _ordered(labels: np.ndarray) -> np.ndarray:
    """Number the labels anew, without gaps, the largest area first."""
    areas = np.bincount(labels.ravel())
    order = np.argsort(-areas, kind="stable")[: np.count_nonzero(areas)]
    rank = np.zeros(len(areas), np.uint8)
    rank[order] = np.arange(len(order))
    return rank[labels]


def _subject_pictures(
    photograph: np.ndarray, subject: np.ndarray
) -> list[tuple[str, str, np.ndarray]]:
    return [
        ("", f"the subject, {_percent(subject)}", _mask_picture(subject)),
        ("_inv", f"the rest, {_percent(~subject)}", _mask_picture(~subject)),
        ("_overlay", "to look at", draw_cut(photograph, subject)),
    ]


def _region_pictures(
    photograph: np.ndarray, labels: np.ndarray, count: int
) -> list[tuple[str, str, np.ndarray]]:
    colours = np.array(COLOURS, np.uint8)
    found = int(labels.max()) + 1
    remark = f"{found} regions" + (f", the other {count - found} too small" * (found < count))
    pictures = [("", remark, colours[labels])]
    for label in range(found):
        colour = "#{:02x}{:02x}{:02x}".format(*COLOURS[label])
        region = labels == label
        pictures.append((f"_{label + 1}", f"{colour}, {_percent(region)}", _mask_picture(region)))
    return [*pictures, ("_overlay", "to look at", draw_regions(photograph, labels, colours))]


def _mask_picture(inside: np.ndarray) -> np.ndarray:
    return np.repeat(inside[..., None], 3, -1).astype(np.uint8) * 255


def _percent(inside: np.ndarray) -> str:
    return f"{100 * inside.mean():.1f} %"
