"""Pictures' memory: kept by the process from one picture to the next.

A decoded 1080p picture has 3 MB and its pixels 6. The C library hands blocks of that size back to
the system when they are freed and asks for new ones, which the system clears page by page: a
tenth of the sampler's time, measured. Two thresholds of glibc (mallopt(3)) end that. What is kept
is kept in two places, not in one for each thread that ever asked.
"""

from __future__ import annotations

import ctypes
import platform
from functools import cache

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8  # malloc.h
_LARGEST_BLOCK = 32 << 20  # the most glibc takes: a 4K picture's pixels have 25 MB
_ARENAS = 2  # one a vCPU; ten threads' own would keep 70 MB more
_FREE_KEPT = 64 << 20  # of free memory: what a chunk's decoders and pictures in flight come to


@cache
def keep_freed_memory() -> bool:
    """Let the process keep up to 64 MB that it frees; once, and for all its threads.

    Returns:
        Whether this system's C library can be told so (glibc can, musl and macOS cannot).
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
