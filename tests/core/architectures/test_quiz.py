"""Questions have one true answer, which follows from the network's own numbers."""

from __future__ import annotations

import pytest

from core.architectures.costs.costs import blueprint
from core.architectures.costs.datasheets import datasheets
from core.architectures.teaching.quiz import ROUND, Question, Subject, questions
from core.architectures.zoo.backbones import BACKBONES

NAMES = ("tiny_vgg", "tiny_mobilenet", "vgg16", "resnet18", "inception_v3", "densenet121", "squeezenet1_0", "xception")


def subject(name: str) -> Subject:
    entry = BACKBONES[name]
    return Subject(entry, blueprint(entry).costs(entry.input_size))


@pytest.fixture(scope="module", params=NAMES)
def asked(request: pytest.FixtureRequest) -> tuple[Subject, list[Question]]:
    about = subject(request.param)
    return about, [question for seed in range(40) for question in questions(about, seed)]


def test_every_round_has_different_questions_with_different_answers(asked: tuple[Subject, list[Question]]) -> None:
    about, _ = asked
    for seed in range(10):
        rounds = questions(about, seed)
        assert len(rounds) == ROUND
        assert len({question.name for question in rounds}) == ROUND
        for question in rounds:
            assert len(set(question.options)) == len(question.options) >= 2
            assert 0 <= question.right < len(question.options)
            question.text.format(**question.values)
            question.why.format(**question.values)
        assert questions(about, seed) == rounds


def test_the_right_answer_is_right(asked: tuple[Subject, list[Question]]) -> None:
    about, found = asked
    stages = about.costs.by_stage
    for question in found:
        answer = question.options[question.right]
        if question.name in ("parameters", "macs", "activation_bytes"):
            assert answer == max(stages, key=lambda stage: getattr(stages[stage], question.name))
        elif question.name == "side":
            assert int(answer) == about.costs.of(question.values["layer"]).output[1]
        elif question.name == "weights":
            assert int("".join(filter(str.isdecimal, answer))) == about.costs.of(question.values["layer"]).parameters
        elif question.name == "fewest":
            by_title = {entry.title: entry for entry in BACKBONES.values()}
            macs = {title: datasheets()[by_title[title].name].macs for title in question.options}
            assert answer == min(macs, key=macs.__getitem__)


def test_all_kinds_come_up() -> None:
    kinds = {question.name for seed in range(60) for question in questions(subject("resnet18"), seed)}
    assert kinds == {"parameters", "macs", "activation_bytes", "side", "weights", "doubled", "fewest"}
