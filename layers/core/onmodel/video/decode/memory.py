"""Keeps freed memory in the process, for the next picture.

A decoded 1080p picture has 3 MB and its BGR pixels have 6. By default the C library returns freed
blocks of that size to the system. The system clears every page of a new block, which took a tenth
of the sampler's time. Two thresholds of glibc (mallopt(3)) avoid this. A third option limits the
number of arenas, because each arena keeps freed memory of its own.
"""

from __future__ import annotations

import ctypes
import platform
from functools import cache

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8  # malloc.h
_LARGEST_BLOCK = 32 << 20  # the maximum of glibc; the pixels of a 4K picture have 25 MB
_ARENAS = 2  # one per vCPU; one per thread would keep 70 MB more with ten threads
_FREE_KEPT = 64 << 20  # bytes: about what the decoders and pictures of a chunk take


@cache
def keep_freed_memory() -> bool:
    """Let the process keep up to 64 MB of freed memory; applies to all its threads.

    Returns:
        Whether the C library supports this (glibc does; musl and macOS do not).
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    set_option = ctypes.CDLL(None).mallopt
    options = (
        (_M_ARENA_MAX, _ARENAS),
        (_M_MMAP_THRESHOLD, _LARGEST_BLOCK),
        (_M_TRIM_THRESHOLD, _FREE_KEPT),
    )
    return all(set_option(*option) for option in options)
