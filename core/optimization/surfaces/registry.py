"""The registry of surfaces: functions of x and y with known minima."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.i18n import N_
from core.registry import Registry
from core.settings import Number

if TYPE_CHECKING:
    from torch import Tensor

Function = Callable[["Tensor", "Tensor", Mapping[str, float]], "Tensor"]
"""Maps x and y, of one shape, and the values of the surface's settings to f, of that shape."""

Point = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Surface:
    """A function of two variables that a race can be run on.

    `formula` is LaTeX, `idea` says what it teaches, `box` is (least x, largest x, least y, largest y), `start` where a
    race begins, `minima` the places of all its local minima in the box, or of its global one where there are many.
    Raises `ValueError` where the start lies outside of the box.
    """

    name: str
    title: str
    idea: str
    formula: str
    function: Function = field(compare=False)
    box: tuple[float, float, float, float]
    start: Point
    minima: tuple[Point, ...]
    settings: tuple[Number, ...] = ()

    def __post_init__(self) -> None:
        if not self.contains(self.start):
            raise ValueError(f"{self.name}: the start {self.start} lies outside of {self.box}")

    def contains(self, point: Point) -> bool:
        """Return whether a point lies in the box."""
        left, right, low, high = self.box
        return left <= point[0] <= right and low <= point[1] <= high

    def values(self, given: Mapping[str, float] | None = None) -> dict[str, float]:
        """Return a value for each setting: the one given, else the default."""
        return {setting.name: float((given or {}).get(setting.name, setting.default)) for setting in self.settings}


CONDITION = Number(
    name="condition",
    label=N_("Condition number"),
    default=25.0,
    minimum=1.0,
    maximum=100.0,
    step=1.0,
    help=N_("How many times more curved the steep direction is than the flat one."),
)


def _bowl(x: Tensor, y: Tensor, settings: Mapping[str, float]) -> Tensor:
    return 0.5 * (x**2 + settings["condition"] * y**2)


def _ravine(x: Tensor, y: Tensor, settings: Mapping[str, float]) -> Tensor:
    return 0.25 * ((x + y) ** 2 + settings["condition"] * (x - y) ** 2)


def _saddle(x: Tensor, y: Tensor, _settings: Mapping[str, float]) -> Tensor:
    return x**2 - y**2 + 0.1 * y**4


def _plateau(x: Tensor, y: Tensor, _settings: Mapping[str, float]) -> Tensor:
    return 1 - (-0.5 * (x**2 + y**2)).exp()


def _rosenbrock(x: Tensor, y: Tensor, _settings: Mapping[str, float]) -> Tensor:
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


