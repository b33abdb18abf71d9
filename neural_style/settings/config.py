"""Every setting once: its default, help and limits. Flags, YAML keys and the API derive from it."""

import dataclasses
import itertools
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from neural_style.networks.layers import NETWORKS
from neural_style.runtime.errors import StyleError
from neural_style.settings import text
from neural_style.settings.checks import check_all
from neural_style.settings.fields import ImageSource, convert, convert_all, kind_of, plain, setting
from neural_style.settings.files import load_settings
from neural_style.settings.machine import normal_device, parse_bytes
from neural_style.settings.short_forms import expand

if TYPE_CHECKING:
    from neural_style.networks.registry import NetworkSpec

# Settings that may change while a picture is being painted (see `transfer.stylize`).
LIVE = (
    *("strength", "content_weight", "style_weight", "tv_weight"),
    *("style_imgs_weights", "content_layer_weights", "style_layer_weights"),
)
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

    content_img: ImageSource | None = setting(
        None, "photograph to paint: a path, or a name in content_img_dir", "Pictures"
    )
    style_imgs: tuple[ImageSource, ...] = setting(
        (),
        "one or more pictures whose style to take: paths, or names in style_imgs_dir; a mask and "
        "a weight may follow, as in sky.jpg@sky_mask.png:0.7",
        "Pictures",
    )
    style_imgs_weights: tuple[float, ...] = setting(
        (),
        "weight of each style, used relative to their sum; equal if not given",
        "Pictures",
        min=0,
    )
    style_fit: str = setting(
        "stretch",
        "how styles are resized: stretch, to the photograph's width and height; keep, in their own "
        "proportions, to its longer side",
        "Pictures",
        choices=("stretch", "keep"),
    )
    style_scale: tuple[float, ...] = setting(
        (),
        "size of the styles relative to that, one for all or one for each: above 1 for larger "
        "strokes, below 1 for smaller ones",
        "Pictures",
        min=0.1,
        max=4,
    )
    style_imgs_layers: tuple[str, ...] = setting(
        (),
        "which of the style_layers each style uses, joined by commas, such as relu4_1,relu5_1 for "
        "large shapes and relu1_1,relu2_1 for fine strokes; all of them if not given",
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
        512, "larger photographs are reduced to this width or height, in pixels", "Pictures", min=16
    )

    style_mask: bool = setting(False, "paint each style only where its mask is white", "Masks")
    style_mask_imgs: tuple[ImageSource, ...] = setting(
        (), "one mask for each style: paths, or names in content_img_dir; white is painted", "Masks"
    )
    mask_feather: float = setting(
        0.0,
        "soften the edges of masks and regions over this many pixels of the result",
        "Masks",
        min=0,
        max=1000,
    )
    mask_normalization: str = setting(
        "report",
        "what is compared under a mask: report, sums, so a small mask is painted more weakly; "
        "area, means over the mask's area (always used for regions)",
        "Masks",
        choices=("report", "area"),
    )
    keep_background: bool = setting(
        False,
        "keep the photograph, pixel for pixel, where no mask is; mask_feather softens the seam",
        "Masks",
    )
    region_boundary: str = setting(
        "resize",
        "which positions of a layer belong to a region: resize, all that lie in it; inside, those "
        "of them that see little of other regions",
        "Masks",
        choices=("resize", "inside"),
    )
    content_regions: ImageSource | None = setting(
        None,
        "label map of the photograph, each region in a flat colour: a path, or a name in "
        "content_img_dir",
        "Masks",
    )
    style_regions: tuple[ImageSource, ...] = setting(
        (),
        "one label map for each style: paths, or names in style_imgs_dir; each region of "
        "content_regions takes its style from the regions of the same colour",
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
        "continue the interrupted run with these settings, if there is one",
        "Result",
        of_run=True,
    )
    save_every: int = setting(
        0, "also save the picture every N iterations; 0 for never", "Result", min=0, of_run=True
    )

    strength: float | None = setting(
        None,
        "how much of the style, from 0, the photograph, to 100, the style alone: the same number "
        "looks alike at every size, and with every network and style_distance; it sets the ratio "
        "of content_weight and style_weight, so give it instead of them",
        "Losses",
        min=0,
        max=100,
    )
    content_weight: float = setting(5.0, "weight of the photograph's content", "Losses", min=0)
    style_weight: float = setting(1e4, "weight of the style", "Losses", min=0)
    tv_weight: float = setting(1e-3, "weight of smoothness (total variation)", "Losses", min=0)
    content_layers: tuple[str, ...] = setting(("conv4_2",), "layers for the content", "Losses")
    style_layers: tuple[str, ...] = setting(
        ("relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"), "layers for the style", "Losses"
    )
    content_layer_weights: tuple[float, ...] = setting(
        (),
        "weight of each content layer, relative to their sum; equal if not given",
        "Losses",
        min=0,
    )
    style_layer_weights: tuple[float, ...] = setting(
        (), "weight of each style layer, relative to their sum; equal if not given", "Losses", min=0
    )
    content_loss_function: int = setting(
        1,
        "factor K of the content loss: 1 is 1/(2 sqrt(N M)), 2 is 1/(N M), 3 is 1/2",
        "Losses",
        choices=(1, 2, 3),
    )
    content_distance: str = setting(
        "raw",
        "what is kept of the photograph's activations: raw, all; centred, all but each channel's "
        "mean; normalised, all but mean and scale, which leaves contrast and colours free",
        "Losses",
        choices=("raw", "centred", "normalised"),
    )
    style_distance: str = setting(
        "gram",
        "what is compared of a style's activations: gram, products of channels; wasserstein, mean "
        "and covariance; mean_std, each channel's mean and deviation; sliced, the distribution",
        "Losses",
        choices=("gram", "wasserstein", "mean_std", "sliced"),
    )
    tv_norm: str = setting(
        "l1",
        "how differences between neighbouring pixels are measured: l1, their sum; l2, the mean of "
        "their squares in units of 1e7, which needs a weight of 100 or more and is the same at "
        "every size",
        "Losses",
        choices=("l1", "l2"),
    )

    network: str = setting(
        "vgg19", "network that compares the pictures", "Network", choices=tuple(NETWORKS)
    )
    model_weights: str = setting(
        "auto",
        "weights of the network: imagenet (downloaded once by Keras), the path of a .h5, "
        ".weights.h5 or .mat file, compact (our own network in place of VGG19, without a "
        "download), or auto (NEURAL_STYLE_WEIGHTS if set, else imagenet, or compact when offline)",
        "Network",
    )
    pooling_type: str = setting(
        "avg", "pooling between the network's blocks", "Network", choices=("avg", "max")
    )
    border_type: str = setting(
        "zeros",
        "what the first layer sees around the picture: zeros, the mean colour, which can leave a "
        "faint frame; edge, the outermost pixels repeated",
        "Network",
        choices=("zeros", "edge"),
    )
    draft_weights: str = setting(
        "",
        "weights, as for model_weights, that paint all scales but the last; compact is the fastest",
        "Network",
    )
    device: str = setting(
        "/gpu:0", "device to run on: /gpu:N or /cpu:N; without a GPU the CPU is used", "Network"
    )
    precision: str = setting(
        "auto",
        "floating-point format of the network; auto is bfloat16 where the device has units for "
        "it, else float32; float16 is for GPUs with units for float16 only",
        "Network",
        choices=("auto", "float32", "bfloat16", "float16"),
    )
    max_memory: str = setting(
        "free",
        "memory that the run may take, such as 4G or 800M; free, all that is free. A picture that "
        "needs more is painted in tiles, with the same result",
        "Network",
        of_run=True,
    )

    optimizer: str = setting(
        "lbfgs",
        "method that optimises the pixels",
        "Optimisation",
        choices=("lbfgs", "adam", "tfp_lbfgs"),
    )
    learning_rate: float = setting(
        1.0, "Adam's step, in grey levels", "Optimisation", min=0, max=255
    )
    keep_in_range: bool = setting(
        False,
        "keep pixels in [0, 255] at every iteration; otherwise they are clipped at the end, which "
        "can undo part of what was gained",
        "Optimisation",
    )
    max_iterations: int = setting(50, "iterations, over all scales together", "Optimisation", min=1)
    scales: int = setting(
        1,
        "paint at this many growing sizes, each starting from the result of the one before",
        "Optimisation",
        min=1,
        max=100,
    )
    scale_shares: tuple[float, ...] = setting(
        (),
        "share of each scale in max_iterations, the coarsest first, relative to their sum; equal "
        "if not given",
        "Optimisation",
        min=0,
    )
    min_size: int = setting(
        128, "width or height of the coarsest of several scales", "Optimisation", min=16
    )
    init_img_type: ImageSource = setting(
        "content", "picture to start from: content, style, random, or a path", "Optimisation"
    )
    noise_ratio: float = setting(
        1.0,
        "with init_img_type random: 1 is noise alone, 0 the photograph",
        "Optimisation",
        min=0,
        max=1,
    )
    seed: int = setting(0, "seed of the noise", "Optimisation", min=0)

    transfer: str = setting(
        "both",
        "what the result takes from the styles: style alone keeps the photograph's colours; color "
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
        "covariance (linear, by the symmetric root or Cholesky's); auto is linear with transfer "
        "color, keeps the photograph's chroma with style, and does nothing with both",
        "Colours",
        choices=("auto", "histogram", "histogram_lab", "linear", "linear_cholesky"),
    )
    color_convert_type: str = setting(
        "yuv",
        "colour space in which the photograph's chroma is kept",
        "Colours",
        choices=("yuv", "ycrcb", "luv", "lab"),
    )
    color_convert_time: str = setting(
        "after",
        "after: recolour the result; before: transfer the luminance alone, then recolour; with "
        "color_match, recolour the styles instead of the result",
        "Colours",
        choices=("after", "before"),
    )

    print_iterations: int = setting(
        50, "without a terminal, print a line every N iterations", "Messages", min=1, of_run=True
    )
    tensorboard: str = setting(
        "", "folder for TensorBoard's scalars and pictures", "Messages", of_run=True
    )
    quiet: bool = setting(False, "print nothing but errors", "Messages", of_run=True)
    verbose: bool = setting(
        False, "print more, including TensorFlow's own messages", "Messages", of_run=True
    )

    def __post_init__(self) -> None:
        """Convert every value and check it, then what must hold between them."""
        folder = convert(FIELDS["style_imgs_dir"], self.style_imgs_dir)
        expanded = expand(self.style_imgs, self.style_mask_imgs, self.style_imgs_weights, folder)
        for name, value in expanded.items():
            object.__setattr__(self, name, value)
        convert_all(self)
        object.__setattr__(self, "device", normal_device(self.device))
        check_all(self)

    @property
    def max_memory_bytes(self) -> int | None:
        """How many bytes max_memory is; None for what is free."""
        return parse_bytes(self.max_memory)

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
            tuple(dict.fromkeys(itertools.chain(*self.active_layers()))),
            self.network,
            self.pooling_type,
            self.precision,
            self.border_type,
        )

    def active_layers(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the content and the style layers that have a weight, or may with strength."""
        has_content = self.content_weight or self.strength is not None
        content = self.content_layers if has_content else ()
        return content, self.style_layers if self.style_weight else ()

    def layers_of_styles(self) -> list[tuple[str, ...]]:
        """Return for each style the layers in which it is compared."""
        if not self.style_imgs_layers:
            return [self.style_layers] * len(self.style_imgs)
        return [tuple(entry.split(",")) for entry in self.style_imgs_layers]

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
                "decides the ratio of content_weight and style_weight: drop one or the other"
            )
        merged: dict[str, Any] = {}
        for later in (*(load_settings(source, FIELDS) for source in sources), settings):
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
            field.name: plain(getattr(self, field.name))
            for field in dataclasses.fields(self)
            if not field.metadata.get("of_run")
        }

    def to_yaml(self) -> str:
        """Return `settings()` as YAML 1.2."""
        return text.dump(self.settings())


FIELDS: dict[str, dataclasses.Field[Any]] = {
    field.name: field for field in dataclasses.fields(Config)
}
# Those that are pictures or masks.
PICTURE_SETTINGS = tuple(name for name, field in FIELDS.items() if kind_of(field)[0] == ImageSource)
