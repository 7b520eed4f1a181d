"""The lessons say the same in every language, are short and safe to show, and their numbers are true."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable

import pytest
import torch
from babel.numbers import get_decimal_symbol
from torch import Tensor, nn
from torch.nn import functional as F

from core import torchvision_compat  # noqa: F401
from core.paths import ASSETS

# isort: split
import timm
from torchvision import models
from torchvision.transforms import v2
from torchvision.transforms.v2 import functional as TF

FOLDER = ASSETS / "lessons"
LANGUAGES = sorted(path.name for path in FOLDER.iterdir() if path.is_dir())
LESSONS = ("architectures", "augmentation", "evidence", "optimizer_race", "transfer_advisor", "visualization")
WORDS = range(250, 451)
SECTIONS = range(3, 6)
NAMES_WITH_NUMBERS = ("SqueezeNet 1.0",)
FORMULA = re.compile(r"\$([^$]+)\$")
ARXIV = re.compile(r"arXiv:(\d{4}\.\d{4,5})(?!\d)")
DOUBLE = {"dtype": torch.float64}

each_language = pytest.mark.parametrize("language", LANGUAGES)
each_lesson = pytest.mark.parametrize("lesson", LESSONS)


def read(language: str, lesson: str) -> str:
    return (FOLDER / language / f"{lesson}.md").read_text(encoding="utf-8").replace("\N{NO-BREAK SPACE}", " ")


def prose(language: str, lesson: str) -> str:
    """Return the text without formulas, arXiv ids and names that contain numbers; decimals are written with a point."""
    text = ARXIV.sub("", FORMULA.sub(" ", read(language, lesson)))
    for name in NAMES_WITH_NUMBERS:
        text = text.replace(name, "")
    return re.sub(rf"(?<=\d){re.escape(get_decimal_symbol(language))}(?=\d)", ".", text).replace("−", "-")


def rows(language: str, lesson: str, table: int = 0) -> list[list[str]]:
    """Return the cells of the lesson's table of that number, without its header and rule."""
    blocks = re.findall(r"(?:^\|.*\|\n)+", read(language, lesson), flags=re.MULTILINE)
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in blocks[table].splitlines()[2:]]


def assert_says(lesson: str, *quotes: str) -> None:
    """Assert that the lesson says each number or formula in every language."""
    for language in LANGUAGES:
        text, formulas = prose(language, lesson), FORMULA.findall(read(language, lesson))
        for quote in quotes:
            number = rf"(?<![\d.-]){re.escape(quote)}(?![\d]|\.\d)"
            assert quote in formulas or re.search(number, text), f"{language}/{lesson}: {quote}"


# --- Form ------------------------------------------------------------------------------------------------------------


def test_every_language_has_every_lesson() -> None:
    assert {"en", "es"} <= set(LANGUAGES)
    for language in LANGUAGES:
        assert sorted(path.stem for path in (FOLDER / language).glob("*.md")) == sorted(LESSONS)


@each_language
@each_lesson
def test_title_purpose_and_sections(language: str, lesson: str) -> None:
    title, empty, purpose, *rest = read(language, lesson).splitlines()
    assert re.fullmatch(r"# \S.*[^.]", title)
    assert not empty
    assert re.fullmatch(r"[^\W\d_][^.#|$]{30,160}\.", purpose), "one sentence"
    assert not any(line.startswith(("# ", "###")) for line in rest)
    assert sum(line.startswith("## ") for line in rest) in SECTIONS


@each_language
@each_lesson
def test_length(language: str, lesson: str) -> None:
    assert len(re.findall(r"[^\W_][\w'’.,×-]*", FORMULA.sub(" ", read(language, lesson)))) in WORDS


