"""The sanity check of Adebayo et al. (2018): similarity of maps from trained and random weights."""

from __future__ import annotations

import numpy as np

from core.visualization.attribution.base import Floats

ALIKE = 0.5
"""Maps of a trained and of a random network that agree more than that show the picture rather than what was learned."""


def rank_correlation(first: Floats, second: Floats) -> float | None:
    """Return Spearman's rank correlation of two maps of one shape, in [−1, 1]; None where one of them is flat.

    (Adebayo et al. 2018, "Sanity checks for saliency maps", arXiv:1810.03292.)
    """
    if not (np.ptp(first) > 0 and np.ptp(second) > 0):
        return None
    from scipy.stats import spearmanr

    return float(spearmanr(first, second, axis=None).statistic)
