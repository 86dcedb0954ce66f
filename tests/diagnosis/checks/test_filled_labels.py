"""Default values among labels: far off, at the edge, among the others, by window and by recording."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from polyhead.config.experiment_file import load_experiment
from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import NotCheckedError
from polyhead.diagnosis.checks.filled_labels import CHECK, judge, measure

from ..cases import FROZEN, Row, fires, found, healthy
from ..labels import target_of, with_labels, with_profile

BASE = "machines"
RECORDING = np.repeat(np.arange(40), 12)
LIFE = np.random.default_rng(1).uniform(0, 1, 480)


def filled(value: float, share: float, labels: np.ndarray = LIFE, by_recording: bool = False) -> np.ndarray:
    """Labels with `share` of them (of the recordings) set to a default."""
    rng = np.random.default_rng(2)
    drawn = rng.permutation(40)[: round(40 * share)] if by_recording else rng.permutation(480)[: round(480 * share)]
    return np.where(np.isin(RECORDING if by_recording else np.arange(480), drawn), value, labels)


def life(values: np.ndarray, **said):
    return lambda case: with_labels(case, "life", values, RECORDING, **said)


def plant(case: Case) -> Case:
    """The smallest injury: one label in twenty is 1000.0."""
    return life(filled(1000.0, 0.05))(case)


def classes(case: Case, name: str) -> Case:
    """The healthy run with ten windows of training in a class of this name."""
    fault = case.profile.targets["fault"]
    train = replace(fault.splits["train"], counts={**fault.splits["train"].counts, name: 10})
    fault = replace(fault, splits={**fault.splits, "train": train})
    return replace(case, profile=replace(case.profile, targets={**case.profile.targets, "fault": fault}))


def named(case: Case, *names: str) -> Case:
    """The healthy run with classes of these names."""
    fault = case.profile.targets["fault"]
    fault = replace(fault, splits={"train": replace(fault.splits["train"], counts=dict.fromkeys(names, 100))})
    return replace(case, profile=replace(case.profile, targets={"fault": fault}))


COUNTS = np.random.default_rng(3).poisson(3.0, 480).astype(float)
ENGINE = np.minimum(np.tile(np.arange(239, -1, -1.0), 2), 125)
DAMAGE = np.where(RECORDING % 2, LIFE, 0.0)
MACHINE = np.where(LIFE < 0.3, 1.0, np.where(RECORDING < 12, 1.0, LIFE))
LOADS = np.repeat([0.0, 1.0, 2.0, 50.0], 120)

ROWS: tuple[Row, ...] = (
    ("5 % far off", plant, True, "1000 in [0, 1]"),
    ("20 % far off", life(filled(9999.0, 0.2)), True, "another default"),
    ("60 % far off", life(filled(-1.0, 0.6)), True, "-1 is 3.5 standard deviations below 0"),
    ("edge, by recording", life(filled(1.0, 0.2, by_recording=True)), True, "eight recordings are 1.0 throughout"),
    ("inside", life(filled(0.5, 0.2)), True, "one value among continuous labels"),
    ("class -1", lambda case: classes(case, "-1"), True, "not labelled, learned as a class"),
    ("class unknown", lambda case: classes(case, "Unknown"), True, "a word for it"),
    ("-1 beside 0, 1, 2", lambda case: named(case, "-1", "0", "1", "2"), True, "numbered classes and no label"),
    ("-1 and 1", lambda case: named(case, "-1", "1"), False, "no and yes"),
    ("-2 to 2", lambda case: named(case, "-2", "-1", "0", "1", "2"), False, "a scale"),
    ("-1, 0, 1", lambda case: named(case, "-1", "0", "1"), False, "may be a trend: a note"),
    ("class none", lambda case: classes(case, "none"), False, "may mean no fault"),
    ("healthy", life(LIFE), False, "no value twice"),
    ("frozen", lambda case: case, False, "as it is"),
    ("one outlier", life(np.where(np.arange(480) == 7, 1000.0, LIFE)), False, "a single window is no default"),
    ("four windows", life(np.where(np.arange(480) < 4, 1000.0, LIFE)), False, "too few to be a default"),
    (
        "two spikes",
        life(np.where(np.arange(480) % 5 > 1, LIFE, 0.3 * (1 + np.arange(480) % 5))),
        False,
        "labels that repeat in several places",
    ),
    ("a common grade", life(np.where(LIFE < 0.3, 10.0, np.arange(480) % 20)), False, "20 grades, one of them frequent"),
    ("limited", life(ENGINE), False, "min(life, 125): clipped-target"),
    ("limited, whole recordings", life(MACHINE), False, "some recordings are at the limit in part only"),
    ("counts", life(COUNTS), False, "few distinct values"),
    ("zero damage", life(DAMAGE), False, "a natural zero is a note at most"),
    ("loads", life(LOADS), False, "four values, all as frequent, 50 far from the others"),
    ("label per recording", life(np.linspace(0, 1, 40)[RECORDING] ** 9 * 100), False, "each value twelve times"),
    ("rounded", life(LIFE.round(2)), False, "many values repeat"),
)


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


def test_by_hand():
    """95 labels at (k + 1/2) / 95 and five of 1000: the others' standard deviation is sqrt((95^2 - 1) / 12) / 95 =
    0.28866, the next label 94.5 / 95 = 0.99474, so the gap is 3460.9; the spike is 0.05 x 96 = 4.8 times as common."""
    values = np.concatenate([(np.arange(95) + 0.5) / 95, np.full(5, 1000.0)])
    (spike,) = [one for one in measure(with_labels(healthy(BASE), "life", values)) if one.value == 1000]
    assert spike.gap == pytest.approx(3460.9, rel=1e-3)
    assert spike.ratio == pytest.approx(4.8)
    finding = judge(spike)
    assert finding.severity == "error"
    # Wilson, by hand: (p + z^2/2n +- z sqrt(p q / n + z^2 / 4 n^2)) / (1 + z^2/n), n = 100, z = 1.96
    assert finding.evidence[0].interval == pytest.approx((0.0215, 0.1118), abs=2e-4)


def test_patch_is_an_edit_that_masks_it(tmp_path):
    """The patch keeps what the target's entry says and is a valid configuration."""
    (finding,) = found(CHECK, plant(healthy(BASE)))
    assert finding.fixes[0].patch == {"data.targets.life": {"key": "life", "unit": "fraction", "missing": [1000.0]}}
    text = (FROZEN / BASE / "config.yaml").read_text()
    file = tmp_path / "config.yaml"
    file.write_text(text.replace("key: life\n", "key: life\n      missing: [1000.0]\n"))
    assert load_experiment(file).experiment.data.targets["life"].missing == [1000.0]