@each_language
@each_lesson
def test_markdown_that_streamlit_shows_as_meant(language: str, lesson: str) -> None:
    text = read(language, lesson)
    plain = FORMULA.sub("", text)
    assert "$" not in plain, "dollar signs come in pairs, none of them doubled"
    assert not re.search(r"</?[a-zA-Z!]|&\w+;", plain), "no HTML"
    assert not re.search(r"https?:|www\.|\]\(|!\[|<-|->|--(?!-)(?<!---)", plain), "no links, pictures or typed arrows"
    assert not re.search(r":[\w+-]+:|:\w+\[", ARXIV.sub("", plain)), "no emoji codes or colour directives"
    assert len(re.findall("arXiv", text)) == len(ARXIV.findall(text))
    for formula in FORMULA.findall(text):
        assert formula == formula.strip()
        assert not re.search(r"\||\d[.,]\d|\\text", formula), "bars break tables; decimals and words depend on language"
        assert formula.count("{") == formula.count("}")
        assert formula.count(r"\left") - formula.count(r"\leftarrow") == formula.count(r"\right")
    for line in re.findall(r"(?:^\|.*\|\n)+", text, flags=re.MULTILINE):
        assert len({row.count("|") for row in line.splitlines()}) == 1, "as many cells in every row"


@each_language
@each_lesson
def test_every_language_says_the_same(language: str, lesson: str) -> None:
    text, english = read(language, lesson), read("en", lesson)
    assert FORMULA.findall(text) == FORMULA.findall(english)
    assert ARXIV.findall(text) == ARXIV.findall(english)
    for mark in ("## ", "| ", "- ", "1. ", "2. ", "3. "):
        assert sum(a.startswith(mark) for a in text.splitlines()) == sum(
            a.startswith(mark) for a in english.splitlines()
        )
    numbers = r"-?\d+(?:\.\d+)?"
    assert Counter(re.findall(numbers, prose(language, lesson))) == Counter(re.findall(numbers, prose("en", lesson)))


# --- Architectures ---------------------------------------------------------------------------------------------------

NETWORKS: dict[str, tuple[Callable[[], nn.Module], int]] = {
    "VGG-16": (models.vgg16, 224),
    "Inception-v3": (lambda: models.inception_v3(init_weights=False), 299),
    "ResNet-50": (models.resnet50, 224),
    "SqueezeNet 1.0": (models.squeezenet1_0, 224),
    "Xception": (lambda: timm.create_model("legacy_xception"), 299),
    "MobileNetV2": (models.mobilenet_v2, 224),
}


def build(make: Callable[[], nn.Module]) -> nn.Module:
    with torch.device("meta"):  # shapes without memory or arithmetic
        return make().eval()


def count(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())


def count_macs(model: nn.Module, size: int) -> int:
    layers = [module for module in model.modules() if isinstance(module, nn.Conv2d | nn.Linear)]
    counts = []
    for layer in layers:  # each output value takes one multiplication per weight of its channel
        layer.register_forward_hook(lambda m, _, out: counts.append(out.numel() * m.weight[0].numel()))
    model(torch.empty(1, 3, size, size, device="meta"))
    return sum(counts)


@each_language
def test_the_table_of_families(language: str) -> None:
    table = {row[0]: row[-2:] for row in rows(language, "architectures")}
    assert list(table) == list(NETWORKS)
    symbol = get_decimal_symbol(language)
    for name, (make, size) in NETWORKS.items():
        model = build(make)
        auxiliary = count(model.AuxLogits) if name == "Inception-v3" else 0
        shown = [cell.replace(symbol, ".") for cell in table[name]]
        decimals = len(shown[1].split()[0].partition(".")[2])
        assert shown == [
            f"{(count(model) - auxiliary) / 1e6:.1f} M",
            f"{count_macs(model, size) / 1e9:.{decimals}f} G",
        ], name


