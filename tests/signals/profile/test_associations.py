"""Facts of windows and labels, before and after scaling: what a scaling erases, and labels that are inputs."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from polyhead.signals.profile.parts import Association, Profile

from .measuring import CLASS, NUMBER, measured, sides

T = np.arange(64)
RNG = np.random.default_rng(2)


def found(profile: Profile, fact: str, task: str) -> Association:
    return next(one for one in profile.associations if (one.fact, one.task) == (fact, task))


def tones(amplitude: np.ndarray) -> dict[str, np.ndarray]:
    phase = RNG.uniform(0, 6, len(amplitude))[:, None]
    return {"signal": (amplitude[:, None] * np.sin(0.3 * T + phase))[:, None].astype(np.float32)}


@pytest.mark.parametrize(("scaling", "after"), [("standard", 1.0), ("per_recording", 0.0)])
def test_scaling_by_recording_erases_the_level(scaling: str, after: float) -> None:
    wear = RNG.permutation(np.arange(1.0, 41.0))
    profile = measured(tones(wear), sides(40, 1) | {"wear": wear}, {"wear": NUMBER}, scaling={"signal": scaling})
    rms = found(profile, "signal.0.rms", "wear")
    assert rms.before > 0.99
    assert rms.after == pytest.approx(rms.before if after else 0.0)
    assert (rms.n, rms.recordings, rms.copy) == (38, 38, 0.0)


def test_several_windows_keep_what_differs_within_a_recording() -> None:
    wear = np.tile([1.0, 4.0], 20)
    columns = sides(20, 2) | {"wear": wear}
    profile = measured(tones(wear), columns, {"wear": NUMBER}, group="unit", scaling={"signal": "per_recording"})
    assert found(profile, "signal.0.rms", "wear").after > 0.8  # one of two levels


def test_against_scipy() -> None:
    wear, fault = RNG.uniform(1, 9, 60), RNG.integers(3, size=60)
    inputs = tones(wear + 3 * fault)
    profile = measured(inputs, sides(60, 1) | {"wear": wear, "fault": fault}, {"wear": NUMBER, "fault": CLASS})
    rms = np.sqrt((inputs["signal"][:58, 0].astype(float) ** 2).mean(axis=1))
    expected = abs(stats.spearmanr(rms, wear[:58]).statistic)
    assert found(profile, "signal.0.rms", "wear").before == pytest.approx(expected, abs=1e-5)
    groups = [rms[fault[:58] == one] for one in range(3)]
    ratio = np.sqrt(stats.kruskal(*groups).statistic / 57)
    assert found(profile, "signal.0.rms", "fault").before == pytest.approx(ratio, abs=1e-5)


def test_of_several_outputs_the_strongest_counts() -> None:
    wear = RNG.permutation(np.arange(1.0, 41.0))
    both = np.stack([RNG.normal(size=40), wear], axis=1)
    profile = measured(tones(wear), sides(40, 1) | {"both": both}, {"both": NUMBER})
    assert found(profile, "signal.0.rms", "both").before > 0.99


def test_a_known_input_that_holds_the_label_is_a_copy() -> None:
    wear = RNG.uniform(1, 9, 40)
    known = np.stack([RNG.normal(size=40), wear], axis=1).astype(np.float32)
    profile = measured(tones(np.ones(40)) | {"known": known}, sides(40, 1) | {"wear": wear}, {"wear": NUMBER})
    assert found(profile, "known.1.value", "wear").copy == 1.0
    assert found(profile, "known.0.value", "wear").copy == 0.0


def test_a_last_sample_that_is_the_label_is_a_copy_and_otherwise_not_told_of() -> None:
    level = RNG.uniform(1, 9, 40)
    inputs = tones(np.ones(40))
    profile = measured(inputs, sides(40, 1) | {"level": level}, {"level": NUMBER})
    assert not any(one.fact.endswith(".last") for one in profile.associations)
    inputs["signal"][::2, 0, -1] = level[::2]
    profile = measured(inputs, sides(40, 1) | {"level": level}, {"level": NUMBER})
    assert found(profile, "signal.0.last", "level").copy == 0.5


def test_the_time_step_goes_with_a_label_and_the_network_gets_none_of_it() -> None:
    rate = np.array([12000.0, 48000.0] * 20)
    columns = sides(40, 1) | {"sick": (rate < 20000).astype(int), "sampling_hz": rate}
    profile = measured(tones(np.ones(40)), columns, {"sick": {"kind": "binary"}}, slices=["sampling_hz"])
    assert (found(profile, "dt", "sick").before, found(profile, "dt", "sick").after) == (1.0, 0.0)
