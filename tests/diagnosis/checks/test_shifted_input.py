"""Shifts between splits, by hand and against random splits of recordings."""

from __future__ import annotations

from dataclasses import replace
from math import exp, log, sqrt

import numpy as np
import pytest
from scipy.stats import norm

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.checks.shifted_input import CHECK, measure
from polyhead.trace.profile import ChannelRange

from ..cases import Row, fires, found, healthy
from ..profiles import SPLIT, inputs, normal, recordings, with_profile

BASE = "machines"


def moved(test, *, scatter: float | None = 0.2, n=(45, 9, 10), **splits):
    """Channel 0 whose recording means scatter by so much; test is as given."""

    def edit(case: Case) -> Case:
        rng = np.random.default_rng(0)
        names = np.repeat(["train", "val", "test"], n)
        table = None
        if scatter is not None:
            means = scatter * rng.normal(size=len(names))
            for name in ("train", "val", "test"):  # exactly that scatter within each split
                own = means[names == name]
                means[names == name] = scatter * (own - own.mean()) / own.std(ddof=1)
            table = recordings({"signal.0.mean": means}, {"fault": ["ball"] * len(names)}, list(names))
        split = replace(SPLIT, recordings=dict(zip(("train", "val", "test"), n, strict=True)))
        ranges = {"train": normal(), "val": normal(), "test": test} | splits
        case = replace(case, metrics=None)
        return with_profile(case, inputs=inputs(**{"0": ranges}), recordings=table, split=split)

    return edit


def plant(case: Case) -> Case:
    """A test split whose level is 0.8 standard deviations higher."""
    return moved(normal(0.8))(case)


def held_out(case: Case) -> Case:
    split = case.config.data.split.model_copy(update={"hold_out": {"test": {"load": [3]}}})
    data = case.config.data.model_copy(update={"split": split})
    return replace(plant(case), config=case.config.model_copy(update={"data": data}))


def kept_whole(case: Case) -> Case:
    """Files are kept on one side each, and there are fewer of them than recordings."""
    split = case.config.data.split.model_copy(update={"by": "file"})
    data = case.config.data.model_copy(update={"split": split})
    return replace(plant(case), config=case.config.model_copy(update={"data": data}))


def extreme(sd: float) -> ChannelRange:
    """Quantiles of a standard normal channel, and a few values so extreme that its standard deviation is `sd`."""
    return replace(normal(), sd=sd)


def switched(share: float) -> ChannelRange:
    """A channel that is 1 in so small a share of the samples and else 0."""
    quantiles = dict.fromkeys(normal().quantiles, 0.0)
    return replace(normal(share, sqrt(share * (1 - share))), quantiles=quantiles)


def scaled_each(case: Case) -> Case:
    case = plant(case)
    (one,) = case.profile.inputs.values()
    return with_profile(case, inputs={"signal": replace(one, scaling="per_recording")})


def learned(case: Case) -> Case:
    scores = {
        task: {metric: replace(score, skill=0.9) for metric, score in scored.items()}
        for task, scored in case.metrics["test"].items()
    }
    return replace(plant(case), metrics={"test": scores})


ROWS: tuple[Row, ...] = (
    ("level", plant, True, "0.8 sd, 0.59 to 1.01"),
    ("spread", moved(normal(0.0, 5.0)), True, "five times"),
    ("dead in test", moved(normal(0.0, 0.0)), True, "no spread at all"),
    ("small", moved(normal(0.4)), False, "below a medium effect, however sure"),
    ("unsure", moved(normal(0.8), scatter=1.0), False, "recordings differ by as much"),
    ("few recordings", moved(normal(0.8), n=(45, 9, 3)), False, "three test recordings"),
    ("spread, sure and small", moved(normal(0.0, 1.8), n=(450, 90, 100)), False, "below a factor of two, however sure"),
    ("spread, unsure", moved(normal(0.0, 2.2), n=(45, 9, 5)), False, "five recordings scatter as much"),
    ("a few extreme values", moved(normal(), train=extreme(50.0)), False, "the middle 90 % is the same"),
    (
        "rarely on",
        moved(switched(0.001), **dict.fromkeys(("train", "val"), switched(0.01))),
        False,
        "ten of 1000 and one: both are 0 in the middle",
    ),
    ("scaled each", scaled_each, False, "no level reaches the network: not checked"),
    ("kept whole", kept_whole, False, "by design: a note"),
    ("held out", held_out, False, "by design: a note"),
    ("harmless", learned, False, "every task scores well: a note"),
    ("healthy", lambda case: case, False, ""),
)


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


