"""Whether a text in the code is a message marked for translation, as far as the source tells without running it."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator

from tests.contracts.source import modules, name_of

CODE = modules("app.py", "pages", "core")

FIELDS = {"label", "help", "title", "message", "reason", "remedy", "description", "idea"}
"""Fields of this name hold messages, in whichever record they are."""
EXEMPT = {
    *(("BackboneEntry", "title"), ("Paper", "title"), ("Prediction", "label")),
    *(("Item", "title"), ("Stage", "label"), ("StageOutput", "label")),
}
"""Except these: names that are the same in every language, and what was marked before it came here."""
NO_TEXTS = {"pages.components.canvas.bundle"}  # joins scripts
SAME_EVERYWHERE = {
    *("", "ConvScope", "ImageNet", "Fashion-MNIST", "CIFAR-10"),
    *("Nesterov", "AdaGrad", "RMSprop", "Adam", "AdamW", "Adadelta", "NAdam", "RAdam", "Adamax", "Rprop"),
    *("top center",),  # Plotly's
    *("Grad-CAM", "Grad-CAM++", "Layer-CAM", "Score-CAM", "SmoothGrad", "1", "4"),
    *("Rosenbrock", "Beale", "Himmelblau", "Rastrigin", "Ackley", "Styblinski–Tang"),
}


def is_on_screen(module: str) -> bool:
    """Return whether a module draws, so that its texts are translated already."""
    return module.partition(".")[0] in ("app", "pages") and module not in NO_TEXTS


def calls_of(tree: ast.AST, *names: str) -> Iterator[ast.Call]:
    """Yield the calls of functions of these names, whatever stands before their dot."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and name_of(node.func) in names:
            yield node


def is_literal(call: ast.Call) -> bool:
    """Return whether the first argument is a string as it stands, so that Babel finds it."""
    return bool(call.args) and isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str)


def literals(node: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield the strings in `node` with their lines: none that is marked, documents, or is raised for a developer."""
    match node:
        case ast.Constant(value=str(text)):
            yield node.lineno, text
        case ast.Call(func=ast.Name(id="_" | "N_")) | ast.Raise() | ast.Expr(value=ast.Constant()):
            pass
        case _:
            for child in ast.iter_child_nodes(node):
                yield from literals(child)


def unmarked(call: ast.Call, tree: ast.Module, module: str) -> Iterator[str]:
    """Yield what a record of ours is given for a message although it is neither marked nor translated."""
    record = name_of(call.func)
    given = [*zip(parameters(record), call.args, strict=False)]
    given += [(each.arg or "", each.value) for each in call.keywords if parameters(record)]
    for field, value in given:
        if not _may_be_given(record, field, value, tree, module):
            yield f"{record}.{field}: {ast.unparse(value)} is not marked with N_"


def _may_be_given(record: str, field: str, value: ast.expr, tree: ast.Module, module: str) -> bool:
    if field == "options":  # of a choice: pairs of a value and its label
        pairs = value.elts if isinstance(value, ast.Tuple) else []
        return all(isinstance(pair, ast.Tuple) and is_marked(pair.elts[1], tree) for pair in pairs)
    if (field not in FIELDS and not isinstance(value, ast.Starred)) or (record, field) in EXEMPT:
        return True
    return is_marked(value, tree) or (is_on_screen(module) and not list(literals(value)))


@functools.cache
def parameters(name: str) -> tuple[str, ...]:
    """Return what a class of ours takes, in order; nothing where it holds no messages or there is no such class."""
    taken = tuple(_parameters(name))
    return taken if FIELDS & set(taken) else ()


def _parameters(name: str) -> Iterator[str]:
    record = _classes().get(name, ast.ClassDef(name, bases=[], body=[]))
    for part in record.body:
        if isinstance(part, ast.FunctionDef) and part.name == "__init__":
            yield from (argument.arg for argument in part.args.args[1:])
            return
    for base in record.bases:
        yield from _parameters(name_of(base.value if isinstance(base, ast.Subscript) else base))
    for part in record.body:
        if isinstance(part, ast.AnnAssign):
            yield name_of(part.target)


@functools.cache
def _classes() -> dict[str, ast.ClassDef]:
    return {node.name: node for tree in CODE.values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}


def is_marked(value: ast.expr, tree: ast.Module) -> bool:
    """Return whether `value` can only be a message that was marked, as far as its module tells."""
    match value:
        case ast.Constant(value=text):
            return text in SAME_EVERYWHERE
        case ast.Call(func=ast.Name(id="N_" | "_")):
            return is_literal(value)
        case ast.Call(func=function):  # a record: its fields are looked at where it is made
            return bool(parameters(name_of(function)))
        case ast.IfExp(body=one, orelse=other):
            return is_marked(one, tree) and is_marked(other, tree)
        case ast.Dict(values=texts):
            return all(is_marked(text, tree) for text in texts)
        case ast.Attribute(attr=field) if field in FIELDS:
            return True
        case ast.Starred(value=inner) | ast.Subscript(value=inner):
            return is_marked(inner, tree)
        case ast.Name() | ast.Attribute():
            given = list(_given_to(name_of(value), tree)) or list(_constant(name_of(value)))
            return bool(given) and all(is_marked(each, tree) for each in given)
    return False


def _constant(name: str) -> Iterator[ast.expr]:
    """Yield what any module gives to a constant of this name."""
    for tree in CODE.values() if name.isupper() else ():
        yield from _given_to(name, tree)


def _given_to(name: str, tree: ast.Module) -> Iterator[ast.expr]:
    """Yield what a module gives to `name`; an empty text where it is one part of what a call or a loop gives."""
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Tuple(elts=parts)], value=ast.Tuple(elts=values)):
                yield from (value for part, value in zip(parts, values, strict=False) if name_of(part) == name)
            case ast.Assign(targets=[ast.Name(id=target)], value=value) if target == name:
                yield value
            case ast.AnnAssign(target=ast.Name(id=target), value=ast.expr() as value) if target == name:
                yield value
            case ast.Assign(targets=[target]) | ast.For(target=target) | ast.comprehension(target=target):
                if any(isinstance(part, ast.Name) and part.id == name for part in ast.walk(target)):
                    yield ast.Constant("")
