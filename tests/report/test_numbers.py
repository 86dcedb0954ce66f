"""How numbers are written."""

from __future__ import annotations

import math

import pytest

from polyhead.report.numbers import UNDEFINED, decimals_of, duration, interval_text, metric_label, number, sampling


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.91237, "0.912"),
        (0.0, "0.000"),
        (-0.04127, "−0.041"),
        (-0.00001, "−0.000010"),
        (5.2341, "5.234"),
        (13.8412, "13.8"),
        (424.4, "424"),
        (1234.4, "1234"),
        (51782.0, "51\u202f782"),
        (-51782.0, "−51\u202f782"),
        (0.00041718, "0.000417"),
        (3.2e-9, "3.20e−09"),
        (None, UNDEFINED),
        (math.nan, UNDEFINED),
        (math.inf, UNDEFINED),
    ],
)
def test_a_number_alone(value: float | None, text: str) -> None:
    assert number(value).text == text


def test_a_number_that_rounds_to_zero_has_no_sign() -> None:
    assert number(-0.0004, 3).text == "0.000"


def test_all_digits_are_kept_for_machines() -> None:
    assert number(0.1 + 0.2, 2).raw == "0.30000000000000004"
    assert number(None).raw == ""


@pytest.mark.parametrize(
    ("interval", "decimals"),
    [((-0.213, 0.103), 2), ((0.9312, 0.9403), 4), ((0.85, 0.95), 3), ((12.4, 15.3), 1), ((300.0, 900.0), 0)],
)
def test_an_interval_says_how_many_decimals_a_value_carries(interval: tuple[float, float], decimals: int) -> None:
    # Two significant digits of the half-width: .158 -> .16, .00455 -> .0046, .05 -> .050, 1.45 -> 1.5, 300 -> 300.
    assert decimals_of(sum(interval) / 2, 0.0, interval=interval) == decimals


@pytest.mark.parametrize(
    ("value", "floor", "text"),
    [(0.000412, 0.3, "0.000412"), (0.0312, None, "0.031"), (412.0, 900.0, "412"), (0.0, 0.25, "0.000")],
)
def test_an_interval_of_no_width_leaves_it_to_the_value(value: float, floor: float | None, text: str) -> None:
    # As many windows alike give it: then three significant digits of the value, as where there is no interval.
    assert number(value, decimals_of(value, floor, interval=(value, value))).text == text


def test_numbers_that_differ_do_not_look_alike() -> None:
    assert decimals_of(0.5004, 0.5001) == 4
    assert decimals_of(0.5, 0.5) == 3
    assert decimals_of(0.52, 0.51, interval=(0.1, 0.9)) == 2


def test_the_parts_of_a_number_meet_at_the_point() -> None:
    assert (number(12.349, 2).whole, number(12.349, 2).fraction) == ("12", ".35")
    assert (number(7, 0).whole, number(7, 0).fraction) == ("7", "")


def test_an_interval_is_written_as_its_value_is() -> None:
    assert interval_text((-0.2134, 0.1028), 2) == "[−0.21, 0.10]"
    assert interval_text(None, 2) == ""


@pytest.mark.parametrize(
    ("seconds", "text"), [(7.26, "7.3 s"), (402.7, "6 min 43 s"), (7384.0, "2 h 3 min"), (None, "–")]
)
def test_a_duration(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("hz", "text"),
    [
        (12000, "Sampled at 12\u202f000 Hz."),
        (0.1, "Sampled at 0.100 Hz."),
        (1 / 15, "A sample every 15 s."),
        (1 / 60, "A sample every 1 min."),
        (1 / 5400, "A sample every 1.5 h."),
        (1 / 86400, "A sample every 1 day."),
        (1 / 604800, "A sample every 7 days."),
    ],
)
def test_a_rate_of_samples(hz: float, text: str) -> None:
    assert sampling(hz) == text


@pytest.mark.parametrize(
    ("key", "label"),
    [("r2", "R²"), ("macro_f1", "macro F1"), ("auroc", "AUROC"), ("nasa_score", "NASA score"), ("hit_k", "hit k")],
)
def test_a_metric_as_prose(key: str, label: str) -> None:
    assert metric_label(key) == label