def test_interval_by_hand():
    """0.8 -+ 3.02 x 0.2 x sqrt(1/45 + 1/10): four intervals at 99 % together, the quantile from scipy."""
    half = norm.ppf(1 - 0.01 / 8) * 0.2 * sqrt(1 / 45 + 1 / 10)
    (finding,) = found(CHECK, plant(healthy(BASE)))
    assert finding.evidence[0].value == pytest.approx(0.8)
    assert finding.evidence[0].interval == pytest.approx((0.8 - half, 0.8 + half))
    assert finding.scope.split == "test"


def test_spread_by_hand():
    """log 5 = 1.61 against log 2 and a standard error of sqrt(1/2) x 0.3496 = 0.2472."""
    *_, test = measure(moved(normal(0.0, 5.0))(healthy(BASE)))
    assert test.channels[0].spread == pytest.approx(log(5))
    assert test.channels[0].spread_error == pytest.approx(0.2472, abs=1e-4)
    (finding,) = found(CHECK, moved(normal(0.0, 5.0))(healthy(BASE)))
    assert exp(log(finding.evidence[0].value)) == pytest.approx(5)


def test_spread_is_what_both_show():
    """The sd fell to 1/50, the middle 90 % to 1/5: five times, log 0.2 = -1.609."""
    *_, test = measure(moved(normal(0.0, 0.2), train=extreme(10.0))(healthy(BASE)))
    assert test.channels[0].spread == pytest.approx(log(0.2))


def test_notes_say_by_design():
    (finding,) = found(CHECK, held_out(healthy(BASE)))
    assert finding.severity == "note"
    assert finding.counter_evidence[0].value == "hold_out"


@pytest.mark.parametrize("between", [0.1, 1.0, 3.0])
def test_random_splits_are_silent(between):
    """200 random splits of 64 recordings that differ from each other a little, as much and more than within."""
    rng = np.random.default_rng(11)
    case, alarms = healthy(BASE), 0
    names = np.repeat(["train", "val", "test"], (45, 9, 10))
    for _ in range(200):
        level = between * rng.normal(size=64)
        loud = np.exp(0.3 * rng.normal(size=64))
        x = level[:, None] + loud[:, None] * rng.normal(size=(64, 50))
        ranges = {name: normal(x[names == name].mean(), x[names == name].std()) for name in ("train", "val", "test")}
        facts = {"signal.0.mean": x.mean(axis=1), "signal.0.rms": np.sqrt((x**2).mean(axis=1))}
        table = recordings(facts, {"fault": ["ball"] * 64}, list(names))
        alarms += bool(found(CHECK, with_profile(case, inputs=inputs(**{"0": ranges}), recordings=table)))
    assert alarms <= 6  # 1 % is asked for; 6 of 200 leave room for heavy tails


@pytest.mark.parametrize("unit", [1e-3, 1e3])
def test_units_do_not_matter(unit):
    case = plant(healthy(BASE))
    means = [unit * one for one in case.profile.recordings.facts["signal.0.mean"]]
    table = replace(case.profile.recordings, facts={"signal.0.mean": means})
    ranges = {"train": normal(0, unit), "val": normal(0, unit), "test": normal(0.8 * unit, unit)}
    other = with_profile(case, inputs=inputs(**{"0": ranges}), recordings=table)
    assert [f.severity for f in found(CHECK, other)] == ["warning"]
    assert found(CHECK, other)[0].evidence[0].value == pytest.approx(0.8)


def settings(*values: float) -> ChannelRange:
    """A setting that takes these values equally often."""
    many = np.repeat(values, 1000)
    quantiles = {key: float(np.quantile(many, float(key))) for key in normal().quantiles}
    return normal(many.mean(), many.std(), quantiles=quantiles)


@pytest.mark.parametrize(("test", "expected"), [((0.3, 1.0), False), ((30.0, 100.0), True)])
def test_a_setting_of_few_values_has_no_normal_spread(test, expected):
    """Six recordings at 0.3 or 1 s, drawn of 0.3, 1 and 10 s, have a spread of 0.08 times that of training, and one in
    eleven draws is so. Smirnov's bound at 0.01 of 30 and 6 recordings is 0.73: values never seen are beyond it."""
    ranges = {split: settings(0.3, 1.0, 10.0) for split in ("train", "val")} | {"test": settings(*test)}
    split = replace(SPLIT, recordings={"train": 30, "val": 6, "test": 6})
    case = replace(healthy(BASE), metrics=None)
    case = with_profile(case, inputs=inputs(timed=False, rate=ranges), recordings=None, split=split)
    assert fires(CHECK, case) is expected


