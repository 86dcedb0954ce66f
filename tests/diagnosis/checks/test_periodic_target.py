"""Angles across their seam, and numbers in degrees that do not go round."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from polyhead.diagnosis.case import Case, Predicted
from polyhead.diagnosis.check import NotCheckedError
from polyhead.diagnosis.checks.periodic_target import CHECK, measure

from ..cases import Row, fires, found, healthy

BASE = "detector"
RNG = np.random.default_rng(0)
TRUE = RNG.uniform(0, 360, 800)
NOISE = 4 * RNG.normal(size=800)
NAMES = np.repeat([f"run {i}" for i in range(20)], 40)
SEAM = (TRUE + NOISE) % 360


def angle(truth: np.ndarray, pred: np.ndarray, unit: str = "degree", loss: str = "smooth_l1", kind: str = "regression"):
    """The healthy run with these predictions of one number."""

    def edit(case: Case) -> Case:
        facts = replace(case.tasks["energy"], unit=unit, loss=loss, kind=kind)
        one = Predicted(NAMES[: len(truth)], truth, pred, np.ones(len(truth), bool))
        return replace(case, tasks={"energy": facts}, predictions={"test": {"energy": one}})

    return edit


def plant(case: Case) -> Case:
    """The smallest injury: an angle known to 4 degrees, wrapped at 0 and 360."""
    return angle(TRUE, SEAM)(case)


INSIDE = 118 + 124 * TRUE / 360
STRAY = np.where(np.arange(800) % 50, 0.0, 1.0)
PART = 100 + 150 * TRUE / 360
HOURS = 24 * (TRUE / 360) ** 8
ROWS: tuple[Row, ...] = (
    ("wrapped", plant, True, "1 % of the windows are wrong by 360"),
    ("radians", angle(np.radians(TRUE) - np.pi, np.radians(SEAM) - np.pi, "rad"), True, "from -pi to pi"),
    ("hours", angle(TRUE / 15, SEAM / 15, "h"), True, "a time of day"),
    ("no unit", angle(TRUE, SEAM, ""), True, "labels span 360 with both ends populated"),
    ("healthy", lambda case: case, False, "angles of +-0.6 rad never meet their seam"),
    ("no crossing", angle(TRUE, TRUE + NOISE), False, "errors of 4 degrees everywhere: the outputs are not wrapped"),
    ("part of the circle", angle(INSIDE, INSIDE + NOISE), False, "118 to 242 degrees"),
    ("strays", angle(PART, PART + NOISE + 340 * STRAY), False, "100 to 250 degrees, some outputs far off"),
    ("durations", angle(HOURS, HOURS + 0.1 * NOISE + 23 * STRAY, "h"), False, "next to none near 24 hours"),
    ("another unit", angle(TRUE, SEAM, "MeV"), False, "an energy does not go round"),
    ("knows nothing", angle(TRUE, RNG.permutation(TRUE)), False, "guessing is not the seam"),
    ("circular loss", angle(TRUE, SEAM, loss="cosine"), False, "the loss knows the circle"),
)


@pytest.mark.parametrize(("name", "edit", "expected", "why"), ROWS, ids=[row[0] for row in ROWS])
def test_table(name, edit, expected, why):
    assert fires(CHECK, edit(healthy(BASE))) is expected, why


def test_by_hand():
    """Half of the windows 1 against 359, half 359 against 2: squares 358^2 + 357^2 = 255613 become 2^2 + 3^2 = 13."""
    truth, pred = np.tile([1.0, 359.0], 50), np.tile([359.0, 2.0], 50)
    (seam,) = measure(angle(truth, pred)(healthy(BASE)))
    assert seam.gone == pytest.approx(1 - 13 / 255613)
    assert seam.far == 1.0
    assert seam.guess == pytest.approx(np.sqrt(6.5) / (360 / np.sqrt(12)))


def test_rest_is_the_circular_error_of_scipy():
    """Round the circle the error is the circular standard deviation, for small errors."""
    from scipy.stats import circstd

    (seam,) = measure(plant(healthy(BASE)))
    rest = seam.guess * 360 / np.sqrt(12)
    assert rest == pytest.approx(circstd(SEAM - TRUE, high=360), rel=0.02)


@pytest.mark.parametrize("unit", ["degree", "deg", "degrees", "°"])
def test_units_do_not_matter(unit):
    (first,) = found(CHECK, angle(TRUE, SEAM, unit)(healthy(BASE)))
    (second,) = found(CHECK, angle(np.radians(TRUE), np.radians(SEAM), "rad")(healthy(BASE)))
    assert [fact.value for fact in first.evidence] == pytest.approx([fact.value for fact in second.evidence])


def test_second_output_is_named():
    case = plant(healthy(BASE))
    one = case.predictions["test"]["energy"]
    both = replace(one, truth=np.stack([INSIDE, TRUE], 1), pred=np.stack([INSIDE, SEAM], 1))
    (finding,) = found(CHECK, replace(case, predictions={"test": {"energy": both}}))
    assert finding.what.startswith("energy.1")


def test_classes_alone_are_not_checked():
    with pytest.raises(NotCheckedError):
        list(measure(healthy("radio")))
