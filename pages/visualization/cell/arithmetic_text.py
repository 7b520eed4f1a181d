"""What is said of the arithmetic of a cell."""

from __future__ import annotations

from core.i18n import N_
from core.visualization.arithmetic.explain import CellArithmetic
from core.visualization.arithmetic.records import Activated, Given, Merge, Normalised, Pool, Slide, Step, WeightedSum
from core.visualization.arithmetic.terms import Term, Terms
from pages.components.i18n import _, number, power_of_ten
from pages.visualization.number_format import show_number

FUNCTIONS = {
    "relu": "ReLU",
    "relu6": "ReLU6",
    "sigmoid": "Sigmoid",
    "silu": "SiLU",
    "hardsigmoid": "Hardsigmoid",
    "hardswish": "Hardswish",
    "tanh": "tanh",
    "gelu": "GELU",
}
"""Proper names, the same in each language."""
OPERATIONS = {
    "convolution": N_("Convolution"),
    "linear": N_("Linear layer"),
    "maximum": N_("Maximum"),
    "average": N_("Average"),
    "add": N_("Sum"),
    "subtract": N_("Difference"),
    "multiply": N_("Product"),
    "divide": N_("Quotient"),
    "join": N_("Joined side by side"),
}


def facts(arithmetic: CellArithmetic) -> str:
    """Return in one line what the first link of the chain reads, and how."""
    operation = arithmetic.operation
    if isinstance(operation, Merge):
        return _("{layer}, at one place", layer=_code(operation.layer))
    if isinstance(operation, Given):
        return _("{layer}, channel {channel}", layer=_name(arithmetic.layers[0]), channel=operation.channel)
    source = _source(operation.source.layer, operation.source.is_whole)
    if isinstance(operation, WeightedSum) and operation.kind == "linear":
        return _("reads {count} numbers of {source}", count=len(operation.channels), source=source)
    if isinstance(operation, Pool):
        parts = [_("reads one channel of {source}", source=source), *_sizes(operation.inside.shape, operation.rows)]
        if operation.method == "average":
            parts.append(_("divided by {divisor:g}", divisor=float(operation.divisor)))
        return " · ".join([*parts, *_outside(operation)])
    count = len(operation.channels)
    one, many = (
        _("reads one channel of {source}", source=source),
        _("reads {count} channels of {source}", count=count, source=source),
    )
    parts = [one if count == 1 else many]
    parts += _sizes(operation.inside.shape, operation.rows)
    if operation.groups > 1:
        parts.append(_("one of {groups} groups", groups=operation.groups))
    if operation.padding_mode != "zeros":
        parts.append(_("padding: {mode}", mode=operation.padding_mode))
    return " · ".join(parts)


def _sizes(shape: tuple[int, ...], slide: Slide) -> list[str]:
    sizes = [_("window {height}×{width}", height=shape[0], width=shape[1])]
    if slide.stride is not None and slide.stride > 1:
        sizes.append(_("stride {stride}", stride=slide.stride))
    if slide.dilation > 1:
        sizes.append(_("dilation {dilation}", dilation=slide.dilation))
    return sizes


def _outside(pool: Pool) -> list[str]:
    """Return what is said of cells of a pool's window that lie outside of the map."""
    count = pool.inside.size - int(pool.inside.sum())
    if not count:
        return []
    if pool.method == "average" and pool.divisor > pool.inside.sum():
        return [_("cells outside that count as 0: {count}", count=count)]
    return [_("cells outside that do not count: {count}", count=count)]


