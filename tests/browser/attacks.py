"""Files that are not what they say."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from pathlib import Path

from PIL import Image

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="99" height="99">'
    '<script>document.title = "taken"</script></svg>'
)


def hostile(folder: Path, kind: str) -> Path:
    """Write a file: a zip named .png, an SVG with a script, a huge header, or text."""
    path = folder / {"svg": "drawing.svg"}.get(kind, f"{kind}.png")
    if kind == "zip":
        with zipfile.ZipFile(path, "w") as file:
            file.writestr("evil.txt", "x" * 1000)
    elif kind == "svg":
        path.write_text(SVG)
    elif kind == "bomb":
        path.write_bytes(huge_png())
    else:
        path.write_text("not a picture")
    return path


def huge_png(side: int = 30_000) -> bytes:
    """Return a small PNG whose header says that it is `side` pixels wide and high."""
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, "PNG")
    data = bytearray(file.getvalue())
    data[16:24] = struct.pack(">II", side, side)
    data[29:33] = struct.pack(">I", zlib.crc32(data[12:29]))
    return bytes(data)
