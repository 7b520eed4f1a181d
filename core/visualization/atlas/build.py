"""Builds the atlas: activation maximisation of many channels in one batch, layer by layer, packed into sprites."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import fx, nn

from core.architectures.graph.capture import POINTWISE, layer_output
from core.architectures.graph.tracing import Layer, key_of
from core.architectures.loading import Backbone
from core.architectures.receptive_field.fields import ReceptiveField, receptive_fields
from core.architectures.zoo.backbones import embedded_file
from core.compute import permit
from core.events import Event
from core.hooks import borrow
from core.visualization.atlas.table import COLUMNS, TABLE, AtlasTable, Segment, digest, sprite_file, tile_of
from core.visualization.feature_visualization.objectives import LOGITS, Channels
from core.visualization.feature_visualization.parametrisations import parametrise
from core.visualization.feature_visualization.random_transforms import Robustness
from core.visualization.feature_visualization.subnetwork import Subnetwork, subnetwork

AT_ONCE = 16  # pictures
MARGIN = 8  # pixels around what is kept of a small canvas: there the random changes have left their marks
CANVASES = ((27, 48), (64, 64))
"""Receptive fields of at most so many pixels are climbed on a canvas of so many, of which the middle is kept."""
PACKINGS = ((64, 80), (64, 60), (48, 60), (48, 50), (32, 60), (32, 50), (32, 35), (32, 25))
"""Largest side of a tile, and quality of the WebP: the first with which a network keeps to its size is taken.

