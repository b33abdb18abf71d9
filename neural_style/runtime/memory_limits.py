"""Whether this process may take the memory that TensorFlow wants before anything is painted.

TensorFlow cannot say so itself: without it, its import ends in an error of the linker or worse.
"""

from __future__ import annotations

from neural_style.runtime.errors import StyleError

# Of address space. Measured: 2.2 GB for 64 x 64 pixels through compact, 2.3 GB through VGG19; with
# 2.0 GB it ended in tracebacks.
LEAST = 5 * 2**29


def check() -> None:
    """Check the limit on address space (`ulimit -v`); to be called before TensorFlow is imported.

    Raises:
        StyleError: it is too low.
    """
    try:
        import resource  # not on Windows
    except ImportError:
        return
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit != resource.RLIM_INFINITY and limit < LEAST:
        raise StyleError(
            f"memory: this process may take {limit / 2**30:.1f} GB of address space (ulimit -v), "
            f"and TensorFlow needs at least {LEAST / 2**30:.1f} GB: raise the limit, or take it "
            "off with ulimit -v unlimited"
        )
