"""The registry of optimizers: classes of torch.optim with settings, formula and paper."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from core.i18n import N_
from core.optimization import update_rules
from core.optimization.update_rules import Update
from core.registry import Registry
from core.settings import Number


@dataclass(frozen=True, kw_only=True)
class Optimizer:
    """A method of descent as torch.optim has it.

    `torch_name` is the class in torch.optim, `fixed` what it is always given, `arguments` map each of its arguments to
    the settings whose values it takes: one, or several for a tuple such as Adam's betas. `formula` is LaTeX: g is the
    gradient, η the learning rate; `update` computes it, and `worked` is the last line of it with <names> where the
    numbers of a step go. `lecture` marks the six that a race begins with.
    """

    name: str
    title: str
    torch_name: str
    idea: str
    formula: str
    paper: str
    settings: tuple[Number, ...]
    arguments: Mapping[str, tuple[str, ...]] = field(hash=False)
    update: Update = field(compare=False)
    worked: str
    fixed: Mapping[str, Any] = field(default_factory=dict, hash=False)
    lecture: bool = False

    def values(self, given: Mapping[str, float] | None = None) -> dict[str, float]:
        """Return a value for each setting: the one given, else torch.optim's default."""
        return {setting.name: float((given or {}).get(setting.name, setting.default)) for setting in self.settings}

    def options(self, given: Mapping[str, float] | None = None) -> dict[str, Any]:
        """Return what the class of torch.optim is called with."""
        values = self.values(given)
        taken: dict[str, Any] = {
            argument: values[names[0]] if len(names) == 1 else tuple(values[name] for name in names)
            for argument, names in self.arguments.items()
        }
        return taken | dict(self.fixed)

    def build(self, parameters: Any, given: Mapping[str, float] | None = None) -> Any:
        """Return the optimizer of torch.optim for `parameters`."""
        import torch

        return getattr(torch.optim, self.torch_name)(parameters, **self.options(given))


def _lr(default: float) -> Number:
    return Number(name="lr", label=N_("Learning rate"), default=default, minimum=1e-6, maximum=10.0, step=0.001)


@dataclass(frozen=True, kw_only=True)
class Share(Number):
    """How much of something survives a step, from nothing to almost all."""

    minimum: float = 0.0
    maximum: float = 0.9999
    step: float = 0.01


MOMENTUM = Share(
    name="momentum", label=N_("Momentum"), default=0.9, help=N_("How much of the velocity survives a step.")
)
ALPHA = Share(
    name="alpha",
    label=N_("Memory of squares"),
    default=0.99,
    help=N_("How much of the mean of squared gradients survives a step."),
)
RHO = replace(ALPHA, name="rho", default=0.9)
BETA1 = Share(
    name="beta1",
    label=N_("Memory of gradients"),
    default=0.9,
    help=N_("How much of the mean gradient survives a step."),
)
BETA2 = replace(ALPHA, name="beta2", default=0.999)
DECAY = Number(name="decay", label=N_("Weight decay"), default=0.01, minimum=0.0, maximum=1.0, step=0.01)
BETAS = {"lr": ("lr",), "betas": ("beta1", "beta2")}