The classes, which are few, keep the size they were made in.
"""

ROBUSTNESS = Robustness(jitter=0.15, scale=0.3, rotate=15.0)

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class AtlasConfig:
    """How pictures are made, besides: Fourier parametrisation, decorrelated colours, Adam; the seed decides the rest.

    Kept apart from what the page makes by default, so that tuning that does not put the shipped pictures in doubt.
    """

    steps: int = 48
    rate: float = 0.1
    class_steps: int = 128
    class_rate: float = 0.05
    seed: int = 0
    robustness: Robustness = ROBUSTNESS


RECIPE = AtlasConfig()


@dataclass(frozen=True, kw_only=True)
class BuildEvent(Event):
    """So many pictures are there, counted in `step`; `layer` is the one that is being climbed."""

    layer: str


def draw(backbone: Backbone, work: Path, recipe: AtlasConfig = RECIPE) -> Iterator[BuildEvent]:
    """Make the sprites of a network, lossless, below the folder `work`; those that are there already are kept."""
    folder = _folder(backbone, work, recipe)
    folder.mkdir(parents=True, exist_ok=True)
    counts, fields = climbed(coverage(backbone)), receptive_fields(backbone)
    done, total = 0, sum(counts.values())
    for layer, count in counts.items():
        path = _work_file(folder, layer)
        if not path.exists():
            tiles: list[Pixels] = []
            for batch in _climb_layer(backbone, layer, count, fields.get(layer), recipe):
                tiles.extend(batch)
                yield BuildEvent(step=done + len(tiles), total_steps=total, layer=layer)
            unfinished = path.with_suffix(".tmp")
            _sprite(tiles).save(unfinished, "PNG")
            unfinished.replace(path)
        done += count
        yield BuildEvent(step=done, total_steps=total, layer=layer)


def pack(backbone: Backbone, work: Path, out: Path, byte_limit: int, recipe: AtlasConfig = RECIPE) -> int:
    """Write what was drawn into the folder `out`, in at most about `byte_limit` bytes, and return how many it takes."""
    folder, layers = _folder(backbone, work, recipe), coverage(backbone)
    out.mkdir(parents=True, exist_ok=True)
    for old in out.glob("*.webp"):
        old.unlink()
    counts = climbed(layers)
    for tile, quality in PACKINGS:
        tiles = {layer: _pack_sprite(_work_file(folder, layer), out, layer, tile, quality) for layer in counts}
        size = sum(sprite_file(out, layer).stat().st_size for layer in counts)
        if size <= byte_limit:
            break
    made_how = asdict(recipe) | {"quality": quality}
    table = AtlasTable(backbone.entry.name, digest(embedded_file(backbone.entry)), made_how, tiles, layers)
    (out / TABLE).write_text(table.as_json(), encoding="utf-8")
    return size + (out / TABLE).stat().st_size


def coverage(backbone: Backbone) -> dict[str, tuple[Segment, ...]]:
    """Return which made pictures the channels of each layer have, the logits last.

    Convolutions, linear layers and sums are climbed themselves. A layer that follows from one of them channel by
    channel grows with it and has its pictures; joined layers have those of their parts. Others are left out.
    """
    channels = _channels(backbone)
    by_node = {backbone.graph.nodes[layer.name]: layer for layer in backbone.graph.layers}
    modules = dict(backbone.graph.module.named_modules())
    found: dict[fx.Node, tuple[Segment, ...]] = {}
    covered: dict[str, tuple[Segment, ...]] = {}
    for node in backbone.graph.module.graph.nodes:
        layer = by_node.get(node.name)
        if layer is None or _follows(node, layer, modules):
            parts = tuple(part for source in node.all_input_nodes for part in found.get(source, ()))
        else:
            parts = (Segment(layer.name, 0, channels[layer.name]),) if _is_climbed(layer) else ()
        found[node] = parts
        if layer and parts and sum(part.count for part in parts) == channels[layer.name]:
            covered[layer.name] = parts
    return _with_classes(backbone, covered)


def climbed(layers: Mapping[str, tuple[Segment, ...]]) -> dict[str, int]:
    """Return the layers that have a sprite, and how many pictures are in each."""
    return {part.sprite: part.count for name, parts in layers.items() for part in parts if part.sprite == name}


def _with_classes(backbone: Backbone, covered: dict[str, tuple[Segment, ...]]) -> dict[str, tuple[Segment, ...]]:
    """Return the coverage with the logits; a last linear layer puts out just these."""
    classes = (Segment(LOGITS, 0, len(backbone.class_names)),)
    last = backbone.graph.layers[-1]
    if last.role == "linear":
        covered = covered | {last.name: classes}
    return covered | {LOGITS: classes}


def _channels(backbone: Backbone) -> dict[str, int]:
    graph, side = backbone.graph, backbone.preprocessing.crop
    with torch.no_grad(), borrow(backbone.model), permit():
        _, kept = graph.run(torch.zeros(1, 3, side, side))
        return {
            layer.name: layer_output(layer.name, kept, graph.recipes).shape[layer.channel_axis]
            for layer in graph.layers
        }


def _is_climbed(layer: Layer) -> bool:
    return layer.role in {"convolution", "linear", "merge", "normalisation"}


def _follows(node: fx.Node, layer: Layer, modules: Mapping[str, nn.Module]) -> bool:
    """Return whether each channel of a layer grows with one channel of what enters it, and with nothing else."""
    key = key_of(layer.kind)
    if key == "batchnorm2d":
        factors = modules[str(node.target)].weight
        return not isinstance(factors, torch.Tensor) or bool((factors > 0).all())
    return key in POINTWISE or key == "cat" or layer.role == "pooling"


def _climb_layer(
    backbone: Backbone, layer: str, count: int, field: ReceptiveField | None, recipe: AtlasConfig
) -> Iterator[Pixels]:
    """Yield the pictures of all channels of a layer, a batch at a time: uint8 (pictures, side, side, 3)."""
    side, margin = _canvas(backbone, field)
    part = subnetwork(backbone, [layer])
    for first in range(0, count, AT_ONCE):
        goal = Channels(layer, tuple(range(first, min(first + AT_ONCE, count))))
        with permit():
            pictures = _climb(backbone, part, goal, side, recipe)
        yield pictures[:, margin : side - margin, margin : side - margin]


def _canvas(backbone: Backbone, field: ReceptiveField | None) -> tuple[int, int]:
    """Return the side of the canvas and how much of it is cut off on each side."""
    reach = max(field.size) if field and field.size and not field.is_whole else math.inf
    side = next((side for limit, side in CANVASES if reach <= limit), None)
    return (side, MARGIN) if side else (backbone.preprocessing.crop, 0)


def _climb(backbone: Backbone, part: Subnetwork, goal: Channels, side: int, recipe: AtlasConfig) -> Pixels:
    mean, std = (
        torch.tensor(values)[:, None, None] for values in (backbone.preprocessing.mean, backbone.preprocessing.std)
    )
    of_class = goal.layer == LOGITS
    steps, rate = (recipe.class_steps, recipe.class_rate) if of_class else (recipe.steps, recipe.rate)
    canvas = parametrise("fourier", True, len(goal.indices), side, recipe.seed + goal.indices[0])
    random = torch.Generator().manual_seed(recipe.seed + goal.indices[0] + 1)
    optimizer = torch.optim.Adam([canvas.parameters], lr=rate, fused=True)
    for _ in range(steps):
        changed = recipe.robustness.apply((canvas.pictures() - mean) / std, random)
        (canvas.parameters.grad,) = torch.autograd.grad(-goal(part(changed)).sum(), canvas.parameters)
        optimizer.step()
    with torch.no_grad():
        pixels: Pixels = canvas.pictures().mul(255).round().byte().permute(0, 2, 3, 1).numpy()
    return pixels


def _folder(backbone: Backbone, work: Path, recipe: AtlasConfig) -> Path:
    """Return the folder for unfinished work of one network, its weights and a recipe."""
    what = json.dumps([asdict(recipe), CANVASES, MARGIN, digest(embedded_file(backbone.entry))])
    return work / f"{backbone.entry.name}-{hashlib.sha256(what.encode()).hexdigest()[:12]}"


def _work_file(folder: Path, layer: str) -> Path:
    return sprite_file(folder, layer).with_suffix(".png")


def _sprite(tiles: list[Pixels]) -> Image.Image:
    """Return the tiles in rows of `COLUMNS`."""
    side = len(tiles[0])
    rows = math.ceil(len(tiles) / COLUMNS)
    sheet = np.full((rows * side, COLUMNS * side, 3), 128, dtype=np.uint8)
    for number, tile in enumerate(tiles):
        row, column = divmod(number, COLUMNS)
        sheet[row * side : (row + 1) * side, column * side : (column + 1) * side] = tile
    return Image.fromarray(sheet)


def _pack_sprite(source: Path, out: Path, layer: str, largest: int, quality: int) -> int:
    """Write a sprite with tiles of at most so many pixels, and return how many they have."""
    with Image.open(source) as image:
        sheet = image.convert("RGB")
    side = sheet.width // COLUMNS
    if side > largest and layer != LOGITS:
        tiles = [tile_of(sheet, side, number) for number in range(COLUMNS * (sheet.height // side))]
        small = [tile.resize((largest, largest), Image.Resampling.LANCZOS) for tile in tiles]
        sheet, side = _sprite([np.asarray(tile) for tile in small]), largest
    sheet.save(sprite_file(out, layer), "WEBP", quality=quality, method=6)
    return side
