"""Parses a formula in x and y to a function, by a whitelist of its syntax tree and never by `eval`."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from core.errors import UserError
from core.i18n import N_

if TYPE_CHECKING:
    from torch import Tensor

    from core.optimization.surfaces.registry import Function

LONGEST = 200  # characters
DEEPEST = 40  # nested parts
CONSTANTS = {"pi": math.pi, "e": math.e}
FUNCTIONS: Mapping[str, str] = {
    name: name for name in ("sin", "cos", "tan", "exp", "log", "sqrt", "abs", "tanh", "sinh", "cosh", "atan")
}
"""What may be called, with what it is called in PyTorch."""
OPERATIONS: Mapping[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.Div: lambda a, b: a / b,
    ast.Pow: lambda a, b: a**b,
}

REMEDY = N_("Write it with x, y, numbers, + − * / ^, pi, e, and functions such as sin, exp, log, sqrt or abs.")

Value = Callable[["Tensor", "Tensor"], Any]


class FormulaError(UserError):
    """A formula that is none; `position` is where, counted from 0, for a mark under it, None where it is nowhere."""

    def __init__(self, reason: str, remedy: str = "", **values: Any) -> None:
        super().__init__(reason, remedy, **values)
        self.position = int(values["position"]) - 1 if "position" in values else None


def parse_formula(text: str) -> Function:
    """Return the function that a formula such as "x^2 + sin(3*y)" stands for, of tensors x and y of one shape.

    Powers are written ^ or **. Raises `FormulaError`, which says where the mistake is.
    """
    if len(text) > LONGEST:
        raise FormulaError(
            N_("The formula is longer than {longest} characters."), REMEDY, position=LONGEST + 1, longest=LONGEST
        )
    strange = next((i for i, sign in enumerate(text) if not sign.isascii() or not sign.isprintable()), None)
    if strange is not None:
        raise FormulaError(
            N_("“{part}” at character {position} has no place in a formula."),
            REMEDY,
            position=strange + 1,
            part=text[strange],
        )
    indent = len(text) - len(text.lstrip())
    try:
        tree = ast.parse(text.lstrip().replace("^", "**"), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        # Python places what is missing at the end nowhere, or behind it.
        index = _place(text, indent, (getattr(error, "offset", None) or 2 * len(text) + 1) - 1)
        raise FormulaError(
            N_("The formula cannot be read at character {position}."), REMEDY, position=index + 1
        ) from None
    value = _Reader(text).read(tree)

    def function(x: Tensor, y: Tensor, _settings: Mapping[str, float]) -> Tensor:
        found: Tensor = value(x, y) + 0 * (x + y)  # of the shape of x and y also where the formula is a number
        return found

    return function


class _Reader:
    """Turns a syntax tree into nested functions, part by part; refuses each part that is not on the whitelist."""

    def __init__(self, text: str) -> None:
        self._text = text

    def read(self, node: ast.expr, depth: int = 0) -> Value:
        if depth > DEEPEST:
            raise FormulaError(
                N_("The formula is nested too deeply at character {position}."), REMEDY, position=self._position(node)
            )
        match node:
            case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
                return self._number(node, number)
            case ast.Name(id=name):
                return self._name(node, name)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                inner = self.read(operand, depth + 1)
                return lambda x, y: -inner(x, y)
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self.read(operand, depth + 1)
            case ast.BinOp(left=left, op=sign, right=right) if type(sign) in OPERATIONS:
                return self._operation(OPERATIONS[type(sign)], left, right, depth)
            case ast.Call(func=ast.Name(id=name), args=[argument], keywords=[]) if name in FUNCTIONS:
                return self._call(FUNCTIONS[name], argument, depth)
            case ast.Call(func=ast.Name(id=name)) if name in FUNCTIONS:
                raise FormulaError(
                    N_("“{part}” at character {position} takes one value."),
                    REMEDY,
                    position=self._position(node),
                    part=name,
                )
            case ast.Call(func=ast.Name(id=name)):
                raise FormulaError(
                    N_("There is no function “{part}”, as at character {position}."),
                    REMEDY,
                    position=self._position(node),
                    part=name,
                )
        part = ast.unparse(node)[:40]
        raise FormulaError(
            N_("“{part}” at character {position} has no place in a formula."),
            REMEDY,
            position=self._position(node),
            part=part,
        )

    def _number(self, node: ast.expr, number: float) -> Value:
        if abs(number) > 1e12:
            raise FormulaError(
                N_("The number at character {position} is too large."), REMEDY, position=self._position(node)
            )
        constant = float(number)
        return lambda _x, _y: constant

    def _name(self, node: ast.expr, name: str) -> Value:
        if name == "x":
            return lambda x, _y: x
        if name == "y":
            return lambda _x, y: y
        if name in CONSTANTS:
            constant = CONSTANTS[name]
            return lambda _x, _y: constant
        raise FormulaError(
            N_("“{part}” at character {position} is neither x nor y nor a known number."),
            REMEDY,
            position=self._position(node),
            part=name,
        )

    def _operation(self, operation: Callable[[Any, Any], Any], left: ast.expr, right: ast.expr, depth: int) -> Value:
        first, second = self.read(left, depth + 1), self.read(right, depth + 1)

        def value(x: Tensor, y: Tensor) -> Any:
            a, b = first(x, y), second(x, y)
            # Numbers among themselves are tensors too, so that 1/0 is infinite and 10^400 an overflow, not an error.
            return operation(a if hasattr(a, "dtype") else x.new_tensor(a), b)

        return value

    def _call(self, name: str, argument: ast.expr, depth: int) -> Value:
        inner = self.read(argument, depth + 1)

        def value(x: Tensor, y: Tensor) -> Any:
            found = inner(x, y)
            return getattr(found if hasattr(found, "dtype") else x.new_tensor(found), name)()

        return value

    def _position(self, node: ast.expr) -> int:
        """Return where a part of the formula begins, counted from 1."""
        indent = len(self._text) - len(self._text.lstrip())
        return _place(self._text, indent, node.col_offset) + 1


def _place(text: str, indent: int, offset: int) -> int:
    """Return where in `text` the character `offset` of its Python form is: without indent, with ** for each ^."""
    place, seen = indent, 0
    while place < len(text) - 1 and seen < offset:
        seen += 2 if text[place] == "^" else 1
        place += 1
    return place
