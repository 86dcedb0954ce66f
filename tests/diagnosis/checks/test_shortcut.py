"""Labels that how a recording was made gives away, by counting and on shuffled labels."""

from __future__ import annotations

from dataclasses import replace
from math import comb

import numpy as np
import pytest

from polyhead.diagnosis.case import Case
from polyhead.diagnosis.check import NotCheckedError
from polyhead.diagnosis.checks.shortcut import CHECK, measure

from ..cases import Row, fires, found, healthy
from ..profiles import recordings, with_profile

BASE = "machines"
FAULTS = ["normal"] * 4 + ["ball", "inner", "outer"] * 12
"""40 recordings as Case Western's: 4 normal, 36 with faults."""
RATES = [48000.0] * 4 + [12000.0] * 36
RNG = np.random.default_rng(2)


def table(facts, labels=FAULTS, skill=None, task="fault"):
    def edit(case: Case) -> Case:
        case = replace(with_profile(case, recordings=recordings(facts, {task: labels})), losses=None)
        if skill is None:
            return replace(case, metrics=None)
        scores = {
            name: {metric: replace(score, skill=skill) for metric, score in scored.items()}
            for name, scored in case.metrics[case.judged].items()
        }
        return replace(case, metrics={case.judged: scores})

    return edit


def plant(case: Case) -> Case:
    """Normal at 48 kHz, faults at 12 kHz."""
    return table({"rate_hz": RATES})(case)


LIFE = list(RNG.permutation(40) / 40)
ROWS: tuple[Row, ...] = (
    ("rate", plant, True, "48 against 12 kHz"),
    ("time step", table({"dt": [1 / r for r in RATES]}), True, "the same in seconds"),
    ("no rate known", table({"rate_hz": [None] * 40, "dt": [1 / r for r in RATES]}), True, "time stamps tell it"),
    ("resolution", table({"signal.0.step": [2e-5] * 4 + [1e-4] * 36}), True, "two converters"),
    ("padding", table({"signal.0.zeros": [0.0] * 4 + list(RNG.uniform(0.1, 0.3, 36))}), True, "zeros in faults only"),
    ("middle rate", table({"rate_hz": [25600.0] * 4 + [12000.0, 48000.0] * 18}), True, "no threshold, one value"),
    ("resampled", table({"rate_hz": 12000.0}), False, "one rate"),
    ("mixed rates", table({"rate_hz": [48000.0, 12000.0] * 20}), False, "both rates in both"),
    ("unlike, by chance", table({"rate_hz": [48000.0] * 3 + [12000.0] * 37}), False, "3 of 4: a difference of 0.75"),
    ("one normal", table({"rate_hz": RATES[3:]}, FAULTS[3:]), True, "a class with a rate of its own"),
    ("one normal by step", table({"x.0.step": RATES[3:]}, FAULTS[3:]), False, "a class of one recording"),
    ("one rate of two", table({"rate_hz": [48000.0, *RATES[3:]]}, ["ball", *FAULTS[3:]]), False, "not its own"),
    ("few recordings", table({"rate_hz": RATES[2:8]}, FAULTS[2:8]), False, "six recordings"),
    ("sure, not told", table({"rate_hz": [1.0] * 16 + [2.0] * 24}, ["a"] * 20 + ["b"] * 20), False, "16 of 20"),
    ("told, by chance", table({"x.0.step": [1.0] * 2 + [2.0] * 6}, ["a"] * 2 + ["b"] * 6), False, "p = 2/28"),
    ("one of many", table({"x.0.step": [1.0] + [2.0] * 399}, ["a"] + ["b"] * 399), False, "2/400, of a single one"),
    ("few numbers", table({"rate_hz": [1.0, 2.0, 3.0, 4.0]}, [1.0, 2.0, 3.0, 4.0], task="life"), False, "four of them"),
    ("life by length", table({"length": [1000 * x for x in LIFE]}, LIFE, task="life"), False, "a note"),
    ("class by length", table({"length": RATES}), False, "a note: lengths differ by nature"),
    ("loudness", table({"signal.0.rms": RATES, "signal.0.centroid": RATES}), False, "that is what is measured"),
    ("amplitude in steps", table({"signal.0.step": list(RNG.uniform(1, 1.5, 40) * RATES)}), False, "no setting"),
    ("healthy", lambda case: case, False, ""),
)


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


