"""Pictures' memory: kept by the process from one picture to the next.

A decoded 1080p picture has 3 MB and its pixels 6. The C library hands blocks of that size back to
the system when they are freed and asks for new ones, which the system clears page by page: a
tenth of the sampler's time, measured. Two thresholds of glibc (mallopt(3)) end that.
"""

from __future__ import annotations

import ctypes
from functools import cache

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # malloc.h
_LARGEST_BLOCK = 32 << 20  # the most glibc takes: a 4K picture's pixels have 25 MB
_FREE_KEPT = 128 << 20  # of free memory: what a chunk's decoders and pictures in flight come to


@cache
def keep_freed_memory() -> bool:
    """Let the process keep up to 128 MB that it frees; once, and for all its threads.

    Returns:
        Whether this system's C library can be told so (glibc can, musl and macOS cannot).
    """
    set_option = getattr(ctypes.CDLL(None), "mallopt", None)
    if set_option is None:
        return False
    kept = set_option(_M_MMAP_THRESHOLD, _LARGEST_BLOCK)
    return bool(kept and set_option(_M_TRIM_THRESHOLD, _FREE_KEPT))