@pytest.mark.parametrize(("test", "expected"), [(1.0, False), (3e4, True)])
def test_recordings_that_differ_in_loudness_are_compared_one_by_one(test, expected):
    """Half of the recordings are 100 times as loud as the others. The common spread of six quiet ones is a seventieth,
    which one draw of 64 gives; six of another kind altogether are no accident."""
    rms = np.r_[np.where(np.arange(39) % 2, 100.0, 1.0), np.full(6, test)]
    rms *= np.random.default_rng(0).uniform(0.9, 1.1, len(rms))
    n = {"train": 30, "val": 9, "test": 6}
    names = np.repeat(list(n), list(n.values()))
    table = recordings({"signal.0.rms": rms}, {"fault": ["ball"] * len(rms)}, list(names))
    ranges = {name: normal(0.0, float(np.sqrt((rms[names == name] ** 2).mean()))) for name in n}
    case = replace(healthy(BASE), metrics=None)
    case = with_profile(case, inputs=inputs(**{"0": ranges}), recordings=table, split=replace(SPLIT, recordings=n))
    assert fires(CHECK, case) is expected


def falling(before: float, after: float, edit=plant):
    """Skill of every task in validation and in test, each with an interval of 0.05 on either side."""

    def of(case: Case) -> Case:
        table = {
            split: {
                task: {
                    name: replace(one, value=v, skill=v, floor=0.0, best=1.0, interval=(v - 0.05, v + 0.05))
                    for name, one in scored.items()
                }
                for task, scored in healthy(BASE).metrics["test"].items()
            }
            for split, v in (("val", before), ("test", after))
        }
        return replace(edit(case), metrics=table)

    return of


def told_by_a_column(case: Case) -> Case:
    split = case.config.data.split.model_copy(update={"column": "part"})
    data = case.config.data.model_copy(update={"split": split})
    return replace(plant(case), config=case.config.model_copy(update={"data": data}))


def nearly(case: Case) -> Case:
    """The same shift among recordings that scatter by 0.5: beyond chance, but where many of training lie."""
    return replace(moved(normal(0.8), scatter=0.5, n=(450, 90, 100))(case), config=told_by_a_column(case).config)


FALLS = (
    ("lost", falling(0.9, 0.3), "error"),
    ("by a column", falling(0.9, 0.3, told_by_a_column), "error"),
    ("some lost", falling(0.9, 0.6), "warning"),
    ("nothing lost", falling(0.4, 0.4), "note"),
    ("lost by chance", falling(0.45, 0.36), "note"),
    ("by design, where recordings lie", falling(0.9, 0.3, nearly), "note"),
)


@pytest.mark.parametrize(("name", "edit", "severity"), FALLS, ids=[row[0] for row in FALLS])
def test_harm_is_what_skill_falls_by(name, edit, severity):
    (finding,) = found(CHECK, edit(healthy(BASE)))
    assert finding.severity == severity


@pytest.mark.parametrize(("test", "expected"), [((0.5, 1.0), False), ((30.0, 30.1), True)])
def test_a_time_step_of_few_values_has_no_normal_spread(test, expected):
    """Steps of 0.5, 1 and 2 s, one for each recording: eleven without a 2 have half of the spread. Smirnov's bound at
    0.01 of 34 and 11 recordings is 0.565; a third of training is above 1."""
    n = {"train": 33, "val": 12, "test": 11}
    own = {"train": (0.5, 1.0, 2.0), "val": (0.5, 1.0, 2.0), "test": test}
    steps = {name: np.resize(own[name], count) for name, count in n.items()}
    names = np.repeat(list(n), list(n.values()))
    table = recordings({"signal.dt.mean": np.concatenate(list(steps.values()))}, {"fault": ["ball"] * 56}, list(names))
    ranges = {name: settings(*own[name]) for name in n}
    case = replace(healthy(BASE), metrics=None)
    case = with_profile(case, inputs=inputs(dt=ranges), recordings=table, split=replace(SPLIT, recordings=n))
    assert fires(CHECK, case) is expected


def test_a_low_skill_that_did_not_fall_is_not_held_against_a_half():
    (finding,) = found(CHECK, falling(0.4, 0.4)(healthy(BASE)))
    assert [(one.threshold, one.source) for one in finding.counter_evidence] == [(None, "not surely less than on val")]
    (finding,) = found(CHECK, falling(0.8, 0.8)(healthy(BASE)))
    assert [(one.threshold, one.source) for one in finding.counter_evidence] == [(0.5, "")]