def test_exact_p_by_counting():
    """Of C(40, 4) = 91390 draws one is all above and one all below; four classes are looked at."""
    (tell,) = measure(plant(healthy(BASE)))
    assert (tell.class_, tell.distance, tell.recordings) == ("normal", 1.0, (4, 36))
    assert tell.p == pytest.approx(4 * 2 / comb(40, 4))


def test_error_only_where_a_score_rests_on_it():
    assert [f.severity for f in found(CHECK, plant(healthy(BASE)))] == ["warning"]
    for skill, severity in ((0.95, "error"), (0.3, "warning")):
        (finding,) = found(CHECK, table({"rate_hz": RATES}, skill=skill)(healthy(BASE)))
        assert finding.severity == severity
        assert finding.scope.task == "fault"


def test_one_recording_is_never_an_error():
    """1 of 37: an exact p of 2/37 for each class, so that it may be chance, and a rate of its own nevertheless."""
    (finding,) = found(CHECK, table({"rate_hz": RATES[3:]}, FAULTS[3:], skill=0.99)(healthy(BASE)))
    assert finding.severity == "warning"
    (tell,) = measure(table({"rate_hz": RATES[3:]}, FAULTS[3:])(healthy(BASE)))
    assert tell.p == pytest.approx(4 * 2 / 37)


def test_lengths_are_noted():
    (finding,) = found(CHECK, table({"length": RATES})(healthy(BASE)))
    assert finding.severity == "note"
    (finding,) = found(CHECK, table({"length": [1000 * x for x in LIFE]}, LIFE, task="life")(healthy(BASE)))
    assert (finding.severity, finding.evidence[0].value) == ("note", pytest.approx(1.0))


def test_shuffled_labels_are_silent():
    """500 shuffles of labels under two rates and a length: about 1 % may be told by chance, and none at 0.9."""
    rng = np.random.default_rng(4)
    facts = {"rate_hz": [48000.0] * 12 + [12000.0] * 28, "length": list(rng.uniform(size=40))}
    labels = ["normal"] * 12 + ["ball"] * 28
    case = healthy(BASE)
    assert sum(bool(found(CHECK, table(facts, list(rng.permutation(labels)))(case))) for _ in range(500)) <= 5


def test_order_and_units_do_not_matter():
    order = RNG.permutation(40)
    in_khz = table({"rate_hz": [RATES[i] / 1000 for i in order]}, [FAULTS[i] for i in order])
    (one,), (other,) = measure(plant(healthy(BASE))), measure(in_khz(healthy(BASE)))
    assert (other.distance, other.p, other.class_) == (one.distance, one.p, one.class_)


def test_outputs_of_a_task_count_for_it():
    rates = [1000.0] * 20 + [2000.0] * 20
    edit = table({"rate_hz": rates}, [float(i) for i in range(40)], task="angle.1")
    (tell,) = measure(edit(healthy("detector")))
    assert tell.task == "angle"


def test_few_recordings_are_not_checked():
    few = recordings({"rate_hz": [12e3, 48e3] * 3}, {"fault": ["ball", "outer"] * 3})
    with pytest.raises(NotCheckedError, match="labels of 6 recordings, 8 are needed"):
        list(measure(with_profile(healthy(BASE), recordings=few)))


def test_half_of_the_way_is_noted():
    """16 of 20 against none of 20: a difference of 0.8, which leaves much to learn."""
    edit = table({"rate_hz": [1.0] * 16 + [2.0] * 24}, ["a"] * 20 + ["b"] * 20)
    (finding,) = found(CHECK, edit(healthy(BASE)))
    assert (finding.severity, finding.evidence[0].value) == ("note", pytest.approx(0.8))
    assert "tells part of the label" in finding.what
    assert finding.evidence[0].threshold == 0.5
