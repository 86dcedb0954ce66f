"""Orders of a known bearing, and the load that a strike meets."""

import numpy as np
import pytest

from polyhead.studies.bearings.geometry import SKF_6205, Geometry, load_at


@pytest.mark.parametrize(
    ("name", "order"),
    # The 6205-2RS of the CWRU test stand, as its data centre prints them.
    [("cage", 0.39828), ("outer", 3.5848), ("inner", 5.4152), ("ball", 4.7135)],
)
def test_orders_of_the_6205_are_the_published_ones(name: str, order: float) -> None:
    found = SKF_6205.cage if name == "cage" else SKF_6205.strikes(name)
    assert found == pytest.approx(order, abs=1e-3)


def test_a_ball_spins_half_as_often_as_it_strikes() -> None:
    # 39.04 / (2 * 7.94) * (1 - (7.94 / 39.04)^2)
    assert SKF_6205.spin == pytest.approx(2.3567, abs=1e-3)


def test_a_contact_angle_moves_the_outer_race_towards_half_the_balls() -> None:
    steep = Geometry(balls=8, ball_mm=10.0, pitch_mm=40.0, contact_deg=60.0)
    assert steep.outer == pytest.approx(3.5)  # 8 / 2 * (1 - 0.25 * 0.5)
    assert steep.outer + steep.inner == pytest.approx(8)


def test_load_is_greatest_below_the_load_and_zero_outside_its_zone() -> None:
    angle = np.radians([0.0, 60.0, 90.0, 120.0, 180.0])
    assert load_at(angle) == pytest.approx([1.0, 0.5**1.5, 0, 0, 0], abs=1e-9)