def test_where_the_cost_sits() -> None:
    vgg, inception = build(models.vgg16), build(NETWORKS["Inception-v3"][0])
    squeezenet, alexnet = build(models.squeezenet1_0), build(models.alexnet)
    linear = [module for module in vgg.classifier if isinstance(module, nn.Linear)]
    assert sum(layer.weight.numel() for layer in linear) < 0.01 * count_macs(vgg, 224)
    assert_says("architectures", f"{100 * count(vgg.classifier) / count(vgg):.0f}", f"{count(inception) / 1e6:.1f}")
    assert_says("architectures", f"{count(alexnet) / count(squeezenet):.0f}", f"{count(alexnet) / 1e6:.1f}")


def test_the_arithmetic_of_convolutions() -> None:
    inputs, outputs, kernel, groups = 12, 20, 3, 4
    assert_says(
        "architectures",
        r"\displaystyle k^2\, \frac{C_{in}}{g}\, C_{out} + C_{out}",
        r"\frac{1}{C_{out}} + \frac{1}{k^2}",
    )
    convolution = nn.Conv2d(inputs, outputs, kernel, groups=groups)
    assert count(convolution) == kernel**2 * inputs // groups * outputs + outputs
    separable = [nn.Conv2d(inputs, inputs, kernel, groups=inputs), nn.Conv2d(inputs, outputs, 1)]
    share = sum(layer.weight.numel() for layer in separable) / nn.Conv2d(inputs, outputs, kernel).weight.numel()
    assert share == pytest.approx(1 / outputs + 1 / kernel**2)
    block = build(models.resnet50).layer1[1]
    bottleneck = [block.conv1.weight.numel(), block.conv2.weight.numel(), block.conv3.weight.numel()]
    assert block.conv1.in_channels == 256
    assert block.conv2.in_channels == 64
    assert_says("architectures", f"{sum(bottleneck) / 1e6:.2f}", f"{9 * 256**2 / 1e6:.2f}")


# --- Optimizer race --------------------------------------------------------------------------------------------------

Step = Callable[[Tensor, dict[str, Tensor], int], Tensor]


def adam(g: Tensor, state: dict[str, Tensor], t: int) -> Tensor:
    state["m"] = 0.9 * state["m"] + (1 - 0.9) * g
    state["s"] = 0.999 * state["s"] + (1 - 0.999) * g**2
    return state["m"] / (1 - 0.9**t) / ((state["s"] / (1 - 0.999**t)).sqrt() + 1e-8)


def momentum(g: Tensor, state: dict[str, Tensor], t: int) -> Tensor:
    state["v"] = 0.9 * state["v"] + g
    return state["v"]


def nesterov(g: Tensor, state: dict[str, Tensor], t: int) -> Tensor:
    return g + 0.9 * momentum(g, state, t)


def adagrad(g: Tensor, state: dict[str, Tensor], t: int) -> Tensor:
    state["s"] = state["s"] + g**2
    return g / (state["s"].sqrt() + 1e-10)


def rmsprop(g: Tensor, state: dict[str, Tensor], t: int) -> Tensor:
    state["s"] = 0.99 * state["s"] + (1 - 0.99) * g**2
    return g / (state["s"].sqrt() + 1e-8)


ACCUMULATED = {
    "momentum": r"$v \leftarrow \mu v + g$",
    "nesterov": r"$v \leftarrow \mu v + g$",
    "adagrad": r"$s \leftarrow s + g^2$",
    "rmsprop": r"$s \leftarrow \alpha s + (1-\alpha)\, g^2$",
    "adam": r"$m \leftarrow \beta_1 m + (1-\beta_1)\, g$; $s \leftarrow \beta_2 s + (1-\beta_2)\, g^2$",
}
OPTIMIZERS: dict[str, tuple[str, Step, type[torch.optim.Optimizer], dict[str, float | bool]]] = {
    "gradient descent": (r"-\eta\, g", lambda g, state, t: g, torch.optim.SGD, {}),
    "momentum": (r"-\eta\, v", momentum, torch.optim.SGD, {"momentum": 0.9}),
    "nesterov": (r"-\eta\, (g + \mu v)", nesterov, torch.optim.SGD, {"momentum": 0.9, "nesterov": True}),
    "adagrad": (r"-\eta\, g / (\sqrt{s} + \varepsilon)", adagrad, torch.optim.Adagrad, {}),
    "rmsprop": (r"-\eta\, g / (\sqrt{s} + \varepsilon)", rmsprop, torch.optim.RMSprop, {}),
    "adam": (r"-\eta\, \hat m / (\sqrt{\hat s} + \varepsilon)", adam, torch.optim.Adam, {}),
}


