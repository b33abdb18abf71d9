"""Change bytes as accidents and attackers do."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable

from numpy.random import Generator

# Values that lie at the borders of what formats count in.
EDGES = (0, 1, 0x7F, 0x80, 0xFF, 0x100, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 0x7FFFFFFF, 0xFFFFFFFF)
HEADER = 96  # bytes, in which most formats say how large a picture is


def mutated(data: bytes, random: Generator) -> bytes:
    """Return the data with one to four changes, or as it is in one case of eight."""
    if random.random() < 1 / 8:
        return data
    changes = list(PNG_CHANGES if data.startswith(b"\x89PNG") else ()) + list(CHANGES)
    for _ in range(random.integers(1, 5)):
        data = changes[random.integers(len(changes))](data, random)
    return data


def _place(data: bytes, random: Generator, header: float = 0.5) -> int:
    """Return a random place, in the header more often than by chance."""
    end = min(len(data), HEADER) if random.random() < header else len(data)
    return int(random.integers(max(end, 1)))


def _flip(data: bytes, random: Generator) -> bytes:
    changed = bytearray(data)
    for _ in range(random.integers(1, 9)):
        if changed:
            changed[_place(data, random)] ^= 1 << int(random.integers(8))
    return bytes(changed)


def _overwrite(data: bytes, random: Generator) -> bytes:
    place, count = _place(data, random), int(random.integers(1, 33))
    return data[:place] + random.bytes(count) + data[place + count :]


def _number(data: bytes, random: Generator) -> bytes:
    """Put a number of 16 or 32 bits, of either order of bytes, somewhere."""
    value = EDGES[random.integers(len(EDGES))]
    order, form = "<>"[random.integers(2)], "HI"[random.integers(2)]
    number = struct.pack(order + form, value & (0xFFFF if form == "H" else 0xFFFFFFFF))
    place = _place(data, random, 0.8)
    return data[:place] + number + data[place + len(number) :]


def _cut(data: bytes, random: Generator) -> bytes:
    return data[: _place(data, random, 0.2)]


def _remove(data: bytes, random: Generator) -> bytes:
    place = _place(data, random)
    return data[:place] + data[place + int(random.integers(1, 65)) :]


def _insert(data: bytes, random: Generator) -> bytes:
    place = _place(data, random)
    return data[:place] + random.bytes(int(random.integers(1, 65))) + data[place:]


def _repeat(data: bytes, random: Generator) -> bytes:
    """Write a part of the data twice, or a thousand times."""
    place = _place(data, random, 0.2)
    part = data[place : place + int(random.integers(1, 257))]
    return data[:place] + part * (2, 1000)[random.integers(2)] + data[place:]


def _swap(data: bytes, random: Generator) -> bytes:
    """Exchange two neighbouring parts."""
    first, second, third = sorted(_place(data, random, 0.1) for _ in range(3))
    return data[:first] + data[second:third] + data[first:second] + data[third:]


def _blank(data: bytes, random: Generator) -> bytes:
    place, count = _place(data, random, 0.2), int(random.integers(1, 513))
    return data[:place] + bytes([(0, 255)[random.integers(2)]]) * count + data[place + count :]


def _chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    """Return name and content of a PNG's chunks, as far as they can be told."""
    found, place = [], 8
    while place + 12 <= len(data):
        (length,) = struct.unpack(">I", data[place : place + 4])
        found.append((data[place + 4 : place + 8], data[place + 8 : place + 8 + length]))
        place += 12 + length
    return found


def _png(chunks: list[tuple[bytes, bytes]]) -> bytes:
    """Return a PNG of chunks, all with the right sums."""
    parts = [b"\x89PNG\r\n\x1a\n"]
    for name, content in chunks:
        total = struct.pack(">I", zlib.crc32(name + content))
        parts.append(struct.pack(">I", len(content)) + name + content + total)
    return b"".join(parts)


def _swap_chunks(data: bytes, random: Generator) -> bytes:
    chunks = _chunks(data)
    random.shuffle(chunks)
    return _png(chunks[: int(random.integers(1, len(chunks) + 1))] if chunks else chunks)


def _lie_in_header(data: bytes, random: Generator) -> bytes:
    """Change width, height, depth, colours, compression, filter or interlacing of a PNG."""
    chunks = _chunks(data)
    if chunks and len(chunks[0][1]) == 13:
        header = list(struct.unpack(">IIBBBBB", chunks[0][1]))
        field = int(random.integers(len(header)))
        edge = EDGES[random.integers(len(EDGES))]
        header[field] = edge if field < 2 else int(random.integers(20))
        chunks[0] = (chunks[0][0], struct.pack(">IIBBBBB", *header))
    return _png(chunks)


def _change_chunk(data: bytes, random: Generator) -> bytes:
    """Change the content of a PNG's chunk, whose sum is right again afterwards."""
    chunks = _chunks(data)
    if chunks:
        chosen = int(random.integers(len(chunks)))
        name, content = chunks[chosen]
        chunks[chosen] = (name, CHANGES[random.integers(len(CHANGES))](content, random))
    return _png(chunks)


Change = Callable[[bytes, Generator], bytes]
CHANGES: tuple[Change, ...] = (
    *(_flip, _overwrite, _number, _cut, _remove, _insert, _repeat, _swap, _blank),
)
PNG_CHANGES: tuple[Change, ...] = (_swap_chunks, _lie_in_header, _change_chunk, _change_chunk)
