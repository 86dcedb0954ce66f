"""Features of windows whose answers are known by hand."""

import numpy as np
import pytest

from polyhead.studies.bearings.features import feature_names, features

RATE_HZ = 12800.0
NAMES = feature_names()


def _named(signal: np.ndarray) -> dict[str, float]:
    row = features(signal[None], np.array([[2.0, 35.0]]), RATE_HZ)[0]
    assert len(row) == len(NAMES) == len(set(NAMES))
    return dict(zip(NAMES, row, strict=True))


def test_a_sine_has_the_moments_of_a_sine() -> None:
    found = _named(3 * np.sin(2 * np.pi * 100 * np.arange(2048) / RATE_HZ) + 5)
    assert np.exp(found["rms"]) == pytest.approx(3 / 2**0.5, rel=1e-3)
    assert found["crest"] == pytest.approx(2**0.5, rel=1e-3)
    assert found["kurtosis"] == pytest.approx(1.5, rel=1e-3)
    assert found["skewness"] == pytest.approx(0, abs=1e-6)
    assert found["shape"] == pytest.approx(np.pi / 8**0.5, rel=1e-3)
    assert (found["load_kn"], found["shaft_hz"]) == (2.0, 35.0)


@pytest.mark.parametrize(("fault", "order"), [("outer", 3.585), ("inner", 5.415), ("ball", 4.713)])
def test_a_modulated_carrier_shows_its_own_line_only(fault: str, order: float) -> None:
    t = np.arange(2048) / RATE_HZ
    carrier = (1 + np.cos(2 * np.pi * order * 35 * t)) * np.sin(2 * np.pi * 2500 * t)
    found = _named(carrier + 1e-3 * np.random.default_rng(0).standard_normal(2048))
    lines = {name: found[f"env0_{name}_1"] for name in ("outer", "inner", "ball")}
    others = [value for name, value in lines.items() if name != fault]
    assert lines[fault] > max(others) + 2


def test_twice_the_amplitude_moves_levels_and_nothing_else() -> None:
    signal = np.random.default_rng(1).standard_normal(2048)
    once, twice = _named(signal), _named(2 * signal)
    moved = {name for name in NAMES if abs(twice[name] - once[name]) > 1e-6}
    assert {name.split("_")[0] for name in moved} == {"rms", "peak", "band", "tone"} | {f"env{b}" for b in range(5)}
    assert all(name.endswith("_rms") for name in moved if name.startswith("env"))
    assert twice["env2_rms"] - once["env2_rms"] == pytest.approx(np.log(2))


def test_a_window_has_the_same_features_whatever_stands_beside_it() -> None:
    signal, known = (
        np.random.default_rng(2).standard_normal((4, 2048)),
        np.array([[2.0, hz] for hz in (30, 35, 40, 58)]),
    )
    together = features(signal, known, RATE_HZ)
    alone = np.concatenate([features(signal[i : i + 1], known[i : i + 1], RATE_HZ) for i in range(4)])
    assert together == pytest.approx(alone, rel=1e-9)


def test_lines_out_of_sight_are_unknown() -> None:
    row = features(np.random.default_rng(3).standard_normal((1, 2048)), np.array([[2.0, 90.0]]), RATE_HZ)[0]
    unseen = {name for name, value in zip(NAMES, row, strict=True) if np.isnan(value)}
    # 3 BPFO = 968 Hz and 2 BPFI = 975 Hz are still seen; 3 BPFI = 1462 and 3 x 2 BSF = 1273 Hz are not.
    assert unseen == {f"env{b}_{line}" for b in range(5) for line in ("inner_3", "ball_3")}