def bowl(p: Tensor) -> Tensor:
    return (p[0] ** 2 + 25 * p[1] ** 2) / 2


def rosenbrock(p: Tensor) -> Tensor:
    return (1 - p[0]) ** 2 + 100 * (p[1] - p[0] ** 2) ** 2


def run(name: str, f: Callable[[Tensor], Tensor], start: tuple[float, float], lr: float, steps: int) -> list[Tensor]:
    """Return the points that torch.optim visits, the start included."""
    point = torch.tensor(start, **DOUBLE, requires_grad=True)
    _, _, make, options = OPTIMIZERS[name]
    optimizer = make([point], lr=lr, **options)  # type: ignore[call-arg]
    points = [point.detach().clone()]
    for _ in range(steps):
        optimizer.zero_grad()
        f(point).backward()
        optimizer.step()
        points.append(point.detach().clone())
    return points


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_update_rules_are_those_of_torch(name: str) -> None:
    formula, step, _, _ = OPTIMIZERS[name]
    expected = run(name, rosenbrock, (-1.5, 2.0), lr=0.001, steps=60)
    point, state = expected[0], {key: torch.zeros(2, **DOUBLE) for key in "vms"}
    for t, visited in enumerate(expected[1:], 1):
        gradient = torch.func.grad(rosenbrock)(point)
        point = point - 0.001 * step(gradient, state, t)
        torch.testing.assert_close(point, visited, rtol=1e-12, atol=1e-12)
    for language in LANGUAGES:
        _, accumulated, shown = rows(language, "optimizer_race")[list(OPTIMIZERS).index(name)]
        assert shown == f"${formula}$"
        assert accumulated == ACCUMULATED.get(name, accumulated)


@pytest.mark.parametrize(
    ("name", "factor"),
    [("gradient descent", 0), ("momentum", 0), ("nesterov", 0), ("adagrad", 1), ("adam", 1), ("rmsprop", 10)],
)
def test_the_first_step_and_the_scale_of_f(name: str, factor: float) -> None:
    start, gradient = (-4.0, 1.5), torch.tensor([-4.0, 37.5], **DOUBLE)
    step, scaled = (
        points[1] - points[0]
        for points in (run(name, lambda p, k=k: k * bowl(p), start, lr=0.01, steps=1) for k in (1, 100))
    )
    if factor:
        torch.testing.assert_close(step, -0.01 * factor * gradient.sign())
        torch.testing.assert_close(scaled, step)
    else:
        torch.testing.assert_close(step, -0.01 * gradient * (1.9 if name == "nesterov" else 1))
        torch.testing.assert_close(scaled, 100 * step)


@pytest.mark.parametrize(
    ("name", "limit"),
    [("gradient descent", 2 / 25), ("momentum", 2 * 1.9 / 25), ("nesterov", 2 * 1.9 / (1 + 2 * 0.9) / 25)],
)
def test_limits_of_the_learning_rate(name: str, limit: float) -> None:
    assert bowl(run(name, bowl, (-4.0, 1.5), 0.99 * limit, steps=2000)[-1]) < 1e-6
    assert not bowl(run(name, bowl, (-4.0, 1.5), 1.01 * limit, steps=2000)[-1]) < 1e6
    assert_says("optimizer_race", f"{limit:.3g}")


