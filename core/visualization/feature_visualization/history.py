"""The history of an activation maximisation: scores by step, latest and best images."""

from __future__ import annotations

import io
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from core.encoding import csv_text, npz_bytes
from core.visualization.feature_visualization.records import Frame, Made, Pixels

GAP = 4  # pixels between pictures of a sheet


class History:
    """The frames of one run, without their pictures but for the latest and the `best`, JPEGs both."""

    def __init__(self) -> None:
        self.latest: Frame | None = None
        self.made: Made | None = None
        self.best: tuple[bytes, ...] = ()
        self._rows: list[tuple[int, tuple[float, ...], tuple[float, ...]]] = []

    def add(self, frames: Iterable[Frame]) -> History:
        """Take frames in, in their order, and return itself."""
        for frame in frames:
            known = self.best or frame.pictures
            is_best = [isinstance(frame, Made) or step == frame.step for step in frame.best_steps]
            self.best = tuple(
                new if new_best else old for new, old, new_best in zip(frame.pictures, known, is_best, strict=True)
            )
            self.latest = frame
            if isinstance(frame, Made):
                self.made = frame
            else:
                self._rows.append((frame.step, frame.scores, frame.seen))
        return self

    @property
    def pixels(self) -> Pixels:
        """Return the best pictures, uint8 (pictures, side, side, 3): exact at the end, before it as they were shown."""
        if self.made is not None:
            return self.made.pixels
        return np.stack([np.asarray(Image.open(io.BytesIO(content))) for content in self.best])

    @property
    def steps(self) -> NDArray[np.int64]:
        """Return the steps at which the pictures were judged, (frames,)."""
        return np.array([step for step, _, _ in self._rows], dtype=np.int64)

    @property
    def scores(self) -> NDArray[np.float64]:
        """Return the scores of the pictures as they are, (frames, pictures)."""
        return np.array([scores for _, scores, _ in self._rows], dtype=np.float64)

    @property
    def seen(self) -> NDArray[np.float64]:
        """Return the mean scores of what the network saw since the frame before, (frames, pictures)."""
        return np.array([seen for _, _, seen in self._rows], dtype=np.float64)

    def to_csv(self) -> bytes:
        """Return the scores as CSV: step, picture, score, and the mean score under the random changes."""
        rows = (
            (step, index, *pair)
            for step, scores, seen in self._rows
            for index, pair in enumerate(zip(scores, seen, strict=True))
        )
        return csv_text(("step", "picture", "score", "score_under_changes"), rows).encode()

    def to_npz(self) -> bytes:
        """Return pixels and logits of the best pictures, with all scores. There is an end to be had."""
        if self.made is None:
            raise ValueError("nothing has been made yet")
        return npz_bytes(
            pixels=self.made.pixels,
            logits=self.made.logits,
            best=np.array(self.made.best),
            best_steps=np.array(self.made.best_steps),
            steps=self.steps,
            scores=self.scores,
            seen=self.seen,
        )


def sheet(pixels: Pixels) -> Pixels:
    """Return pictures, (pictures, side, side, 3), side by side with white between: (side, width, 3)."""
    white = np.full((pixels.shape[1], GAP, 3), 255, np.uint8)
    parts = [part for picture in pixels for part in (white, picture)]
    return np.concatenate(parts[1:], axis=1)
