"""The parts that the program of a finished model is put together from; fields are filled in by `str.format`.

Each begins with the heading of a cell, as notebooks in the percent format have them.
"""

from __future__ import annotations

BEGINNING = '''\
"""{purpose}.

Made with ConvScope; needs {needs} alone. The pictures lie in one folder for each class:

    python {file_name} {pictures}
"""

# %% What is needed, and the choices
import math
import sys
{own_imports}from pathlib import Path

import torch
from PIL import Image
from torch import {names}
from torch.nn import functional as F
{imports}from torchvision.models.feature_extraction import create_feature_extractor
from torchvision.transforms import functional as pictures_to

PICTURES = Path(sys.argv[1] if len(sys.argv) > 1 and not sys.argv[1].startswith("-") else "{pictures}")
CLASSES = {classes}
SIDE, RESIZE = {side}, {resize}  # pixels
INTERPOLATION = pictures_to.InterpolationMode("{interpolation}")
MEAN, STD = torch.tensor({mean}), torch.tensor({std})
LAYER, CHANNELS = {layer!r}, {channels}  # the features are each channel's mean after this layer
SEED = {seed}

# %% The pictures: as the network receives them, in the order of their files' names
def read(path):
    image = Image.open(path).convert("RGB")
    if image.size != (SIDE, SIDE):
        image = pictures_to.center_crop(pictures_to.resize(image, RESIZE, INTERPOLATION), SIDE)
    return pictures_to.pil_to_tensor(image)


folders = sorted(path for path in PICTURES.iterdir() if path.is_dir())
assert len(folders) == len(CLASSES), f"{{len(folders)}} folders for {{len(CLASSES)}} classes"
files = sorted((path.name, label, path) for label, folder in enumerate(folders) for path in folder.iterdir())
images = torch.stack([read(path) for _name, _label, path in files]).float()
inputs = (images - 255 * MEAN[:, None, None]) / (255 * STD[:, None, None])
labels = torch.tensor([label for _name, label, _path in files])
print(len(files), "pictures of", len(CLASSES), "classes")

# %% The network: the trunk of {title}, and a new head
{definitions}class Network(nn.Module):
    def __init__(self):
        super().__init__()
        with torch.random.fork_rng():
            backbone = build()
        self.trunk = create_feature_extractor(backbone.eval(), {{LAYER: "features"}})
        torch.manual_seed(SEED)
        self.linear = nn.Linear(CHANNELS, len(CLASSES))

    def features(self, batch):
        output = self.trunk(batch)["features"]
        return output if output.dim() == 2 else output{moved}.flatten(2).mean(2)

    def forward(self, batch):
        return self.linear(self.features(batch))


network = Network().eval()
for parameter in network.trunk.parameters():
    parameter.requires_grad_(False)
'''
BUILD = {
    "embedded": """\
def build():
    backbone = {builder}({classes_before})
    beside = Path(__file__).parent if "__file__" in globals() else Path()
    backbone.load_state_dict(torch.load(beside / "{start}"))
    return backbone


""",
    "untrained": """\
def build():
    torch.manual_seed({drawn_with})
    return {call}


""",
    "imagenet": """\
def build():
    return {call}


""",
}
HEAD = '''
# %% {heading}

def minimised(objective, *start):
    """Minimise a smooth convex function of tensors."""
    found = [tensor.clone().requires_grad_() for tensor in start]
    optimizer = torch.optim.LBFGS(
        found, max_iter=2000, tolerance_grad=1e-9, tolerance_change=1e-14, line_search_fn="strong_wolfe"
    )

    def closure():
        optimizer.zero_grad()
        value = objective(*found)
        value.backward()
        return value

    optimizer.step(closure)
    return [tensor.detach() for tensor in found]


with torch.no_grad():
    values = torch.cat([network.features(batch) for batch in inputs.split(32)]).double()
mean, deviation = values.mean(0), values.std(0, unbiased=False)
deviation[deviation == 0] = 1
values = (values - mean) / deviation
{solve}
with torch.no_grad():  # mean and deviation go into the head, so that the network needs neither
    weight = weight / deviation
    bias = bias - weight @ mean
{scale}    network.linear.weight.copy_(weight)
    network.linear.bias.copy_(bias)
'''
AS_SMALL = """\
    # As small as drawn: it points where it should, and is unsure enough to leave the trunk something to learn.
    share = network.linear.weight.norm() / weight.norm().clamp(min=1e-12)
    weight, bias = share * weight, share * bias
"""
SOLVERS = {
    "probe": """\
C = {strength}  # scikit-learn's LogisticRegression(C={strength})
share = 1 if len(CLASSES) == 2 else 0.5  # of two classes scikit-learn weighs one only
weight, bias = minimised(
    lambda w, b: C * F.cross_entropy(values @ w.T + b, labels, reduction="sum") + share * (w * w).sum(),
    torch.zeros(len(CLASSES), CHANNELS, dtype=torch.float64),
    torch.zeros(len(CLASSES), dtype=torch.float64),
)
bias = bias - bias.mean()
""",
    "svm": """\
C = {strength}  # scikit-learn's LinearSVC(C={strength}): squared hinge, one class against the rest
signs = 2.0 * F.one_hot(labels, len(CLASSES)).double() - 1
weight, bias = minimised(
    lambda w, b: C * F.relu(1 - signs * (values @ w.T + b)).square().sum() + 0.5 * ((w * w).sum() + (b * b).sum()),
    torch.zeros(len(CLASSES), CHANNELS, dtype=torch.float64),
    torch.zeros(len(CLASSES), dtype=torch.float64),
)
if len(CLASSES) == 2:
    weight, bias = weight / 2, bias / 2
""",
}
TRAINING = '''
# %% {heading}
STAGES = {stages}
"""Each stage with the beginnings of its modules' names; the network passes them in this order."""
TRAINED = {trained}
EPOCHS, BATCH = {epochs}, {batch}
RATE = {rate}  # of the head
TRUNK_RATE, DECAY = {trunk_rate}, {decay}  # of the last stage; times so much with each stage before
WEIGHT_DECAY, SHIFT, WARM_UP = {weight_decay}, {shift}, {warm_up}
LEARNS_STATISTICS = {statistics}  # of batch normalisation


def belongs(name, stage):
    return any(name == start or name.startswith(start + ".") for start in STAGES[stage])


def parameters_of(stage):
    return [tensor for name, tensor in network.trunk.named_parameters() if belongs(name.rpartition(".")[0], stage)]


groups, rate = [{{"params": network.linear.parameters(), "lr": RATE}}], TRUNK_RATE
for stage in reversed(STAGES):
    if stage in TRAINED:
        for parameter in parameters_of(stage):
            parameter.requires_grad_(True)
        groups.append({{"params": parameters_of(stage), "lr": rate}})
    rate *= DECAY
learning = [
    module
    for name, module in network.trunk.named_modules()
    if isinstance(module, nn.BatchNorm2d) and any(belongs(name, stage) for stage in TRAINED)
]


def moved(batch, random):
    """Move each picture at random by a few pixels; edges are reflected."""
    far = round(SHIFT * SIDE)
    padded = F.pad(batch, (far, far, far, far), mode="reflect")
    moves = torch.randint(0, 2 * far + 1, (len(batch), 2), generator=random).tolist()
    return torch.stack([one[:, y : y + SIDE, x : x + SIDE] for one, (y, x) in zip(padded, moves)])


def share_of_rate(step):
    """Rise, then follow a cosine to zero."""
    rise = max(1, round(WARM_UP * total))
    return (step + 1) / rise if step < rise else 0.5 * (1 + math.cos(math.pi * (step - rise) / max(1, total - rise)))


torch.set_flush_denormal(True)  # numbers near zero, of pictures known by heart, would make it slow
random = torch.Generator().manual_seed(SEED)
steps = max(1, len(inputs) // BATCH)
total = steps * EPOCHS
optimizer = torch.optim.AdamW(groups, weight_decay=WEIGHT_DECAY)
schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, share_of_rate)
for epoch in range(EPOCHS):
    for module in learning:
        module.train(LEARNS_STATISTICS)
    order = torch.randperm(len(inputs), generator=random)
    losses = []
    for step in range(steps):
        chosen = order[step * BATCH :][:BATCH]
        loss = F.cross_entropy(network(moved(inputs[chosen], random)), labels[chosen])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
    print(f"epoch {{epoch + 1}} of {{EPOCHS}}: loss {{sum(losses) / len(losses):.4f}}")
'''
END = """
# %% The result
network.eval()
with torch.inference_mode():
    answers = torch.cat([network(batch).argmax(1) for batch in inputs.split(32)])
right = (answers == labels).double().mean().item()
print(f"{right:.1%} of the pictures that it has learned from; held-out accuracy is lower")
torch.save(network.state_dict(), "trained.pt")
"""