def test_rates_of_convergence() -> None:
    last = run("gradient descent", bowl, (1.0, 1.0), lr=2 / 26, steps=100)
    assert float(last[-1].norm() / last[-2].norm()) == pytest.approx(24 / 26)
    root = abs(
        torch.linalg.eigvals(torch.tensor([[1 + (4 / 6) ** 2 - (2 / 6) ** 2, -((4 / 6) ** 2)], [1, 0]], **DOUBLE))
    )
    assert root.max().item() == pytest.approx(4 / 6, abs=1e-6), "momentum's best settings for curvatures 1 and 25"
    assert_says("optimizer_race", f"{24 / 26:.2f}", f"{4 / 6:.2f}")


def test_rosenbrock_and_the_restless_rmsprop() -> None:
    start = (-1.5, 2.0)
    assert not run("gradient descent", rosenbrock, start, 0.003, 300)[-1].isfinite().all()
    assert rosenbrock(run("adam", rosenbrock, start, 0.01, 300)[-1]) > 5
    assert rosenbrock(run("adam", rosenbrock, start, 1.0, 300)[-1]) < 0.01
    *_, before, after = run("rmsprop", bowl, (-4.0, 1.5), 0.03, 3000)
    assert (after - before).abs().min() > 0.02
    assert_says("optimizer_race", "0.003", "0.01", "300", "5")


# --- Visualization ---------------------------------------------------------------------------------------------------


@each_language
def test_shapes_and_receptive_fields(language: str) -> None:
    network, x = build(models.resnet18), torch.empty(1, 3, 224, 224, device="meta")
    field, jump, expected = 1, 1, []
    for name, module in network.named_children():
        if name in {"avgpool", "fc"}:
            break
        x = module(x)
        for path, layer in module.named_modules():
            if isinstance(layer, nn.Conv2d | nn.MaxPool2d) and "downsample" not in path:
                kernel, stride = (v if isinstance(v, int) else v[0] for v in (layer.kernel_size, layer.stride))
                field, jump = field + (kernel - 1) * jump, jump * stride
        if name.startswith(("conv", "layer")):
            expected.append([name, "×".join(map(str, x.shape[1:])), str(jump), str(field)])
    assert rows(language, "visualization") == expected


@pytest.mark.parametrize(("k", "s", "p", "d"), [(7, 2, 3, 1), (3, 1, 1, 1), (3, 2, 0, 1), (3, 1, 2, 2), (5, 3, 1, 2)])
def test_convolution_formulas(k: int, s: int, p: int, d: int) -> None:
    x, layer = torch.randn(1, 2, 29, 29, **DOUBLE), nn.Conv2d(2, 3, k, s, p, d, **DOUBLE)
    z = layer(x)
    assert z.shape[-1] == math.floor((29 + 2 * p - d * (k - 1) - 1) / s) + 1
    i, j, c = 1, z.shape[-1] - 1, 2
    value = layer.bias[c].clone()
    for channel in range(2):
        for u in range(k):
            for v in range(k):
                row, column = s * i + d * u - p, s * j + d * v - p
                if 0 <= row < 29 and 0 <= column < 29:
                    value += layer.weight[c, channel, u, v] * x[0, channel, row, column]
    torch.testing.assert_close(z[0, c, i, j], value)


def test_dips_of_activation_functions() -> None:
    x = torch.linspace(-8, 8, 160001, **DOUBLE)
    assert F.relu6(x).max() == 6
    assert_says("visualization", f"{F.hardswish(x).min():.3f}", f"{F.gelu(x).min():.2f}", "112")


def test_what_silencing_a_channel_changes_before_a_linear_layer() -> None:
    torch.manual_seed(0)
    network = models.resnet18().eval()
    with torch.inference_mode():
        before = torch.nn.Sequential(*list(network.children())[:-2])(torch.randn(1, 3, 224, 224))
        silenced = before.clone()
        silenced[0, 7] = 0
        with_it, without = (network.fc(maps.mean((2, 3))) for maps in (before, silenced))
        expected = network.fc.weight[:, 7] * before[0, 7].mean()
    torch.testing.assert_close(with_it[0] - without[0], expected, rtol=1e-3, atol=1e-5)
    assert_says("evidence", "×".join(map(str, before.shape[2:])), r"z = b + \sum_k w_k \bar a_k")