def _beale(x: Tensor, y: Tensor, _settings: Mapping[str, float]) -> Tensor:
    return (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2


def _himmelblau(x: Tensor, y: Tensor, _settings: Mapping[str, float]) -> Tensor:
    return (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2


def _rastrigin(x: Tensor, y: Tensor, _settings: Mapping[str, float]) -> Tensor:
    turn = 2 * 3.141592653589793
    return 20 + x**2 + y**2 - 10 * ((turn * x).cos() + (turn * y).cos())


def _ackley(x: Tensor, y: Tensor, _settings: Mapping[str, float]) -> Tensor:
    turn = 2 * 3.141592653589793
    # The tiny number keeps the gradient of the root finite in the minimum, and changes f there by 0.000004.
    far = (0.5 * (x**2 + y**2) + 1e-12).sqrt()
    waves = 0.5 * ((turn * x).cos() + (turn * y).cos())
    return 20 + 2.718281828459045 - 20 * (-0.2 * far).exp() - waves.exp()


def _styblinski_tang(x: Tensor, y: Tensor, _settings: Mapping[str, float]) -> Tensor:
    return 0.5 * (x**4 - 16 * x**2 + 5 * x + y**4 - 16 * y**2 + 5 * y)


SURFACES: Registry[Surface] = Registry(
    N_("surface"),
    (
        Surface(
            name="bowl",
            title=N_("Bowl"),
            idea=N_("The steep direction sets the largest learning rate, the flat one how long it takes."),
            formula=r"\tfrac12\,(x^2 + \kappa\, y^2)",
            function=_bowl,
            box=(-5.0, 5.0, -3.0, 3.0),
            start=(-4.0, 1.5),
            minima=((0.0, 0.0),),
            settings=(CONDITION,),
        ),
        Surface(
            name="ravine",
            title=N_("Ravine"),
            idea=N_("The bowl turned by 45°: scaling each coordinate by itself no longer helps."),
            formula=r"\tfrac14\left((x+y)^2 + \kappa\,(x-y)^2\right)",
            function=_ravine,
            box=(-4.0, 4.0, -4.0, 4.0),
            start=(-3.5, -1.5),
            minima=((0.0, 0.0),),
            settings=(CONDITION,),
        ),
        Surface(
            name="saddle",
            title=N_("Saddle"),
            idea=N_("Close to the ridge the gradient almost vanishes: who gets away first?"),
            formula=r"x^2 - y^2 + \tfrac1{10}\,y^4",
            function=_saddle,
            box=(-3.0, 3.0, -3.0, 3.0),
            start=(-2.0, 0.01),
            minima=((0.0, 5**0.5), (0.0, -(5**0.5))),
        ),
        Surface(
            name="plateau",
            title=N_("Plateau"),
            idea=N_("Far from the hole the ground is nearly flat: only who divides by the gradient's size moves on."),
            formula=r"1 - e^{-\frac12 (x^2 + y^2)}",
            function=_plateau,
            box=(-4.0, 4.0, -4.0, 4.0),
            start=(-2.4, 2.0),
            minima=((0.0, 0.0),),
        ),
        Surface(
            name="rosenbrock",
            title="Rosenbrock",
            idea=N_("Into the curved valley is easy, along its floor is slow."),
            formula=r"(1-x)^2 + 100\,(y-x^2)^2",
            function=_rosenbrock,
            box=(-2.0, 2.0, -1.0, 3.0),
            start=(-1.5, 2.0),
            minima=((1.0, 1.0),),
        ),
        Surface(
            name="beale",
            title="Beale",
            idea=N_("Flat in the middle, steep at the corners: momentum carries too far."),
            formula=r"(1.5 - x + xy)^2 + (2.25 - x + xy^2)^2 + (2.625 - x + xy^3)^2",
            function=_beale,
            box=(-4.5, 4.5, -4.5, 4.5),
            start=(1.0, 1.5),
            minima=((3.0, 0.5),),
        ),
        Surface(
            name="himmelblau",
            title="Himmelblau",
            idea=N_("Four minima of the same depth: which one is reached depends on the method."),
            formula=r"(x^2 + y - 11)^2 + (x + y^2 - 7)^2",
            function=_himmelblau,
            box=(-5.0, 5.0, -5.0, 5.0),
            start=(-0.3, -0.9),
            minima=(
                (3.0, 2.0),
                (-2.805118086952745, 3.131312518250573),
                (-3.779310253377747, -3.283185991286170),
                (3.584428340330492, -1.848126526964404),
            ),
        ),
        Surface(
            name="rastrigin",
            title="Rastrigin",
            idea=N_("A minimum at every whole number: everyone ends in the nearest ones."),
            formula=r"20 + x^2 + y^2 - 10\,(\cos 2\pi x + \cos 2\pi y)",
            function=_rastrigin,
            box=(-4.5, 4.5, -4.5, 4.5),
            start=(-2.0, 3.5),
            minima=((0.0, 0.0),),
        ),
        Surface(
            name="ackley",
            title="Ackley",
            idea=N_("Ripples on a slope: small steps are caught, larger ones roll over them."),
            formula=r"20 + e - 20\,e^{-0.2\sqrt{(x^2+y^2)/2}} - e^{(\cos 2\pi x + \cos 2\pi y)/2}",
            function=_ackley,
            box=(-4.0, 4.0, -4.0, 4.0),
            start=(-2.7, 3.2),
            minima=((0.0, 0.0),),
        ),
        Surface(
            name="styblinski_tang",
            title="Styblinski–Tang",
            idea=N_("Four basins of different depth: the nearest is not the best."),
            formula=r"\tfrac12\,(x^4 - 16x^2 + 5x + y^4 - 16y^2 + 5y)",
            function=_styblinski_tang,
            box=(-5.0, 5.0, -5.0, 5.0),
            start=(0.3, 4.4),
            minima=(
                (-2.903534027771177, -2.903534027771177),
                (-2.903534027771177, 2.746802733056134),
                (2.746802733056134, -2.903534027771177),
                (2.746802733056134, 2.746802733056134),
            ),
        ),
    ),
)
