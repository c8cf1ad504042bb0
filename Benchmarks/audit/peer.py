"""libdeflate alone on the files that the audit reads: from the page cache into buffers that are there already.

Nothing is looked at; only gzip's own checksum is verified. Plain files are read into the buffer.
"""
import ctypes
import ctypes.util
import time

from measure import figure
from trees import TREES, files

library = ctypes.CDLL(ctypes.util.find_library("deflate") or "libdeflate.so.0")
library.libdeflate_alloc_decompressor.restype = ctypes.c_void_p
decompress = library.libdeflate_gzip_decompress
decompress.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p, ctypes.c_size_t,
                       ctypes.POINTER(ctypes.c_size_t)]
decompressor = library.libdeflate_alloc_decompressor()
buffer = ctypes.create_string_buffer(1 << 30)
compressed = ctypes.create_string_buffer(1 << 30)


def read(paths):
    """Decompresses the files and returns the bytes that came out."""
    total = 0
    for path in paths:
        with open(path, "rb") as file:
            if path.suffix != ".gz":
                total += file.readinto(buffer)
                continue
            size = file.readinto(compressed)
        written = ctypes.c_size_t()
        if decompress(decompressor, compressed, size, buffer, len(buffer), ctypes.byref(written)) != 0:
            raise SystemExit(f"{path}: not one sound gzip member")
        total += written.value
    return total


for name in TREES:
    paths, times, total = files(name), [], 0
    for _ in range(5):
        start = time.process_time()
        total = read(paths)
        times.append(time.process_time() - start)
    figure(f"{name}, full audit", "libdeflate", total / 1e6 / min(times), "MB/s")
