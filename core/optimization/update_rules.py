"""The update rules of torch.optim as formulas, for one point or for thousands of runs at once.

Each takes what it kept from the step before (nothing at first), the gradient, the values of the settings, the number of
the step from 1, and the point. It returns its terms by name: what the formula on the page shows, `delta`, by which
the point moves, and what it will want to know in the next step. Tensors are of the shape (runs, 2), the values of
settings numbers or tensors of the shape (runs, 1). Constants are the defaults of torch.optim.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

Terms = Mapping[str, "Tensor"]
Update = Callable[[Terms, "Tensor", Mapping[str, "float | Tensor"], int, "Tensor"], Terms]


def gradient_descent(
    _kept: Terms, gradient: Tensor, values: Mapping[str, float | Tensor], _t: int, _point: Tensor
) -> Terms:
    """Return the step against the gradient (Cauchy 1847)."""
    return {"delta": -values["lr"] * gradient}


def momentum(kept: Terms, gradient: Tensor, values: Mapping[str, float | Tensor], _t: int, _point: Tensor) -> Terms:
    """Return the step along the velocity v, as torch.optim has it: μv + g (Polyak 1964)."""
    v = values["momentum"] * kept["v"] + gradient if kept else gradient
    return {"v": v, "delta": -values["lr"] * v}


def nesterov(kept: Terms, gradient: Tensor, values: Mapping[str, float | Tensor], _t: int, _point: Tensor) -> Terms:
    """Return the step along g + μv: where the velocity would lead is looked at already (Nesterov 1983)."""
    v = values["momentum"] * kept["v"] + gradient if kept else gradient
    return {"v": v, "delta": -values["lr"] * (gradient + values["momentum"] * v)}


def adagrad(kept: Terms, gradient: Tensor, values: Mapping[str, float | Tensor], _t: int, _point: Tensor) -> Terms:
    """Return the step divided by the root of all squares so far (Duchi et al. 2011)."""
    s = gradient**2 + kept["s"] if kept else gradient**2
    return {"s": s, "delta": -values["lr"] * gradient / (s.sqrt() + 1e-10)}


def rmsprop(kept: Terms, gradient: Tensor, values: Mapping[str, float | Tensor], _t: int, _point: Tensor) -> Terms:
    """Return the step divided by the root of the mean recent square (Tieleman & Hinton 2012)."""
    s = _mean(kept, "s", gradient**2, values["alpha"])
    return {"s": s, "delta": -values["lr"] * gradient / (s.sqrt() + 1e-8)}


def adam(kept: Terms, gradient: Tensor, values: Mapping[str, float | Tensor], t: int, _point: Tensor) -> Terms:
    """Return the step of Adam with both corrections (Kingma & Ba 2014, arXiv:1412.6980)."""
    m = _mean(kept, "m", gradient, values["beta1"])
    s = _mean(kept, "s", gradient**2, values["beta2"])
    m_hat, s_hat = m / (1 - values["beta1"] ** t), s / (1 - values["beta2"] ** t)
    return {"m": m, "s": s, "m_hat": m_hat, "s_hat": s_hat, "delta": -values["lr"] * m_hat / (s_hat.sqrt() + 1e-8)}


def adamw(kept: Terms, gradient: Tensor, values: Mapping[str, float | Tensor], t: int, point: Tensor) -> Terms:
    """Return Adam's step, with the weights shrunk apart from it (Loshchilov & Hutter 2017, arXiv:1711.05101)."""
    terms = adam(kept, gradient, values, t, point)
    shrunk = -values["lr"] * values["decay"] * point
    return {**terms, "shrunk": shrunk, "delta": terms["delta"] + shrunk}


def adadelta(kept: Terms, gradient: Tensor, values: Mapping[str, float | Tensor], _t: int, _point: Tensor) -> Terms:
    """Return the step measured by earlier steps, u the mean of their squares (Zeiler 2012, arXiv:1212.5701)."""
    s = _mean(kept, "s", gradient**2, values["rho"])
    before = kept["u"] if kept else 0 * gradient
    step = gradient * (before + 1e-6).sqrt() / (s + 1e-6).sqrt()
    return {"s": s, "u": _mean(kept, "u", step**2, values["rho"]), "delta": -values["lr"] * step}


def nadam(kept: Terms, gradient: Tensor, values: Mapping[str, float | Tensor], t: int, _point: Tensor) -> Terms:
    """Return Adam's step with a look ahead, its momentum rising slowly (Dozat 2016)."""
    m = _mean(kept, "m", gradient, values["beta1"])
    s = _mean(kept, "s", gradient**2, values["beta2"])
    now, next_one = (values["beta1"] * (1 - 0.5 * 0.96 ** (step * 0.004)) for step in (t, t + 1))
    product = (kept["product"] if kept else 1 + 0 * gradient) * now
    divisor = (s / (1 - values["beta2"] ** t)).sqrt() + 1e-8
    ahead = (1 - now) * gradient / (1 - product) + next_one * m / (1 - product * next_one)
    return {"m": m, "s": s, "product": product, "delta": -values["lr"] * ahead / divisor}


def radam(kept: Terms, gradient: Tensor, values: Mapping[str, float | Tensor], t: int, _point: Tensor) -> Terms:
    """Return Adam's step, undivided until enough gradients were seen (Liu et al. 2019, arXiv:1908.03265)."""
    import torch

    m = _mean(kept, "m", gradient, values["beta1"])
    s = _mean(kept, "s", gradient**2, values["beta2"])
    m_hat = m / (1 - values["beta1"] ** t)
    beta2 = torch.as_tensor(values["beta2"], dtype=gradient.dtype)
    longest = 2 / (1 - beta2) - 1
    length = longest - 2 * t * beta2**t / (1 - beta2**t)
    ratio = (length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length)
    divided = m_hat * ratio.clamp(min=0).sqrt() * (1 - beta2**t).sqrt() / (s.sqrt() + 1e-8)
    return {"m": m, "s": s, "m_hat": m_hat, "delta": -values["lr"] * torch.where(length > 5, divided, m_hat)}


def adamax(kept: Terms, gradient: Tensor, values: Mapping[str, float | Tensor], t: int, _point: Tensor) -> Terms:
    """Return Adam's step divided by the largest recent gradient, u (Kingma & Ba 2014, section 7.1)."""
    m = _mean(kept, "m", gradient, values["beta1"])
    largest = gradient.abs() + 1e-8
    u = (values["beta2"] * kept["u"]).maximum(largest) if kept else largest
    return {"m": m, "u": u, "delta": -values["lr"] / (1 - values["beta1"] ** t) * m / u}


def rprop(kept: Terms, gradient: Tensor, values: Mapping[str, float | Tensor], _t: int, _point: Tensor) -> Terms:
    """Return the step of Rprop: its size follows from how often the gradient's sign stays (Riedmiller & Braun 1993)."""
    before = kept["used"] if kept else 0 * gradient
    size = kept["size"] if kept else values["lr"] + 0 * gradient
    agreement = (gradient * before).sign()
    rising, falling = ((agreement == sign).to(gradient.dtype) for sign in (1, -1))  # else 0.2 is of single precision
    factor = 1 + 0.2 * rising - 0.5 * falling
    size = (size * factor).clamp(1e-6, 50)
    used = gradient * (agreement >= 0)
    return {"size": size, "used": used, "delta": -used.sign() * size}


def _mean(kept: Terms, name: str, new: Tensor, memory: float | Tensor) -> Tensor:
    """Return the running mean of `name`, which began at zero, with `new` taken in."""
    return memory * kept[name] + (1 - memory) * new if kept else (1 - memory) * new
