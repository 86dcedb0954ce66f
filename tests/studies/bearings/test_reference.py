"""The classical reference on problems whose answers are known."""

import numpy as np
import pytest
from scipy.signal import lfilter

from polyhead.studies.bearings.features import features
from polyhead.studies.bearings.options import SimulatorOptions
from polyhead.studies.bearings.reference import boosting, forecast
from polyhead.studies.bearings.simulator import simulate


def _table(rows: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    rng = np.random.default_rng(0)
    values = rng.standard_normal((rows, 4))
    fault = np.where(values[:, 0] > 0.5, "outer", np.where(values[:, 1] > 0.5, "inner", "normal"))
    life = np.where(rng.random(rows) < 0.2, np.nan, np.tanh(values[:, 2]))
    return values, {"fault": fault, "is_faulty": (values[:, 3] > 0).astype(int), "life": life}


def test_boosting_learns_what_can_be_learned() -> None:
    values, columns = _table(1200)
    scores = boosting(values, columns, np.arange(900), np.arange(900, 1200))
    assert scores["fault"]["accuracy"] > 0.95
    assert scores["fault"]["macro_f1"] > 0.95
    assert scores["is_faulty"]["auroc"] > 0.98
    assert scores["life"]["r2"] > 0.9


def test_boosting_learns_nothing_from_noise() -> None:
    values, columns = _table(1200)
    noise = np.random.default_rng(1).standard_normal(values.shape)
    scores = boosting(noise, columns, np.arange(900), np.arange(900, 1200))
    assert scores["fault"]["accuracy"] < scores["fault"]["majority"] + 0.05
    assert 0.4 < scores["is_faulty"]["auroc"] < 0.6
    assert scores["life"]["r2"] < 0.1


def test_majority_is_the_share_of_the_commonest_class_of_training() -> None:
    values, columns = _table(100)
    columns["fault"] = np.array(["normal"] * 60 + ["outer"] * 20 + ["normal"] * 5 + ["outer"] * 15)
    assert boosting(values, columns, np.arange(80), np.arange(80, 100))["fault"]["majority"] == 0.25


def _sines(rows: int) -> np.ndarray:
    t, rng = np.arange(544), np.random.default_rng(2)
    phase = rng.uniform(0, 2 * np.pi, (rows, 1))
    return np.sin(0.11 * t + phase) + 0.02 * rng.standard_normal((rows, 544))


def test_the_linear_forecast_continues_a_sine() -> None:
    found = forecast(_sines(60), np.arange(60) // 4, np.arange(40), np.arange(40, 60), 512, 32)
    assert found["ridge"] > 0.99
    assert -0.1 < found["mean"] <= 0
    # x(t + k) against x(t) of a sine: R2 = 2 cos(0.11 k) - 1, averaged over k = 1..32.
    assert found["persistence"] == pytest.approx(2 * np.cos(0.11 * np.arange(1, 33)).mean() - 1, abs=0.25)


def test_the_linear_forecast_of_noise_is_the_mean() -> None:
    noise = np.random.default_rng(3).standard_normal((600, 544))
    found = forecast(noise, np.arange(600) // 4, np.arange(200), np.arange(200, 600), 512, 32)
    assert -0.1 < found["ridge"] < 0.02
    assert found["persistence"] == pytest.approx(-1, abs=0.2)  # 1 - (var + var) / var


def test_the_linear_forecast_is_as_good_as_an_autoregression_allows() -> None:
    shocks = np.random.default_rng(4).standard_normal((4000, 600))
    signal = lfilter([1.0], [1.0, -0.9], shocks, axis=1)[:, 56:]
    found = forecast(signal, np.arange(4000) // 4, np.arange(3000), np.arange(3000, 4000), 512, 32)
    # x(t + k) = 0.9^k x(t) + noise explains 0.81^k of the variance.
    assert found["ridge"] == pytest.approx(np.mean(0.81 ** np.arange(1, 33)), abs=0.03)


def test_boosting_finds_faults_of_simulated_bearings_it_never_saw() -> None:
    source = simulate(SimulatorOptions(bearings=60, snapshots=8))
    signal, known = source.inputs["signal"].values[:, 0, :2048], source.inputs["known"].values
    scores = boosting(features(signal, known, 12800.0), source.columns, np.arange(360), np.arange(360, 480))
    assert scores["fault"]["accuracy"] > scores["fault"]["majority"] + 0.1
    assert scores["is_faulty"]["auroc"] > 0.8
    assert scores["life"]["r2"] > 0.3
