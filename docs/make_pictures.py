"""Make the pictures of the README and of docs/, from the samples in image_input/.

    python docs/make_pictures.py [NAME ...]

Each is a sheet of what went in and what came out of one command, which its page shows. They take
40 seconds to four minutes each on two CPU cores that know bfloat16.
"""

from __future__ import annotations

import shlex
import subprocess
import sys
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from neural_style.images.drawing import draw_sheet
from neural_style.images.picture import Picture
from neural_style.images.read import read_picture
from neural_style.images.write import write_picture

HERE = Path(__file__).parent
SAMPLES = HERE.parent / "image_input"
HEIGHT = 300

# The command of each sheet, and the inputs that it shows beside the result.
SHEETS = {
    "simple": ("-content_img lake.jpg -style_imgs strokes.jpg", ["content", "style_1"]),
    "multiple": (
        "-content_img lake.jpg -style_imgs wave.jpg abstract.jpg -style_imgs_weights 0.5 0.5",
        ["content", "style_1", "style_2"],
    ),
    "masked": (
        "-content_img still_life.jpg -style_imgs glass.jpg -style_mask 1 "
        "-style_mask_imgs still_life_mask.png",
        ["content", "style_1", "mask_1"],
    ),
    "two_masks": (
        "-preset masked -content_img lake.jpg -style_imgs strokes.jpg wave.jpg "
        "-style_mask_imgs lake_mask.png lake_mask_inv.png",
        ["content", "style_1", "style_2"],
    ),
    "original_colors": (
        "-preset original_colors -content_img lake.jpg -style_imgs ink.jpg",
        ["content", "style_1"],
    ),
    "quality": (
        "-preset quality -content_img lake.jpg -style_imgs strokes.jpg",
        ["content", "style_1"],
    ),
    "layers_of_styles": (
        "-content_img lake.jpg -style_imgs abstract.jpg ink.jpg -style_distance wasserstein "
        "-style_imgs_layers relu4_1,relu5_1 relu1_1,relu2_1,relu3_1",
        ["content", "style_1", "style_2"],
    ),
    "gatys": (
        "-preset gatys -content_img still_life.jpg -style_imgs abstract.jpg",
        ["content", "style_1", "init"],
    ),
}

# The presets of one loss each, every one with a style that suits it.
SHEETS |= {
    f"loss_{name}": (f"-preset {name} -content_img lake.jpg {flags}", ["content", "style_1"])
    for name, flags in {
        "wasserstein": "-style_imgs abstract.jpg -max_size 320",
        "mean_std": "-style_imgs ink.jpg -max_size 320",
        "sliced": "-style_imgs strokes.jpg",
        "centred": "-style_imgs wave.jpg -max_size 320",
        "normalised": "-style_imgs abstract.jpg -max_size 320",
        "smooth": "-style_imgs glass.jpg -max_size 320",
    }.items()
}

# A sheet of colour.md: the photograph, and what follows it for each picture below its caption.
COLOUR_SHEETS = {
    "colour_style": (
        "lake.jpg",
        {
            "transfer both": "-style_imgs abstract.jpg",
            "transfer style": "-style_imgs abstract.jpg -transfer style",
            "before": "-style_imgs abstract.jpg -transfer style -color_convert_time before",
            "linear": "-style_imgs abstract.jpg -transfer style -color_match linear",
            "linear, before": "-style_imgs abstract.jpg -transfer style -color_match linear "
            "-color_convert_time before",
            "histogram_lab, before": "-style_imgs abstract.jpg -transfer style "
            "-color_match histogram_lab -color_convert_time before",
        },
    ),
}


def make_sheet(name: str) -> None:
    """Run one command and draw its sheet as docs/pictures/<name>.jpg."""
    command, inputs = SHEETS[name]
    run(f"{command} -img_name docs_{name} -overwrite")
    folder = Path("image_output") / f"docs_{name}"
    row = [(shown, load(folder / f"{shown}.png")) for shown in inputs]
    row.append(("result", load(folder / f"docs_{name}.png")))
    save(name, draw_sheet([row], HEIGHT))


def make_reconstruction() -> None:
    """Draw the paper's figure 1 for one of the samples."""
    run("reconstruct still_life.jpg -img_name docs_reconstruction -overwrite -max_size 192")
    save("reconstruction", load(Path("image_output/docs_reconstruction/docs_reconstruction.png")))


