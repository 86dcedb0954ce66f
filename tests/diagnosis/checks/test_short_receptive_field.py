"""Receptive fields, by hand and by what a network of torch really reads."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from polyhead.config.backbones import MlpOptions, TcnOptions
from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import NotCheckedError
from polyhead.diagnosis.checks.short_receptive_field import CHECK, field_of, measure

from ..cases import Row, fires, found, healthy
from ..profiles import windows, with_profile

BASE = "machines"


def seeing(case: Case, sees: int | None, skill: float | None = 0.2, name: str = "tcn") -> Case:
    """The case with this field, and one task of this skill."""
    case = replace(case, metadata={**case.metadata, "backbone": {"name": name, "receptive_field": sees}}, losses=None)
    if skill is None:
        return replace(case, metrics=None)
    scores = {
        task: {metric: replace(score, skill=skill if task == "fault" else 0.9) for metric, score in scored.items()}
        for task, scored in case.metrics[case.judged].items()
    }
    return replace(case, metrics={case.judged: scores})


def plant(case: Case) -> Case:
    """A quarter of the window, and a task that stays at a skill of 0.2 where another is learned."""
    return seeing(case, 32)


def reading_last(case: Case, sees: int) -> Case:
    """The case whose head of `fault` reads the last step only."""
    task = case.config.tasks["fault"]
    task = task.model_copy(update={"head": task.head.model_copy(update={"pooling": "last"})})
    return seeing(replace(case, config=case.config.model_copy(update={"tasks": {"fault": task}})), sees)


def all_poor(case: Case) -> Case:
    """A quarter of the window, and no task that is learned."""
    case = seeing(case, 32)
    scores = {
        task: {metric: replace(score, skill=0.2) for metric, score in scored.items()}
        for task, scored in case.metrics[case.judged].items()
    }
    return replace(case, metrics={case.judged: scores})


def generalising_badly(case: Case) -> Case:
    """A quarter of the window: fitted on training, lost on test."""
    case = seeing(case, 32)
    learned = seeing(case, 32, skill=0.9).metrics[case.judged]
    return replace(case, metrics={"train": learned, **case.metrics})


ROWS: tuple[Row, ...] = (
    ("a quarter", plant, True, "32 of 128"),
    ("four fifths, last step", lambda case: reading_last(case, 102), True, "a fifth is never seen"),
    ("four fifths", lambda case: seeing(case, 102), False, "its neighbours see the rest: a note"),
    ("just within", lambda case: seeing(case, 38), False, "(1 - 38 / 128)^2 = 0.494"),
    ("just out", lambda case: seeing(case, 37), True, "(1 - 37 / 128)^2 = 0.505"),
    ("nothing learned", all_poor, False, "a field does not hurt all tasks: a note"),
    ("fitted on training", generalising_badly, False, "not for want of reach"),
    ("all of it", lambda case: seeing(case, 128), False, "exactly the window"),
    ("whole window", lambda case: seeing(case, None), False, "no limit"),
    ("all goes well", lambda case: seeing(case, 29, skill=0.95), False, "local patterns suffice: a note"),
    ("nothing known of harm", lambda case: seeing(case, 29, skill=None), False, "a note"),
    ("own, silent", lambda case: seeing(case, None, name="my.net:Net"), False, "not checked"),
    ("healthy", lambda case: case, False, "statistics of a group see the whole window"),
)


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


def tcn(**changed) -> TcnOptions:
    return TcnOptions(**{"name": "tcn", "channels": [64, 128, 256], "kernel": 3} | changed)


def before_training(case: Case, options) -> Case:
    """As `polyhead check` has it: a configuration and a profile, no network."""
    config = case.config.model_copy(update={"model": case.config.model.model_copy(update={"backbone": options})})
    return replace(case, config=config, metadata=None, metrics=None, losses=None)


def test_field_of_the_published_network():
    """1 + 2 x 2 x (1 + 2 + 4) = 29 samples of a window of 100; two blocks more see 1 + 4 x 31 = 125."""
    case = before_training(healthy(BASE), tcn())
    case = with_profile(case, windows=windows(length=100))
    (finding,) = found(CHECK, case)
    assert "29 of a window's 100" in finding.what
    assert finding.severity == "note"
    assert finding.fixes[0].patch["model.backbone"]["dilations"] == [1, 2, 4, 8, 16]
    assert "125" in finding.fixes[0].predicts


@pytest.mark.parametrize("changed", [{}, {"stem_kernel": 5}, {"stem_kernel": 4, "stem_stride": 4, "kernel": 5}])
def test_field_is_what_the_network_reads(changed):
    """Against torch: the samples whose change moves the last step, counted on the real backbone."""
    torch = pytest.importorskip("torch")
    from polyhead.backbones import InputShape, build_backbone

    options = tcn(channels=[8, 8, 8], **changed)
    torch.manual_seed(0)
    network = build_backbone(options, InputShape(channels=1, samples=400, known=0)).double()
    signal = torch.randn(1, 1, 400, dtype=torch.float64, requires_grad=True)
    network(signal, None)[0, :, -1].sum().backward()
    read = np.flatnonzero(signal.grad[0, 0].numpy())
    assert 400 - read[0] == field_of(options) == network.receptive_field


def test_fix_is_a_configuration():
    case = before_training(healthy(BASE), tcn())
    (finding,) = found(CHECK, case)
    made = TcnOptions(**finding.fixes[0].patch["model.backbone"])
    assert field_of(made) >= 128


def test_not_checked_where_nobody_says():
    with pytest.raises(NotCheckedError):
        list(measure(before_training(healthy(BASE), MlpOptions(name="mlp"))))
    with pytest.raises(NotCheckedError):
        list(measure(seeing(healthy(BASE), None, name="my.net:Net")))


def test_order_of_tasks_does_not_matter():
    case = plant(healthy(BASE))
    turned = replace(case, tasks=dict(reversed(case.tasks.items())))
    assert found(CHECK, turned) == found(CHECK, case)
