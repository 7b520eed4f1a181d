"""What programs handed out by earlier versions import, and what has replaced it.

A module that is gone is found here, and so are names that are gone from a module which is a package now. Each use says
in a `DeprecationWarning` what replaces it.
"""

from __future__ import annotations

import importlib
import sys
import warnings
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

FORMER_NAMES: dict[str, dict[str, str]] = {
    "core.architectures.backbones": {
        "BACKBONES": "core.architectures.zoo.backbones.BACKBONES",
    },
    "core.architectures.downloads": {
        "fetch": "core.downloads.store.fetch",
    },
    "core.architectures.public_data": {
        "CIFAR10": "core.datasets.public.CIFAR10",
    },
    "core.architectures.receptive_field": {
        "receptive_fields": "core.architectures.receptive_field.fields.receptive_fields",
    },
    "core.architectures.weights": {
        "fetch": "core.downloads.store.fetch",
    },
    "core.images": {
        "decode": "core.images.picture.decode",
        "received": "core.images.preprocessing.fit_to_input",
        "to_array": "core.images.preprocessing.to_array",
    },
    "core.optimization.network_race": {
        "NetworkRace": "core.optimization.network_race.config.NetworkRace",
        "hold": "core.optimization.network_race.race.run_network_race",
    },
    "core.optimization.outcome": {
        "outcomes": "core.optimization.network_race.results.outcomes",
    },
    "core.optimization.tasks": {
        "TASKS": "core.optimization.network_race.tasks.TASKS",
    },
    "core.optimization.training_curves": {
        "Curves": "core.optimization.network_race.curves.Curves",
    },
    "core.own_files": {
        "OwnFile": "core.uploads.files.UploadedFile",
    },
    "core.samples": {
        "sample": "core.datasets.sample_images.sample",
    },
    "core.visualization.arithmetic": {
        "Cell": "core.visualization.arithmetic.explain.Cell",
        "explain_cell": "core.visualization.arithmetic.explain.explain_cell",
    },
    "core.visualization.arithmetic_files": {
        "rows": "core.visualization.arithmetic.export.rows",
        "to_csv": "core.visualization.arithmetic.export.to_csv",
        "to_npz": "core.visualization.arithmetic.export.to_npz",
    },
    "core.visualization.cards": {
        "draw_board": "core.visualization.channel_card.drawing.draw_board",
        "draw_box": "core.visualization.channel_card.drawing.draw_box",
        "draw_map": "core.visualization.channel_card.drawing.draw_map",
    },
    "core.visualization.collections": {
        "Cifar10": "core.visualization.dataset_examples.image_collections.Cifar10",
        "SampleTiles": "core.visualization.dataset_examples.image_collections.SampleTiles",
    },
    "core.visualization.deletion": {
        "judged": "core.visualization.attribution.insertion_deletion.score_map",
    },
    "core.visualization.drawing": {
        "draw_grid": "core.visualization.activations.drawing.draw_grid",
    },
    "core.visualization.evidence": {
        "Scene": "core.visualization.attribution.base.AttributionRequest",
    },
    "core.visualization.evidence_drawing": {
        "draw_evidence": "core.visualization.attribution.drawing.draw_evidence",
    },
    "core.visualization.field_drawing": {
        "FieldTexts": "core.visualization.receptive_field.drawing.FieldTexts",
        "draw_field": "core.visualization.receptive_field.drawing.draw_field",
    },
    "core.visualization.field_growth": {
        "growth": "core.visualization.receptive_field.growth.growth",
        "growth_table": "core.visualization.receptive_field.growth.growth_table",
    },
    "core.visualization.field_shares": {
        "gradient_share": "core.visualization.receptive_field.gradient_share.gradient_share",
    },
    "core.visualization.filter_drawing": {
        "draw_filters": "core.visualization.filters.drawing.draw_filters",
    },
    "core.visualization.filter_figures": {
        "examine": "core.visualization.filters.kernel_statistics.examine",
    },
    "core.visualization.filter_sheets": {
        "FilterView": "core.visualization.filters.layout.FilterView",
    },
    "core.visualization.filter_table": {
        "as_csv": "core.visualization.filters.table.to_csv",
    },
    "core.visualization.filters": {
        "convolution_of": "core.visualization.filters.kernels.convolution_of",
    },
    "core.visualization.found": {
        "Found": "core.visualization.dataset_examples.ranking.Found",
        "Scan": "core.visualization.dataset_examples.ranking.Scan",
        "Table": "core.visualization.dataset_examples.ranking.Table",
        "search": "core.visualization.dataset_examples.search.search",
    },
    "core.visualization.grid": {
        "GridView": "core.visualization.activations.grid.GridView",
        "arrange": "core.visualization.activations.grid.arrange",
    },
    "core.visualization.knockout": {
        "Ablation": "core.visualization.ablation.channel_ablation.Ablation",
        "importance": "core.visualization.ablation.channel_ablation.importance",
        "without": "core.visualization.ablation.channel_ablation.without",
    },
    "core.visualization.knockout_changes": {
        "class_changes": "core.visualization.ablation.changes.class_changes",
        "contribution_of": "core.visualization.ablation.changes.contribution_of",
        "importance_table": "core.visualization.ablation.changes.importance_table",
        "ranking": "core.visualization.ablation.changes.ranking",
        "read_channels": "core.visualization.ablation.changes.read_channels",
    },
    "core.visualization.ladder": {
        "ascend_ladder": "core.visualization.feature_visualization.ingredient_ablation.ascend_stepwise",
    },
    "core.visualization.made_history": {
        "History": "core.visualization.feature_visualization.history.History",
        "sheet": "core.visualization.feature_visualization.history.sheet",
    },
    "core.visualization.maximisation": {
        "Maximisation": "core.visualization.feature_visualization.records.Maximisation",
        "ascend": "core.visualization.feature_visualization.activation_maximisation.ascend",
    },
    "core.visualization.objectives": {
        "Channel": "core.visualization.feature_visualization.objectives.Channel",
        "Direction": "core.visualization.feature_visualization.objectives.Direction",
        "Logit": "core.visualization.feature_visualization.objectives.Logit",
        "Sum": "core.visualization.feature_visualization.objectives.Sum",
        "Unit": "core.visualization.feature_visualization.objectives.Unit",
        "Weighted": "core.visualization.feature_visualization.objectives.Weighted",
    },
    "core.visualization.own_pictures": {
        "Uploads": "core.visualization.dataset_examples.uploaded_collection.Uploads",
    },
    "core.visualization.patch_files": {
        "Titled": "core.visualization.dataset_examples.export.Titled",
        "draw_sheet": "core.visualization.dataset_examples.export.draw_sheet",
        "to_csv": "core.visualization.dataset_examples.export.to_csv",
    },
    "core.visualization.patches": {
        "PatchMaker": "core.visualization.dataset_examples.patches.PatchMaker",
        "field_for": "core.visualization.dataset_examples.patches.field_for",
    },
    "core.visualization.receptive_field": {
        "effective_receptive_field": "core.visualization.receptive_field.effective.effective_receptive_field",
    },
    "core.visualization.robustness": {
        "Robustness": "core.visualization.feature_visualization.random_transforms.Robustness",
    },
}
"""By the former module: each name that programs took from it, and the full name of what has replaced that."""


def former_names(module: str) -> Callable[[str], Any]:
    """Return the `__getattr__` of a module, or of the package in its place, that gives what has replaced a name."""
    names = FORMER_NAMES[module]

    def get(name: str) -> Any:
        if name not in names:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        new = names[name]
        warnings.warn(f"{module}.{name} is now {new}", DeprecationWarning, stacklevel=2)
        place, _, own = new.rpartition(".")
        return getattr(importlib.import_module(place), own)

    return get


class FormerModules(MetaPathFinder, Loader):
    """Finds the modules of `FORMER_NAMES` that are gone; Python asks it last."""

    def find_spec(
        self, name: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return how to make a former module, None for all others."""
        return ModuleSpec(name, self, origin="former name") if name in FORMER_NAMES else None

    def create_module(self, _spec: ModuleSpec) -> None:
        """Let Python make an empty module."""

    def exec_module(self, module: ModuleType) -> None:
        """Give a former module what its names stand for now."""
        module.__getattr__ = former_names(module.__name__)  # type: ignore[method-assign]


def install() -> None:
    """Let former modules be found in this process; once, also where this module is imported anew."""
    if not any(type(finder).__name__ == FormerModules.__name__ for finder in sys.meta_path):
        sys.meta_path.append(FormerModules())
