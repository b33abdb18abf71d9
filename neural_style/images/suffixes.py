"""How the names of pictures end. No picture library is needed to know it."""

# The formats that are written; each can hold a picture's settings.
WRITTEN = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff")
# Endings that stand for a picture, though none is written so.
NOT_WRITTEN = (
    *(".gif", ".bmp", ".dib", ".jp2", ".j2k", ".jpx", ".jxl", ".jfif", ".jpe", ".heic", ".heif"),
    *(".hif", ".avif", ".apng", ".tga", ".ico", ".pcx", ".qoi", ".psd", ".ppm", ".pgm", ".pnm"),
    *(".pbm", ".hdr", ".exr", ".pfm", ".eps", ".svg", ".pdf", ".dng", ".raw", ".mpo", ".xcf"),
)
