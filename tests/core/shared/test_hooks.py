"""A borrowed model is given back as it was, and only one thread has it at a time."""

from __future__ import annotations

import gc
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from core.hooks import borrow
from core.images.picture import Picture
from core.visualization.activations.activation_capture import capture
from tests.core.conftest import MakeBackbone
from tests.core.pathological import batch

PATIENCE = 10  # seconds until a thread that should have come on is given up


class MishapError(Exception):
    """What goes wrong while a model is borrowed."""


def network() -> nn.Sequential:
    """Return a network whose flags all differ from what borrowing sets."""
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Sequential(nn.Conv2d(4, 2, 1)))
    model.train()
    model[1].eval()
    model[0].weight.requires_grad_(False)
    return model


def flags(model: nn.Module) -> list[bool]:
    return [module.training for module in model.modules()] + [
        parameter.requires_grad for parameter in model.parameters()
    ]


def hooks(model: nn.Module) -> int:
    kinds = ("_forward_hooks", "_forward_pre_hooks", "_backward_hooks", "_backward_pre_hooks")
    return sum(len(getattr(module, kind)) for module in model.modules() for kind in kinds)


def ignore(module: nn.Module, inputs: object, output: object) -> None:
    """Watch without doing anything."""


def disturb(model: nn.Module) -> None:
    """Turn every flag round."""
    for module in model.modules():
        module.training = not module.training
    for parameter in model.parameters():
        parameter.requires_grad_(not parameter.requires_grad)


# --- what is given back -------------------------------------------------------------------------------------------


def test_it_is_lent_in_eval_mode() -> None:
    with borrow(network()) as loan:
        assert not any(module.training for module in loan.model.modules())


def test_flags_are_what_they_were() -> None:
    model = network()
    before = flags(model)
    assert len(set(before)) == 2
    with borrow(model):
        disturb(model)
        assert flags(model) != before
    assert flags(model) == before


def test_flags_are_what_they_were_after_an_exception() -> None:
    model = network()
    before = flags(model)
    with suppress(MishapError), borrow(model):
        disturb(model)
        assert flags(model) != before
        raise MishapError
    assert flags(model) == before


def test_hooks_are_counted_before_during_and_after() -> None:
    model = network()
    model[2].register_forward_hook(ignore)  # somebody's own, which must stay
    with borrow(model) as loan:
        for module in model.modules():
            loan.watch(module, ignore)
        assert hooks(model) == 1 + len(list(model.modules()))
    assert hooks(model) == 1


def test_no_hook_is_left_after_an_exception() -> None:
    model = network()
    with suppress(MishapError), borrow(model) as loan:
        loan.watch(model[0], ignore)
        loan.watch(model[0], ignore)
        assert hooks(model) == 2
        raise MishapError
    assert hooks(model) == 0


def test_no_hook_is_left_after_an_exception_in_a_hook() -> None:
    model = network()

    def fail(module: nn.Module, inputs: object, output: object) -> None:
        raise MishapError

    before = flags(model)
    with borrow(model) as loan:
        loan.watch(model[2], fail)
        with pytest.raises(MishapError):
            model(batch())
        assert hooks(model) == 1
    assert hooks(model) == 0

    def run() -> None:
        with borrow(model) as loan:
            loan.watch(model[2], fail)
            model(batch())

    with pytest.raises(MishapError):
        run()
    assert hooks(model) == 0
    assert flags(model) == before


def test_a_watcher_sees_inputs_and_output_of_its_module() -> None:
    model = network()
    seen: list[tuple[nn.Module, Tensor, Tensor]] = []
    with borrow(model) as loan, torch.no_grad():
        loan.watch(model[0], lambda module, inputs, output: seen.append((module, inputs[0], output)))
        model(batch())
        expected = model[0](batch())
    (first, _second) = seen
    assert first[0] is model[0]
    assert torch.equal(first[1], batch())
    assert torch.equal(first[2], expected)
    model(batch())
    assert len(seen) == 2  # two passes while it was lent; it no longer watches


def test_releasing_early_is_harmless() -> None:
    model = network()
    with borrow(model) as loan:
        loan.watch(model[0], ignore)
        loan.release()
        assert hooks(model) == 0
        loan.watch(model[0], ignore)
        assert hooks(model) == 1
    assert hooks(model) == 0


# --- to whom ------------------------------------------------------------------------------------------------------


def test_the_same_thread_may_borrow_again() -> None:
    model = network()
    before = flags(model)
    with borrow(model) as outer:
        outer.watch(model[0], ignore)
        model[0].train()
        with borrow(model) as inner:
            inner.watch(model[2], ignore)
            assert not model[0].training
            assert hooks(model) == 2
        assert model[0].training  # the outer loan's own change is its own to undo
        assert hooks(model) == 1
    assert hooks(model) == 0
    assert flags(model) == before


