"""scikit-learn's handwritten digits as grey images."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def digit_pictures() -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Return the 1,797 digits (n, 8, 8), white on black, and which each is (Alpaydin & Kaynak 1998)."""
    from sklearn.datasets import load_digits

    found = load_digits()
    return (found.images * (255 / 16)).round().astype(np.uint8), found.target.astype(np.int64)
