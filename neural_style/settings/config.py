"""Every setting once: its default, help and check. Flags, YAML keys and the API derive from it."""

import dataclasses
import os
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neural_style.networks.layers import NETWORKS, resolve_layer
from neural_style.runtime.errors import StyleError, did_you_mean, shown
from neural_style.settings import text as settings_text
from neural_style.settings.fields import (
    ARRAY_NOTE,
    Picture,
    convert_all,
    converted,
    kind_of,
    setting,
)

if TYPE_CHECKING:
    from neural_style.networks.registry import NetworkSpec

# Pictures that hold their settings: all that are written.
PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff")
# Settings that may change while a picture is being painted (see `transfer.stylize`).
LIVE = (
    *("strength", "content_weight", "style_weight", "tv_weight"),
    *("style_imgs_weights", "content_layer_weights", "style_layer_weights"),
)
# Weights relative to their sum, which float32 must hold.
MOST_TOGETHER = 1e30
# The weights whose ratio strength decides.
BALANCE = ("content_weight", "style_weight")


@dataclass(frozen=True, kw_only=True)
class Config:
    """All settings of a transfer, checked. The flags of the command line have the same names.

    Values may be given as they come from a command line or a file: numbers as text, one value
    where several may stand. They are converted.

    Raises:
        StyleError: a value that is not allowed.
    """

    content_img: Picture | None = setting(
        None, "photograph to paint: a path, or a name in content_img_dir", "Pictures"
    )
    style_imgs: tuple[Picture, ...] = setting(
        (),
        "one or more pictures whose style to take: paths, or names in style_imgs_dir; a mask and "
        "a weight may follow, as in sky.jpg@sky_mask.png:0.7",
        "Pictures",
    )
    style_imgs_weights: tuple[float, ...] = setting(
        (),
        "weight of each style, used relative to their sum; equal if not given",
        "Pictures",
        least=0,
    )
    style_fit: str = setting(
        "stretch",
        "how the styles are brought to the photograph's size: stretch to its proportions, or keep "
        "their own with its longer side",
        "Pictures",
        choices=("stretch", "keep"),
    )
    style_scale: tuple[float, ...] = setting(
        (),
        "size of the styles relative to that, one for all or one for each: above 1 for larger "
        "strokes, below for smaller ones",
        "Pictures",
        least=0.1,
        most=4,
    )
    style_imgs_layers: tuple[str, ...] = setting(
        (),
        "for each style its own of the style_layers, joined by commas, such as relu4_1,relu5_1 "
        "for large shapes and relu1_1,relu2_1 for fine strokes; all if not given",
        "Pictures",
    )
    content_img_dir: str = setting(
        "image_input",
        "where content_img, style_mask_imgs, content_regions and init_img_type are looked up",
        "Pictures",
    )
    style_imgs_dir: str = setting(
        "image_input", "where style_imgs and style_regions are looked up", "Pictures"
    )
    max_size: int = setting(
        512,
        "larger photographs are reduced to this width or height, in pixels",
        "Pictures",
        least=16,
    )

    style_mask: bool = setting(False, "paint each style only where its mask is white", "Masks")
    style_mask_imgs: tuple[Picture, ...] = setting(
        (),
        "one mask for each style: paths, or names in content_img_dir; white is painted",
        "Masks",
    )
    mask_feather: float = setting(
        0.0,
        "soften the edges of masks and regions over so many pixels of the result",
        "Masks",
        least=0,
        most=1000,
    )
    mask_normalization: str = setting(
        "report",
        "what is compared under a mask: report is sums, so a style's area should be as large; area "
        "is means over the mask's area (regions always are)",
        "Masks",
        choices=("report", "area"),
    )
    keep_background: bool = setting(
        False,
        "what no mask covers is the photograph, pixel for pixel; mask_feather softens the seam",
        "Masks",
    )
    region_boundary: str = setting(
        "resize",
        "which positions of a layer count for a region: resize is by their place, inside leaves "
        "out those that see much of other regions",
        "Masks",
        choices=("resize", "inside"),
    )
    content_regions: Picture | None = setting(
        None,
        "label map of the photograph, each region in a flat colour: a path, or a name in "
        "content_img_dir",
        "Masks",
    )
    style_regions: tuple[Picture, ...] = setting(
        (),
        "one label map for each style, a path or a name in style_imgs_dir: what has a colour in "
        "it gives its style to what has that colour in content_regions",
        "Masks",
    )

    img_name: str = setting(
        "result",
        "name of the result and its folder; .png, .jpg, .webp or .tif may be added",
        "Result",
    )
    img_output_dir: str = setting("image_output", "where the result's folder goes", "Result")
    bits: int = setting(8, "bits per channel; 16 for PNG and TIFF", "Result", choices=(8, 16))
    overwrite: bool = setting(
        False,
        "replace an existing result instead of taking the next free name",
        "Result",
        of_run=True,
    )
    resume: bool = setting(
        False,
        "go on with the run of these settings that was interrupted, if there is one",
        "Result",
        of_run=True,
    )
    save_every: int = setting(
        0,
        "also save the picture every so many iterations; 0 for never",
        "Result",
        least=0,
        of_run=True,
    )

    strength: float | None = setting(
        None,
        "how much of the style, from 0, the photograph, to 100, the style alone: the same number "
        "looks alike at every size, through every network, with every style_distance; it decides "
        "the ratio of content_weight and style_weight, and is given instead of them",
        "Losses",
        least=0,
        most=100,
    )
    content_weight: float = setting(5.0, "weight of the photograph's content", "Losses", least=0)
    style_weight: float = setting(1e4, "weight of the style", "Losses", least=0)
    tv_weight: float = setting(1e-3, "weight of smoothness (total variation)", "Losses", least=0)
    content_layers: tuple[str, ...] = setting(("conv4_2",), "layers for the content", "Losses")
    style_layers: tuple[str, ...] = setting(
        ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"), "layers for the style", "Losses"
    )
    content_layer_weights: tuple[float, ...] = setting(
        (),
        "weight of each content layer, relative to their sum; equal if not given",
        "Losses",
        least=0,
    )
    style_layer_weights: tuple[float, ...] = setting(
        (),
        "weight of each style layer, relative to their sum; equal if not given",
        "Losses",
        least=0,
    )
    content_loss_function: int = setting(
        1,
        "factor K of the content loss: 1 is 1/(2 sqrt(N M)), 2 is 1/(N M), 3 is 1/2",
        "Losses",
        choices=(1, 2, 3),
    )

    content_distance: str = setting(
        "raw",
        "what of the photograph's activations is kept: raw, all; centred, all but each channel's "
        "mean; normalised, all but mean and size, so that contrast and colours are free",
        "Losses",
        choices=("raw", "centred", "normalised"),
    )
    style_distance: str = setting(
        "gram",
        "what of a style's activations is compared: gram, products; wasserstein, mean and "
        "covariance; mean_std, each channel's mean and deviation; sliced, the whole distribution",
        "Losses",
        choices=("gram", "wasserstein", "mean_std", "sliced"),
    )
    tv_norm: str = setting(
        "l1",
        "of differences between neighbouring pixels: l1, their sum; l2, the mean of their squares "
        "in units of 1e7, which needs a weight of 100 or more and is the same at every size",
        "Losses",
        choices=("l1", "l2"),
    )

    network: str = setting(
        "vgg19", "network that compares the pictures", "Network", choices=tuple(NETWORKS)
    )
    model_weights: str = setting(
        "auto",
        "its weights: imagenet (downloaded by Keras once), the path of a .h5, .weights.h5 or .mat "
        "file, compact (our own network in VGG19's place, needs no download), or auto "
        "(NEURAL_STYLE_WEIGHTS if set, else imagenet, offline compact)",
        "Network",
    )
    pooling_type: str = setting(
        "avg", "pooling between its blocks", "Network", choices=("avg", "max")
    )
    border_type: str = setting(
        "zeros",
        "what its first layer sees around the picture: zeros, the mean colour, which can leave a "
        "faint frame; edge, the last pixels again",
        "Network",
        choices=("zeros", "edge"),
    )
    draft_weights: str = setting(
        "",
        "weights, as model_weights, through which all scales but the last are painted; compact is "
        "the fastest",
        "Network",
    )
    device: str = setting(
        "/gpu:0", "device to run on: /gpu:N or /cpu:N; without a GPU it is the CPU", "Network"
    )
    precision: str = setting(
        "auto",
        "floating-point format of the network; auto is bfloat16 where the device has units for "
        "it, else float32. float16 is for GPUs that have units for it alone",
        "Network",
        choices=("auto", "float32", "bfloat16", "float16"),
    )

    max_memory: str = setting(
        "free",
        "memory that the run may take, such as 4G or 800M; free is what is free. A picture that "
        "would take more is painted in tiles, which gives the same picture",
        "Network",
        of_run=True,
    )

    optimizer: str = setting(
        "lbfgs",
        "how the pixels are changed",
        "Optimisation",
        choices=("lbfgs", "adam", "tfp_lbfgs"),
    )
    learning_rate: float = setting(
        1.0, "Adam's step, in grey levels", "Optimisation", least=0, most=255
    )
    keep_in_range: bool = setting(
        False,
        "keep pixels in [0, 255] at every iteration; else they are clipped in the end, which can "
        "cost what was reached beyond",
        "Optimisation",
    )
    max_iterations: int = setting(50, "iterations, of all scales together", "Optimisation", least=1)
    scales: int = setting(
        1,
        "paint at so many growing sizes, each from the last one's result",
        "Optimisation",
        least=1,
        most=100,
    )
    scale_shares: tuple[float, ...] = setting(
        (),
        "share of each scale in max_iterations, the coarsest first, relative to their sum; equal "
        "if not given",
        "Optimisation",
        least=0,
    )
    min_size: int = setting(
        128, "width or height of the coarsest of several scales", "Optimisation", least=16
    )
    init_img_type: Picture = setting(
        "content", "picture to start from: content, style, random, or a path", "Optimisation"
    )
    noise_ratio: float = setting(
        1.0,
        "with init_img_type random: 1 is noise alone, 0 the photograph",
        "Optimisation",
        least=0,
        most=1,
    )
    seed: int = setting(0, "seed of the noise", "Optimisation", least=0)

    transfer: str = setting(
        "both",
        "what the result takes of the styles: style alone keeps the photograph's colours, color "
        "alone paints no strokes and needs no network",
        "Colours",
        choices=("both", "style", "color"),
    )
    original_colors: bool = setting(
        False, "keep the photograph's colours, as transfer style does", "Colours"
    )
    color_match: str = setting(
        "auto",
        "how one picture takes another's colours: by histograms (of RGB or Lab), or by mean and "
        "covariance (linear, by the symmetric root or Cholesky's); auto is linear for transfer "
        "color, for style keeps the photograph's chroma instead, for both nothing",
        "Colours",
        choices=("auto", "histogram", "histogram_lab", "linear", "linear_cholesky"),
    )
    color_convert_type: str = setting(
        "yuv",
        "colour space of the chroma by which they are kept",
        "Colours",
        choices=("yuv", "ycrcb", "luv", "lab"),
    )
    color_convert_time: str = setting(
        "after",
        "after: recolour the result; before: transfer the luminance alone, then recolour; with "
        "color_match, recolour the styles and not the result",
        "Colours",
        choices=("after", "before"),
    )

    print_iterations: int = setting(
        50,
        "without a terminal, a line every so many iterations",
        "Messages",
        least=1,
        of_run=True,
    )
    tensorboard: str = setting(
        "", "folder for TensorBoard's scalars and pictures", "Messages", of_run=True
    )
    quiet: bool = setting(False, "say nothing but errors", "Messages", of_run=True)
    verbose: bool = setting(
        False, "say more, TensorFlow's own messages included", "Messages", of_run=True
    )

    def __post_init__(self) -> None:
        """Convert and check every value, then what must hold between them."""
        self._read_short_forms()
        convert_all(self)
        self._check_pictures()
        self._check_layers()
        self._check_colours()
        if self.resume and self.optimizer == "tfp_lbfgs":
            raise StyleError(
                "resume: optimizer tfp_lbfgs keeps no checkpoints to go on from; use lbfgs or adam"
            )
        if self.keep_in_range and self.optimizer == "tfp_lbfgs":
            raise StyleError("keep_in_range: optimizer tfp_lbfgs has no bounds; use lbfgs or adam")
        if not self.learning_rate > 0:
            raise StyleError(f"learning_rate: received {self.learning_rate:g}, must be above 0")
        if self.scales > self.max_iterations:
            raise StyleError(
                f"scales: received {self.scales} with {self.max_iterations} iterations; each scale "
                "needs one: lower scales, or raise max_iterations"
            )
        if self.draft_weights and self.scales == 1:
            raise StyleError(
                f"draft_weights: received {self.draft_weights} with scales 1; it is for the scales "
                "before the last: give scales 2 or more"
            )
        self._check_weights("scale_shares", self.scales, "scales")
        if os.path.basename(self.img_name) != self.img_name or self.img_name in ("", ".", ".."):
            raise StyleError(
                f"img_name: received {shown(self.img_name)}, must be a plain name; "
                "folders go into img_output_dir"
            )
        kind, _, number = self.device.lower().lstrip("/").removeprefix("device:").partition(":")
        if kind not in ("gpu", "cpu") or not re.fullmatch("[0-9]{0,3}", number):
            raise StyleError(
                f"device: received {shown(self.device)}, allowed are /cpu:0, /gpu:0, /gpu:1, ..."
            )
        object.__setattr__(self, "device", f"/{kind}:{number or 0}")
        _ = self.max_memory_bytes  # raises if it is not allowed

    @property
    def max_memory_bytes(self) -> int | None:
        """How many bytes max_memory is; None for what is free."""
        if self.max_memory.lower() == "free":
            return None
        found = re.fullmatch(r"(\d+\.?\d*|\.\d+) ?([kmgt])(i?b)?", self.max_memory, re.IGNORECASE)
        count = found and float(found[1]) * 2 ** (10 * (1 + "kmgt".index(found[2].lower())))
        if not count or not 1 <= count < 2**63:
            raise StyleError(
                f"max_memory: received {shown(self.max_memory)}, must be a number with its unit "
                "such as 4G or 800M, or free"
            )
        return int(count)

    @property
    def keeps_colors(self) -> bool:
        """Whether the result has the photograph's colours."""
        return self.original_colors or self.transfer == "style"

    def network_spec(self) -> "NetworkSpec":
        """Return what its network is, with all layers that its losses need."""
        # Here, since settings are read without TensorFlow.
        from neural_style.networks.registry import NetworkSpec

        return NetworkSpec(
            self.model_weights,
            tuple(dict.fromkeys(name for names in self.active_layers() for name in names)),
            self.network,
            self.pooling_type,
            self.precision,
            self.border_type,
        )

    def active_layers(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the content and the style layers that have a weight, or may with strength."""
        has_content = self.content_weight or self.strength is not None
        return (
            self.content_layers if has_content else (),
            self.style_layers if self.style_weight else (),
        )

    def _read_short_forms(self) -> None:
        """Take style_imgs' `style@mask:weight` apart, into the settings of their own."""
        given = self.style_imgs
        given = given if isinstance(given, list | tuple) else (given,)
        folder = converted(FIELDS["style_imgs_dir"], self.style_imgs_dir)
        parts = [_short_form(style, folder) for style in given]
        masks = [mask for _, mask, _ in parts if mask]
        weights = [weight for _, _, weight in parts if weight]
        for received, name in ((masks, "style_mask_imgs"), (weights, "style_imgs_weights")):
            if received and getattr(self, name):
                raise StyleError(
                    f"{name} is given, and style_imgs has {received[0]} for it too: give it in "
                    "one place"
                )
        if masks and len(masks) < len(parts):
            bare = next(style for style, mask, _ in parts if not mask)
            raise StyleError(
                f"style_imgs: received {bare} without a mask beside styles with one; give each its "
                "mask, as in stone.jpg@rest.png"
            )
        object.__setattr__(self, "style_imgs", tuple(style for style, _, _ in parts))
        if masks:
            object.__setattr__(self, "style_mask", True)
            object.__setattr__(self, "style_mask_imgs", tuple(masks))
        if weights:
            weights = tuple(weight or "1" for _, _, weight in parts)
            object.__setattr__(self, "style_imgs_weights", weights)

    def _check_pictures(self) -> None:
        if self.strength is not None and self.style_weight == 0:
            raise StyleError(
                f"strength: received {self.strength:g} with style_weight 0, which leaves no style "
                "to weigh: drop strength, or set style_weight above 0"
            )
        if self.content_weight == 0 == self.style_weight:
            raise StyleError(
                "content_weight and style_weight are both 0: set one above 0, or there is "
                "nothing to paint"
            )
        if self.content_img is None and self.active_layers()[0]:
            raise StyleError("content_img is missing: give the photograph to paint")
        if not self.style_imgs and self.style_weight > 0:
            raise StyleError("style_imgs is missing: give at least one picture to take style from")
        self._check_weights("style_imgs_weights", len(self.style_imgs), "styles")
        if len(self.style_scale) not in (0, 1, len(self.style_imgs)):
            raise StyleError(
                f"style_scale: received {len(self.style_scale)} for {len(self.style_imgs)} styles; "
                "give one for all, one for each, or none"
            )
        if self.style_mask_imgs and not self.style_mask:
            raise StyleError(
                "style_mask_imgs is given but style_mask is off: add -style_mask, or drop the masks"
            )
        if self.style_mask and len(self.style_mask_imgs) != len(self.style_imgs):
            raise StyleError(
                f"style_mask_imgs: received {len(self.style_mask_imgs)} masks for "
                f"{len(self.style_imgs)} styles; give one for each style, in their order"
            )

        if self.keep_background and not self.style_mask:
            raise StyleError(
                "keep_background: there are no masks to tell what the background is: add "
                "-style_mask and style_mask_imgs"
            )
        if self.keep_background and self.content_img is None:
            raise StyleError("keep_background needs content_img; give the photograph")
        self._check_regions()

    def _check_regions(self) -> None:
        if self.content_regions is None and not self.style_regions:
            return
        if self.content_regions is None:
            raise StyleError(
                "content_regions is missing: style_regions needs a label map of the photograph too"
            )
        if len(self.style_regions) != len(self.style_imgs):
            raise StyleError(
                f"style_regions: received {len(self.style_regions)} label maps for "
                f"{len(self.style_imgs)} styles; give one for each style, in their order"
            )
        if self.style_mask:
            raise StyleError(
                "style_mask: content_regions says already where styles go: drop the masks or the "
                "regions"
            )

    def _check_layers(self) -> None:
        for name in ("content_layers", "style_layers"):
            layers = getattr(self, name)
            if not layers:
                raise StyleError(f"{name}: received none, give at least one layer")
            try:
                resolved = [resolve_layer(layer, self.network) for layer in layers]
            except StyleError as error:
                raise StyleError(f"{name}: {error}") from None
            if len(set(resolved)) < len(resolved):
                raise StyleError(f"{name}: received {' '.join(layers)}, name each layer once")
        self._check_layers_of_styles()
        self._check_weights("content_layer_weights", len(self.content_layers), "content layers")
        self._check_weights("style_layer_weights", len(self.style_layers), "style layers")

    def layers_of_styles(self) -> list[tuple[str, ...]]:
        """Return for each style the layers in which it is compared."""
        if not self.style_imgs_layers:
            return [self.style_layers] * len(self.style_imgs)
        return [tuple(entry.split(",")) for entry in self.style_imgs_layers]

    def _check_layers_of_styles(self) -> None:
        name, entries = "style_imgs_layers", self.style_imgs_layers
        if entries and len(entries) != len(self.style_imgs):
            raise StyleError(
                f"{name}: received {len(entries)} entries for {len(self.style_imgs)} styles; give "
                "one for each, its layers joined by commas, or none"
            )
        for layer in [layer for layers in self.layers_of_styles() for layer in layers]:
            if layer not in self.style_layers:
                raise StyleError(
                    f"{name}: received {shown(layer)}, allowed are the style_layers "
                    f"{', '.join(self.style_layers)}{did_you_mean(layer, self.style_layers)}"
                )

    def _check_colours(self) -> None:
        if self.transfer == "color" and self.original_colors:
            raise StyleError(
                "transfer: color takes the styles' colours and original_colors keeps the "
                "photograph's: drop one of them"
            )
        matched = self.color_match != "auto"
        from_styles = self.transfer == "color" or (matched and not self.keeps_colors)
        wanted = f"color_match: {self.color_match}" if matched else f"transfer: {self.transfer}"
        if from_styles and not self.style_imgs:
            raise StyleError(f"{wanted} needs style_imgs, to take their colours; give at least one")
        needs_photograph = self.transfer != "both" or (matched and self.keeps_colors)
        if needs_photograph and self.content_img is None:
            raise StyleError(f"{wanted} needs content_img; give the photograph")
        places = "style_mask" if self.style_mask else "content_regions"
        if from_styles and (self.style_mask or self.content_regions is not None):
            raise StyleError(
                f"{places}: {wanted.replace(':', '')} gives a picture the styles' colours as a "
                f"whole: drop the {'masks' if self.style_mask else 'label maps'}"
            )
        if from_styles and self.transfer == "both" and self.color_convert_time == "before":
            raise StyleError(
                "color_convert_time: before makes the styles take the photograph's colours, which "
                "needs transfer style; with transfer both color_match gives the result the "
                "styles': use after"
            )

    def _check_weights(self, name: str, count: int, things: str) -> None:
        weights = getattr(self, name)
        if weights and len(weights) != count:
            raise StyleError(
                f"{name}: received {len(weights)} weights for {count} {things}; give one for "
                "each, or none for equal weights"
            )
        if weights and sum(weights) == 0:
            raise StyleError(f"{name}: received only zeros, at least one must be above 0")
        if sum(weights) > MOST_TOGETHER:
            raise StyleError(
                f"{name}: received {sum(weights):g} in all, must be at most {MOST_TOGETHER:g}; "
                "they are relative to their sum: use smaller ones"
            )

    @classmethod
    def load(cls, *sources: str | os.PathLike[str], **settings: Any) -> "Config":
        """Return the Config of presets or files, and of further settings.

        Args:
            *sources: names of presets (`gatys`), YAML files, or pictures that neural_style has
                made; a later one overrides an earlier one. Where one has content_weight or
                style_weight, the strength of an earlier one is overridden as well.
            **settings: override them all.

        Raises:
            StyleError: a source that cannot be read, an unknown key, a value not allowed, or
                strength beside content_weight or style_weight in `settings`.
        """
        weights = [name for name in BALANCE if name in settings]
        if weights and settings.get("strength") is not None:
            raise StyleError(
                f"strength: received {settings['strength']} with {weights[0]}, and strength "
                "decides the ratio of content_weight and style_weight: give it or them"
            )
        merged: dict[str, Any] = {}
        for later in (*map(load_settings, sources), settings):
            if any(name in later for name in BALANCE):
                merged.pop("strength", None)
            merged |= later
        return cls(**merged)

    def adjusted(self, weights: Mapping[str, Any]) -> "Config":
        """Return it with other weights, as they may change while a picture is painted.

        Raises:
            StyleError: a value that is not allowed, or a setting that is none of LIVE.
        """
        for name in weights:
            if name not in LIVE:
                raise StyleError(
                    f"{name} cannot change while it paints; allowed are {', '.join(LIVE)}"
                )
        return dataclasses.replace(self, **weights)

    def settings(self) -> dict[str, Any]:
        """Return what makes the picture, as plain values for YAML.

        Settings of the run alone (overwrite, save_every, ...) are left out. An array becomes a
        note that cannot be loaded again.
        """
        return {
            field.name: _plain(getattr(self, field.name))
            for field in dataclasses.fields(self)
            if not field.metadata.get("of_run")
        }

    def to_yaml(self) -> str:
        """Return `settings()` as YAML 1.2."""
        return settings_text.dump(self.settings())


def load_settings(
    source: str | os.PathLike[str], known: Collection[str] | None = None
) -> dict[str, Any]:
    """Read the settings of a preset, a YAML file, or a picture made by neural_style.

    Args:
        source: the name or the path.
        known: names of settings that it may have; Config's if None.

    Raises:
        StyleError: no such preset or file, not readable, or an unknown key.
    """
    path = _preset_path(source) or Path(os.path.expanduser(source))
    if not os.path.isfile(path):
        problem = "is no file" if os.path.exists(path) else "does not exist"
        problem = "is a folder" if os.path.isdir(path) else problem
        if not os.fspath(source).strip():
            path, problem = "a name", "is missing"
        raise StyleError(
            f"config: {path} {problem}; give a YAML file, a picture made by neural_style, or a "
            f"preset ({', '.join(preset_names())})"
        )
    if path.suffix.lower() in PICTURES:
        from neural_style.images.read import read_settings_text  # loads the picture libraries

        text = read_settings_text(path)
    else:
        text = settings_text.read_text(path)
    settings = settings_text.parse(text, path)
    known = FIELDS if known is None else known
    for key in settings:
        if key not in known:
            hint = did_you_mean(key, known) if isinstance(key, str) else ""
            raise StyleError(f"config: {path} has the unknown key {shown(key)}{hint}")
    return {key: value for key, value in settings.items() if value is not None}


def preset_names() -> list[str]:
    """Return the names of the presets that come with the package."""
    return sorted(path.stem for path in _preset_folder().glob("*.yaml"))


def _preset_folder() -> Path:
    """Return configs/: inside the package once installed, beside it in a checkout."""
    package = Path(__file__).parent.parent
    inside = package / "configs"
    return inside if inside.is_dir() else package.parent / "configs"


def samples_folder() -> Path | None:
    """Return the samples: inside the package once installed, image_input/ in a checkout."""
    package = Path(__file__).parent.parent
    places = (package / "samples", package.parent / "image_input")
    return next((place for place in places if (place / "lake.jpg").is_file()), None)


def _preset_path(source: str | os.PathLike[str]) -> Path | None:
    return _preset_folder() / f"{source}.yaml" if str(source) in preset_names() else None


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if hasattr(value, "__array__"):
        return ARRAY_NOTE + " x ".join(map(str, value.shape))
    return value


# The style ends like a file (.jpg); so the @ of me@home/sky.jpg parts nothing.
_SHORT_FORM = re.compile(
    r"(?P<style>.+?\.\w+)(@(?P<mask>.+?))?(:(?P<weight>[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?))?",
    re.IGNORECASE,
)


def _short_form(style: Any, folder: str) -> tuple[Any, str | None, str | None]:
    """Return style, mask and weight of `style@mask:weight`, of which all but the first may lack.

    A file of that very name, from here or in `folder`, is a style without more.
    """
    found = isinstance(style, str) and _SHORT_FORM.fullmatch(style)
    if not found or not (found["mask"] or found["weight"]):
        return style, None, None
    path = os.path.expanduser(style)
    folders = ("", os.path.expanduser(folder))
    if any(os.path.isfile(os.path.join(parent, path)) for parent in folders):
        return style, None, None
    return found["style"], found["mask"], found["weight"]


FIELDS: dict[str, dataclasses.Field] = {field.name: field for field in dataclasses.fields(Config)}
# Those that are pictures or masks.
PICTURE_SETTINGS = tuple(
    name for name, field in FIELDS.items() if kind_of(field)[0] not in (bool, int, float, str)
)