def test_another_thread_waits_until_it_is_given_back() -> None:
    model = network()
    tried, entered = threading.Event(), threading.Event()

    def enter() -> None:
        tried.set()
        with borrow(model):
            entered.set()

    with borrow(model):
        other = threading.Thread(target=enter)
        other.start()
        assert tried.wait(PATIENCE)
        assert not entered.wait(0.2)
    assert entered.wait(PATIENCE)
    other.join(PATIENCE)
    assert not other.is_alive()


def test_an_exception_gives_it_back_to_others_too() -> None:
    model = network()
    with suppress(MishapError), borrow(model):
        raise MishapError
    entered = threading.Event()

    def enter() -> None:
        with borrow(model):
            entered.set()

    threading.Thread(target=enter, daemon=True).start()
    assert entered.wait(PATIENCE)


def test_another_model_is_free_meanwhile() -> None:
    entered = threading.Event()

    def enter() -> None:
        with borrow(network()):
            entered.set()

    with borrow(network()):
        threading.Thread(target=enter, daemon=True).start()
        assert entered.wait(PATIENCE)


def test_never_do_two_threads_have_it() -> None:
    model = network()
    inside: list[int] = []
    most: list[int] = []

    def visit(number: int) -> None:
        for _ in range(20):
            with borrow(model):
                inside.append(number)
                most.append(len(inside))
                inside.remove(number)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(visit, range(8)))
    assert len(most) == 8 * 20
    assert max(most) == 1


def test_remembering_the_lock_does_not_keep_the_model() -> None:
    model = network()
    with borrow(model):
        pass
    reference = weakref.ref(model)
    del model
    gc.collect()
    assert reference() is None


# --- sessions that share one ----------------------------------------------------------------------------------------


def test_captures_are_untouched_by_whoever_else_borrows(picture: Picture, make_backbone: MakeBackbone) -> None:
    """Eight sessions capture; a ninth zeroes what layers put out and turns every flag round while it has the model."""
    backbone = make_backbone("tiny_mobilenet")
    other = replace(picture, digest="1" * 64, image=picture.image.rotate(180))
    alone = {source: capture(backbone, source) for source in (picture, other)}
    expected = {
        source: {name: activations.maps(name).copy() for name in activations.shapes}
        for source, activations in alone.items()
    }
    assert expected[picture]["head.linear"].std() > 0
    done = threading.Event()
    spoiled: list[float] = []

    def spoil() -> None:
        while not done.is_set():
            with borrow(backbone.model) as loan, torch.inference_mode():
                for module in backbone.model.modules():
                    if not list(module.children()):
                        loan.watch(module, lambda module, inputs, output: output * 0)
                spoiled.append(float(backbone.model(batch(64)).abs().max()))
                disturb(backbone.model)

    def visit(number: int) -> list[str]:
        source = (picture, other)[number % 2]
        wrong = []
        for _ in range(2):
            activations = capture(backbone, source)
            if not np.array_equal(activations.logits, alone[source].logits):
                wrong.append("logits")
            wrong += [
                name for name, maps in expected[source].items() if not np.array_equal(activations.maps(name), maps)
            ]
        return wrong

    spoiler = threading.Thread(target=spoil)
    spoiler.start()
    try:
        with ThreadPoolExecutor(8) as pool:
            wrong = list(pool.map(visit, range(8)))
    finally:
        done.set()
        spoiler.join(PATIENCE)
    assert spoiled
    assert max(spoiled) == 0
    assert wrong == [[]] * 8
    assert hooks(backbone.model) == 0


def test_looking_at_maps_calls_no_hook_of_whoever_has_the_model(picture: Picture, make_backbone: MakeBackbone) -> None:
    """Recomputed layers are looked at without borrowing, so they must not pass through the model's own modules."""
    backbone = make_backbone("tiny_resnet")
    activations = capture(backbone, picture)
    before = {name: activations.maps(name).copy() for name in activations.recipes}
    assert before
    calls: list[nn.Module] = []

    def spoil(module: nn.Module, inputs: object, output: Tensor) -> Tensor:
        calls.append(module)
        return output * 0

    with borrow(backbone.model) as loan:
        for module in backbone.model.modules():
            loan.watch(module, spoil)
        backbone.model.train()
        with ThreadPoolExecutor(1) as pool:
            during = pool.submit(lambda: {name: activations.maps(name).copy() for name in before}).result(PATIENCE)
    assert calls == []
    assert [name for name in before if not np.array_equal(before[name], during[name])] == []
