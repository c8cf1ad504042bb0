"""Writes the PNG picture that RGBImageTests reads, without any picture library: python record_png.py > python.png

Pixel (x, y) is (7x mod 256, 13y mod 256, (x + 3y) mod 256); row y has filter type y mod 5.
"""
import struct
import sys
import zlib

WIDTH, HEIGHT = 37, 21


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def paeth(a, b, c):
    p = a + b - c
    distances = [(abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c)]
    return min(distances)[2]


rows, above = b"", [0] * (3 * WIDTH)
for y in range(HEIGHT):
    row = [v for x in range(WIDTH) for v in (7 * x % 256, 13 * y % 256, (x + 3 * y) % 256)]
    left = [0, 0, 0] + row[:-3]
    upper_left = [0, 0, 0] + above[:-3]
    predicted = {
        0: lambda n: 0, 1: lambda n: left[n], 2: lambda n: above[n], 3: lambda n: (left[n] + above[n]) // 2,
        4: lambda n: paeth(left[n], above[n], upper_left[n]),
    }[y % 5]
    rows += bytes([y % 5]) + bytes((row[n] - predicted(n)) % 256 for n in range(3 * WIDTH))
    above = row
sys.stdout.buffer.write(
    b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0))
    + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))
