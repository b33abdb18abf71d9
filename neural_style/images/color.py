"""Keep the photograph's colors: its chroma under the result's luminance.

Source: Gatys, Bethge, Hertzmann and Shechtman, "Preserving Color in Neural Artistic Style
Transfer", 2016, section 3.2 (luminance-only transfer).
"""

from __future__ import annotations

import cv2
import numpy as np

from neural_style.images.picture import to_unit

# The first channel of each is luminance, the others are chroma.
CONVERSIONS = {
    "yuv": (cv2.COLOR_RGB2YUV, cv2.COLOR_YUV2RGB),
    "ycrcb": (cv2.COLOR_RGB2YCrCb, cv2.COLOR_YCrCb2RGB),
    "luv": (cv2.COLOR_RGB2LUV, cv2.COLOR_LUV2RGB),
    "lab": (cv2.COLOR_RGB2LAB, cv2.COLOR_LAB2RGB),
}


def keep_colors(painted: np.ndarray, content: np.ndarray, space: str) -> np.ndarray:
    """Return the painted picture's luminance with the content's chroma.

    Args:
        painted: [H, W, 3], RGB, [0, 255]; what lies outside is cut off.
        content: the same.
        space: `yuv`, `ycrcb`, `luv` or `lab`.

    Returns:
        [H, W, 3], float32, RGB, [0, 255].
    """
    there, back = CONVERSIONS[space]
    light = cv2.cvtColor(to_unit(painted), there)[..., :1]
    chroma = cv2.cvtColor(to_unit(content), there)[..., 1:]
    merged = cv2.cvtColor(np.concatenate([light, chroma], -1), back)
    return np.clip(merged, 0, 1) * np.float32(255)


def luminance_only(picture: np.ndarray, space: str) -> np.ndarray:
    """Return the picture [H, W, 3], RGB, [0, 255], without its chroma: gray in three channels."""
    return keep_colors(picture, np.full_like(picture, 128), space)