def make_compact() -> None:
    """Draw what VGG19 and compact paint of the same, side by side."""
    rows = []
    for content, style in [("lake.jpg", "strokes.jpg"), ("still_life.jpg", "glass.jpg")]:
        row = []
        for weights in ("auto", "compact"):
            name = f"docs_{weights}"
            run(
                f"-content_img {content} -style_imgs {style} -model_weights {weights} "
                f"-img_name {name} -overwrite"
            )
            folder = Path("image_output") / name
            caption = "VGG19" if weights == "auto" else weights
            row.append((caption, load(folder / f"{name}.png")))
        inputs = [(name, load(folder / f"{name}.png")) for name in ("content", "style_1")]
        rows.append([*inputs, *row])
    save("compact", draw_sheet(rows, HEIGHT))


def make_colours(name: str) -> None:
    """Draw one sheet of colour.md, small and through compact."""
    content, runs = COLOUR_SHEETS[name]
    folder = Path("image_output") / f"docs_{name}"
    cells = []
    for caption, flags in runs.items():
        run(
            f"-content_img {content} {flags} -max_size 256 -model_weights compact "
            f"-img_name {folder.name} -overwrite"
        )
        if not cells:
            cells = [(shown, load(folder / f"{shown}.png")) for shown in ("content", "style_1")]
        cells.append((caption, load(folder / f"{folder.name}.png")))
    save(name, draw_sheet([cells[:4], cells[4:]] if cells[4:] else [cells], 170))


# The sheets that neural_style draws itself.
VARIED = {
    "sheet": "-content_img lake.jpg -style_imgs glass.jpg -vary style_weight 1 10 100 1e4 "
    "-vary content_layers relu2_1 conv4_2 -max_size 256 -model_weights compact",
    "colour_color": "-content_img lake.jpg -transfer color -max_size 256 "
    "-vary color_match linear linear_cholesky histogram histogram_lab "
    "-vary style_imgs wave.jpg abstract.jpg 'wave.jpg abstract.jpg'",
    "losses": "-content_img lake.jpg -style_imgs abstract.jpg "
    "-vary style_distance gram wasserstein mean_std sliced "
    "-vary content_distance raw centred normalised -content_layers relu3_1 -strength 60 "
    "-max_size 192 -model_weights compact",
    "scale": "-content_img lake.jpg -style_imgs abstract.jpg -vary style_scale 0.5 1 2 "
    "-max_size 256 -model_weights compact",
    "style_fit": "-content_img lake.jpg -style_imgs glass.jpg -vary style_fit stretch keep "
    "-max_size 256 -model_weights compact",
    "strength": "-content_img lake.jpg -style_imgs strokes.jpg -vary strength 0 20 50 80 100 "
    "-vary max_size 128 256 384 -model_weights compact",
    "colour_both": "-content_img lake.jpg -style_imgs strokes.jpg -vary color_match auto linear "
    "-max_size 256 -model_weights compact",
}


def make_varied(name: str) -> None:
    """Let `neural_style sheet` draw a sheet."""
    run(f"sheet {VARIED[name]} -img_name docs_{name} -overwrite")
    save(name, load(Path("image_output") / f"docs_{name}" / f"docs_{name}.png"))


SUBJECT = {"": "mask", "_overlay": "overlay"}
# The command of each sheet of masks; what is laid over the photograph; which pictures of the result
# are shown, under which captions.
MASKS = {
    "mask_box": ("still_life.jpg -box 30,110,660,490", [], SUBJECT),
    "mask_strokes": (
        "lake.jpg -foreground lake_sky_strokes.png -background lake_ground_strokes.png",
        ["lake_sky_strokes.png", "lake_ground_strokes.png"],
        SUBJECT,
    ),
    "mask_clusters": (
        "lake.jpg -clusters 6",
        [],
        {"": "label map", "_overlay": "overlay", "_6": "mask of region 6"},
    ),
}


def make_mask(name: str) -> None:
    """Run one `neural_style mask` and draw its sheet."""
    command, layers, endings = MASKS[name]
    run(f"mask {command} -img_name docs_{name} -overwrite")
    photograph = load(SAMPLES / command.split()[0])
    for layer in layers:
        painted = read_picture(SAMPLES / layer)
        opaque = painted.alpha[..., None] > 0.5
        photograph = np.where(opaque, painted.rgb.astype(np.uint8), photograph)
    if "-box" in command:
        x, y, width, height = map(int, command.split()[-1].split(","))
        cv2.rectangle(photograph, (x, y), (x + width, y + height), (255, 255, 255), 3)
    row = [("photograph", photograph)]
    for ending, caption in endings.items():
        picture = load(Path("image_output") / f"docs_{name}" / f"docs_{name}{ending}.png")
        row.append((caption, picture))
    save(name, draw_sheet([row], HEIGHT))


