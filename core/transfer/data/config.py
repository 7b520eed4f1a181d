"""The configuration of a transfer task: data set, backbone, seeds; small enough to pickle."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.errors import UserError
from core.i18n import N_
from core.transfer.data.catalogue import DATASETS
from core.transfer.data.labelled_images import LabelledPictures, Prepared, prepare_pictures, stratified_sample
from core.transfer.data.uploaded import UploadedDataset

if TYPE_CHECKING:
    from core.architectures.loading import Backbone

PER_CLASS = 40


@dataclass(frozen=True, kw_only=True)
class TransferConfig:
    """Data and a backbone: at most `per_class` pictures of each class, drawn with `seed`.

    `dataset` is a name in `DATASETS`; `own` holds a person's own pictures where that is their place. `weights` is the
    backbone's weight set, `weights_seed` what untrained weights are drawn with.
    """

    dataset: str
    backbone: str
    weights: str
    weights_seed: int = 0
    per_class: int = PER_CLASS
    seed: int = 0
    own: UploadedDataset = field(default_factory=UploadedDataset)

    def labelled(self) -> LabelledPictures:
        """Return the pictures with their classes. Raises `UserError` where there are none."""
        load = DATASETS[self.dataset].load
        if load is not None:
            return load()
        if not self.own.members:
            raise UserError(N_("You have added no pictures yet."), N_("Add a ZIP archive, or pictures class by class."))
        return self.own.labelled()

    def network(self) -> Backbone:
        """Return the backbone, loaded anew."""
        from core.architectures.loading import load

        return load(self.backbone, self.weights, self.weights_seed)

    def prepared(self, backbone: Backbone) -> Prepared:
        """Return the pictures as the backbone receives them. Raises `UserError` where they cannot be compared."""
        return prepare_pictures(self.labelled(), backbone.preprocessing, self.per_class, self.seed)

    def with_judges(self, backbone: Backbone, count: int) -> tuple[Prepared, NDArray[np.bool_]]:
        """Return those pictures and others of the set, `count` in all if it has so many, and which were chosen (n,)."""
        labelled = self.labelled()
        per_class = max(self.per_class, -(-count // len(labelled.classes)))
        pictures = prepare_pictures(labelled, backbone.preprocessing, per_class, self.seed)
        return pictures, np.isin(pictures.places, stratified_sample(labelled.labels, self.per_class, self.seed))