def term_titles(arithmetic: CellArithmetic, terms: Terms) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the title of each term that is shown, and the alternative text of its map."""
    titles = tuple(_term_title(arithmetic, term) for term in terms.shown)
    return titles, tuple(_("Map of {title} with the window", title=title) for title in titles)


def _term_title(arithmetic: CellArithmetic, term: Term) -> str:
    if term.source is None:
        return _("a number of the network")
    origin = term.source.origin(term.channel)
    if origin is not None:
        channel, row, column = origin
        return _("channel {channel} at ({row}, {column})", channel=channel, row=row, column=column)
    if term.source.layer is None and term.channel < 3:
        return (_("red"), _("green"), _("blue"))[term.channel]
    if isinstance(arithmetic.operation, Merge):
        layer = term.source.layer or _("the picture")
        return _("{layer}, channel {channel}", layer=layer, channel=term.channel)
    return _("channel {channel}", channel=term.channel)


def link_titles(arithmetic: CellArithmetic) -> tuple[str, ...]:
    """Return what the links of the chain are called."""
    operation = arithmetic.operation
    if isinstance(operation, WeightedSum):
        first = _(OPERATIONS[operation.kind])
    elif isinstance(operation, Given):
        first = _("Taken from")
    else:
        first = _(OPERATIONS[operation.method])
    return first, *(_step_title(step) for step in arithmetic.steps)


def _step_title(step: Step) -> str:
    if isinstance(step, Normalised):
        return _("Layer normalisation") if step.of_place else _("Batch normalisation")
    if isinstance(step, Activated):
        return FUNCTIONS.get(step.function, step.function)
    return _("Unchanged ({kind})", kind=step.kind)


def words(arithmetic: CellArithmetic, terms: Terms) -> dict[str, str]:
    """Return the texts of the drawing, translated."""
    cell = arithmetic.cell
    own = arithmetic.maps[arithmetic.chosen]
    low, high = show_number(terms.low), show_number(terms.high)
    limit = show_number(terms.limit)
    return {
        "output": _("Output: channel {channel}", channel=cell.channel),
        "outputAlternative": _("Map of channel {channel}: arrow keys slide the window", channel=cell.channel),
        "outputRange": _("from {low} to {high}", low=show_number(own.min()), high=show_number(own.max())),
        "inputRange": _("coloured from {low} to {high}", low=low, high=high),
        "patchRange": _("{low} to {high}", low=low, high=high),
        "kernelRange": f"±{limit}",
        "patch": _("Numbers under the window"),
        "kernel": _("Kernel"),
        "products": _("Products"),
        "square": _("row {row}, column {column}"),
        "outside": _("padded"),
        "maximum": _("largest of {count} numbers"),
        "others": _others(arithmetic, terms.others),
        "bias": _("bias"),
        "result": _("sum") if isinstance(arithmetic.operation, WeightedSum) else _("result"),
        "chosen": _("the chosen layer"),
        "cell": _("row {row}, column {column}: {value}"),
        "page": _("{page} of {pages}, the largest first", page=terms.page, pages=terms.pages),
        "earlier": _("Larger contributions"),
        "later": _("Smaller contributions"),
        "play": _("▶ Slide the window"),
        "pause": _("❚❚ Stop here"),
        "step": _("▶ Next cell"),
        "agreement": _agreement(arithmetic),
    }


def _others(arithmetic: CellArithmetic, count: int) -> str:
    operation = arithmetic.operation
    if isinstance(operation, WeightedSum) and operation.kind == "linear":
        return _("other numbers ({count})", count=count)
    return _("other channels ({count})", count=count)


def _agreement(arithmetic: CellArithmetic) -> str:
    """Return how the value that was computed compares with the one in the network's tensor."""
    if arithmetic.value == arithmetic.stored_value:
        return _("By hand and in the network’s tensor: {value}.", value=number(arithmetic.value, ".7g"))
    return _(
        "By hand {value}, in the network’s tensor {stored}: {difference} apart, which is rounding.",
        value=number(arithmetic.value, ".7g"),
        stored=number(arithmetic.stored_value, ".7g"),
        difference=power_of_ten(abs(arithmetic.value - arithmetic.stored_value), ".0e"),
    )


def unexplained(arithmetic: CellArithmetic) -> str:
    """Return what a layer does whose arithmetic is not taken apart, and its value."""
    operation = arithmetic.operation
    kind = operation.kind if isinstance(operation, Given) else ""
    value = _("{kind} is not taken apart here. Its value is {value}.", kind=kind, value=show_number(arithmetic.value))
    return f"{value} {_what_it_does(kind)}".rstrip()


def _what_it_does(kind: str) -> str:
    match kind.lower().replace("_", "").removesuffix("2d"):
        case "softmax":
            return _("It turns all channels together into shares that add up to 1: exp(x), divided by the sum of all.")
        case "groupnorm":
            return _("It takes the mean and the deviation of a group of channels, over all places, out of each number.")
        case "pad" | "zeropad" | "constantpad" | "reflectionpad" | "replicationpad":
            return _("It puts a margin around each map; within the margin the numbers stay what they are.")
    return ""


def _source(layer: str | None, is_whole: bool) -> str:
    name = _name(layer)
    return name if is_whole else _("a part of {layer}", layer=name)


def _name(layer: str | None) -> str:
    return _("the picture") if layer is None else _code(layer)


def _code(name: str) -> str:
    return f"`{name}`"