@pytest.mark.parametrize("unit", [1e-3, 1e3])
def test_units_do_not_matter(unit):
    for name, edit, expected, why in ROWS[:3]:
        case = edit(healthy(BASE))
        labels = {"5 % far off": (1000.0, 0.05), "20 % far off": (9999.0, 0.2), "60 % far off": (-1.0, 0.6)}[name]
        scaled = with_labels(case, "life", filled(*labels) * unit, RECORDING)
        assert fires(CHECK, scaled) is expected, why


def test_natural_zero_is_a_note():
    (finding,) = found(CHECK, life(DAMAGE)(healthy(BASE)))
    assert finding.severity == "note"


def test_declared_value_that_matches_nothing_is_a_note():
    (finding,) = found(CHECK, life(LIFE, matched={"-999.0": 0, "-1.0": 3})(healthy(BASE)))
    assert finding.severity == "note"
    assert "-999.0" in finding.what


def test_two_defaults_are_two_findings_and_order_does_not_matter():
    values = np.where(np.arange(480) % 20 == 0, 1000.0, np.where(np.arange(480) % 20 == 1, -999.0, LIFE))
    case = life(values)(healthy(BASE))
    assert {one.evidence[0].metric for one in found(CHECK, case)} == {"share of labels"}
    assert len(found(CHECK, case)) == 2
    other = target_of(LIFE, RECORDING)
    both = [("wear", other), ("life", case.profile.targets["life"])]
    what = [{one.what for one in found(CHECK, with_profile(case, targets=dict(order)))} for order in (both, both[::-1])]
    assert what[0] == what[1]
    assert len(what[0]) == 2


@pytest.mark.parametrize(("name", "value"), [("-1", -1.0), ("nan", "nan")])
def test_class_is_declared_as_the_data_have_it(name, value):
    (finding,) = found(CHECK, classes(healthy(BASE), name))
    assert finding.fixes[0].patch == {"data.targets.fault": {"key": "fault", "missing": [value]}}
    assert finding.evidence[0].value == pytest.approx(10 / 778)  # 540 + 108 + 120 windows and ten more


def test_no_labels_is_not_checked():
    case = with_profile(healthy(BASE), targets={"fault": replace(target_of(LIFE, RECORDING), splits={})})
    with pytest.raises(NotCheckedError, match="no labels"):
        list(measure(case))


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.where(LIFE < 0.4, -1.0, 1.0), None),
        (np.select([LIFE < 0.02, LIFE > 0.98], [-1.0, 1.0]), None),
        (np.repeat([1000.0, 1730.0, 1750.0, 1772.0], 120), None),
        (np.where(RECORDING % 2, 5 + LIFE, 0.0), "warning"),
    ],
    ids=["no and yes", "seldom -1", "four speeds", "a wear of 0 or 5 to 6"],
)
def test_scales_of_few_values_and_zero(values, expected):
    """Of a scale even -1 and 1000 are values; 0 is what is measured where there is nothing, and no error."""
    worst = [one.severity for one in found(CHECK, life(values)(healthy(BASE)))]
    assert worst == ([] if expected is None else [expected])


def test_an_empty_cell_that_is_declared_missing_is_a_precaution():
    """It is no label in any case, so that it need not match."""
    assert found(CHECK, life(LIFE, matched={"": 0, "-1.0": 3})(healthy(BASE))) == []


def test_windows_without_a_span_are_not_filled():
    """Half of the windows have 0 marked bars, as nobody wrote a 0."""
    many = np.r_[np.zeros(100), 1 + np.arange(100) % 40]
    case = with_labels(healthy(BASE), "span", many)
    target = {"span": replace(case.profile.targets["span"], kind="span")}
    assert found(CHECK, replace(case, profile=replace(case.profile, targets=target))) == []