OPTIMIZERS: Registry[Optimizer] = Registry(
    N_("optimizer"),
    (
        Optimizer(
            name="sgd",
            title=N_("Gradient descent"),
            torch_name="SGD",
            idea=N_("Steps against the gradient, as far as it is large."),
            formula=r"\theta \leftarrow \theta - \eta\, g",
            paper="Cauchy (1847)",
            settings=(_lr(0.001),),
            arguments={"lr": ("lr",)},
            update=update_rules.gradient_descent,
            worked=r"<from> - <lr> \cdot <g>",
            lecture=True,
        ),
        Optimizer(
            name="momentum",
            title=N_("Momentum"),
            torch_name="SGD",
            idea=N_("A heavy ball: it keeps its velocity, evens out zigzags and overshoots."),
            formula=r"v \leftarrow \mu v + g, \quad \theta \leftarrow \theta - \eta\, v",
            paper="Polyak (1964)",
            settings=(_lr(0.001), MOMENTUM),
            arguments={"lr": ("lr",), "momentum": ("momentum",)},
            update=update_rules.momentum,
            worked=r"<from> - <lr> \cdot <v>",
            lecture=True,
        ),
        Optimizer(
            name="nesterov",
            title="Nesterov",
            torch_name="SGD",
            idea=N_("Momentum that looks ahead: it brakes before it has gone too far."),
            formula=r"v \leftarrow \mu v + g, \quad \theta \leftarrow \theta - \eta\,(g + \mu v)",
            paper="Nesterov (1983)",
            settings=(_lr(0.001), MOMENTUM),
            arguments={"lr": ("lr",), "momentum": ("momentum",)},
            update=update_rules.nesterov,
            worked=r"<from> - <lr> \cdot (<g> + <momentum> \cdot <v>)",
            fixed={"nesterov": True},
            lecture=True,
        ),
        Optimizer(
            name="adagrad",
            title="AdaGrad",
            torch_name="Adagrad",
            idea=N_("Each coordinate brakes by all the gradients that it has seen; it never speeds up again."),
            formula=r"s \leftarrow s + g^2, \quad \theta \leftarrow \theta - \eta\, g / (\sqrt{s} + \varepsilon)",
            paper="Duchi, Hazan, Singer (2011)",
            settings=(_lr(0.01),),
            arguments={"lr": ("lr",)},
            update=update_rules.adagrad,
            worked=r"<from> - <lr> \cdot \frac{<g>}{\sqrt{<s>} + \varepsilon}",
            lecture=True,
        ),
        Optimizer(
            name="rmsprop",
            title="RMSprop",
            torch_name="RMSprop",
            idea=N_("Each coordinate divides by the recent size of its gradient; old ones are forgotten."),
            formula=(
                r"s \leftarrow \alpha s + (1-\alpha)\, g^2, \quad"
                r" \theta \leftarrow \theta - \eta\, g / (\sqrt{s} + \varepsilon)"
            ),
            paper="Tieleman, Hinton (2012)",
            settings=(_lr(0.01), ALPHA),
            arguments={"lr": ("lr",), "alpha": ("alpha",)},
            update=update_rules.rmsprop,
            worked=r"<from> - <lr> \cdot \frac{<g>}{\sqrt{<s>} + \varepsilon}",
            lecture=True,
        ),
        Optimizer(
            name="adam",
            title="Adam",
            torch_name="Adam",
            idea=N_("Momentum and RMSprop together, both corrected for their start at zero."),
            formula=(
                r"m \leftarrow \beta_1 m + (1-\beta_1)\, g, \quad s \leftarrow \beta_2 s + (1-\beta_2)\, g^2, \quad"
                r" \theta \leftarrow \theta - \eta\, \hat m / (\sqrt{\hat s} + \varepsilon)"
            ),
            paper="Kingma, Ba (2014), arXiv:1412.6980",
            settings=(_lr(0.001), BETA1, BETA2),
            arguments=BETAS,
            update=update_rules.adam,
            worked=r"<from> - <lr> \cdot \frac{<m_hat>}{\sqrt{<s_hat>} + \varepsilon}",
            lecture=True,
        ),
        Optimizer(
            name="adamw",
            title="AdamW",
            torch_name="AdamW",
            idea=N_("Adam whose weights shrink by themselves, independent of the gradient."),
            formula=r"\theta \leftarrow (1 - \eta\lambda)\,\theta - \eta\, \hat m / (\sqrt{\hat s} + \varepsilon)",
            paper="Loshchilov, Hutter (2017), arXiv:1711.05101",
            settings=(_lr(0.001), BETA1, BETA2, DECAY),
            arguments={**BETAS, "weight_decay": ("decay",)},
            update=update_rules.adamw,
            worked=r"(1 - <lr> \cdot <decay>) \cdot <from> - <lr> \cdot \frac{<m_hat>}{\sqrt{<s_hat>} + \varepsilon}",
        ),
        Optimizer(
            name="adadelta",
            title="Adadelta",
            torch_name="Adadelta",
            idea=N_("Measures its steps by its own earlier steps, so that the units fit."),
            formula=(
                r"s \leftarrow \rho s + (1-\rho)\, g^2, \quad"
                r" \Delta = g \sqrt{u + \varepsilon} / \sqrt{s + \varepsilon}, \quad"
                r" u \leftarrow \rho u + (1-\rho)\, \Delta^2, \quad \theta \leftarrow \theta - \eta\, \Delta"
            ),
            paper="Zeiler (2012), arXiv:1212.5701",
            settings=(_lr(1.0), RHO),
            arguments={"lr": ("lr",), "rho": ("rho",)},
            update=update_rules.adadelta,
            worked=r"<from> + <delta>",
        ),
        Optimizer(
            name="nadam",
            title="NAdam",
            torch_name="NAdam",
            idea=N_("Adam with Nesterov's look ahead."),
            formula=(
                r"\theta \leftarrow \theta - \eta\,\left(\tfrac{(1-\mu_t)\, g}{1-\prod\mu}"
                r" + \tfrac{\mu_{t+1}\, m}{1-\prod\mu\,\mu_{t+1}}\right) / (\sqrt{\hat s} + \varepsilon)"
            ),
            paper="Dozat (2016)",
            settings=(_lr(0.002), BETA1, BETA2),
            arguments=BETAS,
            update=update_rules.nadam,
            worked=r"<from> + <delta>",
        ),
        Optimizer(
            name="radam",
            title="RAdam",
            torch_name="RAdam",
            idea=N_("Adam that waits with dividing until it has seen enough gradients."),
            formula=r"\theta \leftarrow \theta - \eta\, r_t\, \hat m / (\sqrt{\hat s} + \varepsilon)",
            paper="Liu et al. (2019), arXiv:1908.03265",
            settings=(_lr(0.001), BETA1, BETA2),
            arguments=BETAS,
            update=update_rules.radam,
            worked=r"<from> + <delta>",
        ),
        Optimizer(
            name="adamax",
            title="Adamax",
            torch_name="Adamax",
            idea=N_("Adam that divides by the largest recent gradient instead of the mean square."),
            formula=(
                r"u \leftarrow \max(\beta_2 u,\ |g| + \varepsilon), \quad"
                r" \theta \leftarrow \theta - \tfrac{\eta}{1-\beta_1^t}\, m / u"
            ),
            paper="Kingma, Ba (2014), arXiv:1412.6980",
            settings=(_lr(0.002), BETA1, BETA2),
            arguments=BETAS,
            update=update_rules.adamax,
            worked=r"<from> - \frac{<lr>}{1 - <beta1>^t} \cdot \frac{<m>}{<u>}",
        ),
        Optimizer(
            name="rprop",
            title="Rprop",
            torch_name="Rprop",
            idea=N_("Looks at the gradient's sign alone: faster while it stays, slower when it turns."),
            formula=(
                r"\delta \leftarrow 1.2\,\delta \ \vee\ 0.5\,\delta, \quad"
                r" \theta \leftarrow \theta - \operatorname{sgn}(g)\, \delta"
            ),
            paper="Riedmiller, Braun (1993)",
            settings=(_lr(0.01),),
            arguments={"lr": ("lr",)},
            update=update_rules.rprop,
            worked=r"<from> - \operatorname{sgn}<used> \cdot <size>",
        ),
    ),
)