def make_match() -> None:
    """Draw the regions that a photograph and a drawing share."""
    run("mask lake.jpg -match ink.jpg -img_name docs_mask_match -overwrite")
    result = Path("image_output/docs_mask_match/docs_mask_match.png")
    row = []
    for sample, ending in (("lake.jpg", ""), ("ink.jpg", "_style")):
        row.append((sample, load(SAMPLES / sample)))
        for shown in (ending, f"{ending}_overlay"):
            row.append((f"lake_labels{shown}.png", load(result.with_stem(result.stem + shown))))
    save("mask_match", draw_sheet([row[:3], row[3:]], HEIGHT))


def make_feather() -> None:
    """Draw the seam of the mask of mask_strokes, hard and soft, in two small transfers."""
    make_mask("mask_strokes")
    masks = "image_output/docs_mask_strokes/docs_mask_strokes"
    row = []
    for feather in (0, 24):
        name = f"docs_feather_{feather}"
        run(
            "-content_img lake.jpg -style_imgs abstract.jpg ink.jpg -style_mask -style_mask_imgs "
            f"{masks}.png {masks}_inv.png -mask_feather {feather} -model_weights compact "
            f"-max_size 256 -img_name {name} -overwrite"
        )
        folder = Path("image_output") / name
        for shown, caption in (("mask_1", "mask 1"), (name, f"-mask_feather {feather}")):
            row.append((caption, load(folder / f"{shown}.png")))
    save("mask_feather", draw_sheet([row], HEIGHT))


def make_regions() -> None:
    """Draw the lake painted with label maps and without, above its regions and their legend."""
    maps = "-content_regions lake_labels.png -style_regions strokes_labels.png"
    row = []
    for name, flags in (("docs_no_regions", ""), ("docs_regions", maps)):
        run(
            f"-content_img lake.jpg -style_imgs strokes.jpg {flags} -model_weights compact "
            f"-max_size 256 -img_name {name} -overwrite"
        )
        folder = Path("image_output") / name
        if not row:
            row = [(shown, load(folder / f"{shown}.png")) for shown in ("content", "style_1")]
        row.append(("with label maps" if flags else "without", load(folder / f"{name}.png")))
    legend = load(folder / "regions.png")
    sheet = draw_sheet([row], 171)
    below = np.full((len(legend), sheet.shape[1], 3), 255, np.uint8)
    below[:, : legend.shape[1]] = legend[:, : sheet.shape[1]]
    save("regions", np.vstack([sheet, below]))


def make_background() -> None:
    """Draw a still life painted inside a mask, with the photograph kept around it and without."""
    row = []
    for name, flags in (("docs_near", ""), ("docs_background", "-keep_background")):
        run(
            "-content_img still_life.jpg -style_imgs glass.jpg@still_life_mask.png -mask_feather 6 "
            f"{flags} -model_weights compact -max_size 256 -img_name {name} -overwrite"
        )
        folder = Path("image_output") / name
        if not row:
            row = [(shown, load(folder / f"{shown}.png")) for shown in ("content", "mask_1")]
        row.append((flags or "without", load(folder / f"{name}.png")))
    save("keep_background", draw_sheet([row], 256))


def run(flags: str) -> None:
    """Run the command line with these flags."""
    print(f"neural_style {flags}", flush=True)
    subprocess.run([sys.executable, "-m", "neural_style", *shlex.split(flags)], check=True)


def load(path: Path) -> np.ndarray:
    """Return a picture as uint8."""
    return np.rint(read_picture(path).rgb).astype(np.uint8)


def save(name: str, pixels: np.ndarray) -> None:
    """Write a sheet."""
    write_picture(HERE / "pictures" / f"{name}.jpg", Picture(pixels.astype(np.float32)))


def main() -> None:
    """Make the sheets that are named, or all."""
    others = {
        **{name: partial(make_colours, name) for name in COLOUR_SHEETS},
        **{name: partial(make_mask, name) for name in MASKS},
        "mask_match": make_match,
        "mask_feather": make_feather,
        "regions": make_regions,
        "keep_background": make_background,
        **{name: partial(make_varied, name) for name in VARIED},
        "reconstruction": make_reconstruction,
        "compact": make_compact,
    }
    for name in sys.argv[1:] or [*SHEETS, *others]:
        others[name]() if name in others else make_sheet(name)


if __name__ == "__main__":
    main()