def test_integrated_gradients_add_up_to_the_difference() -> None:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(6, 9), nn.Tanh(), nn.Linear(9, 1)).double()
    blank, x, total = torch.zeros(6, **DOUBLE), torch.randn(6, **DOUBLE), torch.zeros(6, **DOUBLE)
    steps = 2000
    for step in range(steps):
        between = (blank + (step + 0.5) / steps * (x - blank)).requires_grad_()
        total += torch.autograd.grad(network(between)[0], between)[0] / steps
    torch.testing.assert_close(((x - blank) * total).sum(), (network(x) - network(blank))[0], rtol=1e-6, atol=1e-8)
    assert_says("evidence", "z(x) - z(x_0)")


# --- Transfer and augmentation ---------------------------------------------------------------------------------------


def test_transfer_numbers() -> None:
    network = build(models.resnet18)
    network.fc = head = nn.Linear(network.fc.in_features, 5)
    assert_says("transfer_advisor", str(head.in_features), str(count(head)), f"{count(network) / 1e6:.2f}")
    assert_says("transfer_advisor", f"{100 * math.sqrt(0.8 * 0.2 / 50):.1f}")


def test_frozen_batch_norm_still_moves_in_training_mode() -> None:
    norm, batch = nn.BatchNorm2d(3).requires_grad_(False), torch.randn(8, 3, 5, 5) + 4
    norm.eval()(batch)
    assert not norm.running_mean.any()
    norm.train()(batch)
    torch.testing.assert_close(norm.running_mean, norm.momentum * batch.mean((0, 2, 3)))
    assert_says("transfer_advisor", str(norm.momentum))


def test_augmentation_numbers() -> None:
    preset = models.ResNet18_Weights.IMAGENET1K_V1.transforms()
    assert_says("augmentation", *map(str, preset.mean), *map(str, preset.std))
    red = [(value - preset.mean[0]) / preset.std[0] for value in (0, 1)]
    assert_says("augmentation", *(f"{value:.2f}" for value in red), f"{100 * (1 - 0.5) ** 4:g}")
    assert_says("augmentation", f"{100 * v2.RandomResizedCrop(8).scale[0]:.0f}")
    assert v2.RandomErasing().value == [0]


def test_corners_of_a_rotated_square() -> None:
    covered = TF.rotate(torch.ones(1, 513, 513), 45, interpolation=v2.InterpolationMode.BILINEAR)
    assert 1 - covered.mean().item() == pytest.approx(3 - 2 * math.sqrt(2), abs=2e-3)
    side = 1 / (math.cos(math.pi / 4) + math.sin(math.pi / 4))
    assert TF.center_crop(covered, [int(513 * side) - 2]).min() > 0.99
    assert TF.center_crop(covered, [int(513 * side) + 6]).min() < 0.01
    assert_says("augmentation", f"{100 * (3 - 2 * math.sqrt(2)):.1f}", f"{100 * side:.0f}")


def test_flip_then_rotate_is_rotate_back_then_flip() -> None:
    picture = torch.rand(3, 9, 9)
    one, other = TF.horizontal_flip(TF.rotate(picture, 90)), TF.rotate(TF.horizontal_flip(picture), -90)
    torch.testing.assert_close(one, other)
    assert not torch.equal(one, TF.rotate(TF.horizontal_flip(picture), 90))


@pytest.mark.parametrize("adjust", [TF.adjust_brightness, TF.adjust_contrast, TF.adjust_saturation])
def test_colour_operations_clamp(adjust: Callable[[Tensor, float], Tensor]) -> None:
    changed = adjust(torch.linspace(-2, 2, 48).reshape(3, 4, 4), 1.0)
    assert changed.min() >= 0
    assert changed.max() <= 1
