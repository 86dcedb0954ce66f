"""The simulated source: spectral lines, labels, life, and what its draws depend on."""

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.signal import hilbert

from polyhead.signals.source import Source
from polyhead.studies.bearings.options import SimulatorOptions
from polyhead.studies.bearings.simulator import run_to_failure, simulate

# Strikes far above the noise, at their kinematic rate: what the spectrum shows is the geometry alone.
CLEAR = {
    "samples": 25600,
    "snapshots": 2,
    "slip": 0.0,
    "speed_jitter": 0.0,
    "wobble_db": 0.0,
    "tone_g": 1e-6,
    "noise_g": 1e-3,
    "final_db": (60.0, 60.0),
    "suspended": 0.0,
}


@pytest.fixture(scope="module")
def source() -> Source:
    return simulate(SimulatorOptions(bearings=40, snapshots=12))


def test_shapes_units_and_columns(source: Source) -> None:
    assert source.rows == 480
    assert source.inputs["signal"].values.shape == (480, 1, 4192)
    assert source.inputs["signal"].values.dtype == source.inputs["known"].values.dtype == np.float32
    assert source.inputs["signal"].unit == "g"
    assert source.inputs["known"].channels == ("load_kn", "shaft_hz")
    assert all(values.shape == (480,) for values in source.columns.values())
    assert (source.sampling_hz, source.sampled) == (12800.0, False)
    assert np.isfinite(source.inputs["signal"].values).all()


# Hand-calculated for 9 balls of 7.94 mm on 39.04 mm: BPFO 3.585, BPFI 5.415, 2 BSF 4.713.
@pytest.mark.parametrize(("fault", "order"), [("outer", 3.585), ("inner", 5.415), ("ball", 4.713)])
def test_the_envelope_peaks_at_the_order_of_the_fault(fault: str, order: float) -> None:
    options = SimulatorOptions.model_validate(CLEAR)
    record = next(r for r in (run_to_failure(options, bearing) for bearing in range(50)) if r.fault == fault)
    envelope = np.abs(hilbert(record.signal_g[-1].astype(float)))
    hz = np.fft.rfftfreq(25600, 1 / 12800)
    spectrum = np.abs(np.fft.rfft(envelope - envelope.mean()))
    # Below 3 orders are the turns of shaft and cage, above 6 the harmonics.
    near = (hz > 3 * record.shaft_hz[-1]) & (hz < 6 * record.shaft_hz[-1])
    peak = hz[near][spectrum[near].argmax()]
    assert peak == pytest.approx(order * record.shaft_hz[-1], abs=0.51)


def test_faults_start_at_the_onset_and_stay(source: Source) -> None:
    fault, flag = source.columns["fault"], source.columns["is_faulty"]
    assert np.array_equal(flag == 1, source.columns["hours"] >= source.columns["onset"])
    assert np.array_equal(flag == 1, fault != "normal")
    assert set(np.unique(fault)) == {"normal", "outer", "inner", "ball"}
    for rows in np.arange(480).reshape(40, 12):
        assert (np.diff(flag[rows].astype(int)) >= 0).all()
        assert len(set(fault[rows]) - {"normal"}) <= 1


def test_life_falls_to_zero_at_failure_and_is_unknown_for_suspended_bearings(source: Source) -> None:
    life = source.columns["life"].reshape(40, 12)
    suspended = np.isnan(life).all(axis=1)
    assert 0 < suspended.sum() < 20
    assert np.isfinite(life[~suspended]).all()
    assert (np.diff(life[~suspended], axis=1) < 0).all()
    assert (life[~suspended, 0] == 1).all()
    assert (life[~suspended, -1] == 0).all()
    hours = source.columns["hours"].reshape(40, 12)
    assert (np.diff(hours, axis=1) > 0).all()


def test_vibration_grows_towards_failure(source: Source) -> None:
    rms = source.inputs["signal"].values[:, 0].std(axis=1).reshape(40, 12)
    failed = np.isfinite(source.columns["life"].reshape(40, 12)[:, 0])
    growth = rms[failed, -1] / rms[failed, 0]
    assert np.median(growth) > 1.3


def test_bearings_are_the_same_however_many_there_are(source: Source) -> None:
    few = simulate(SimulatorOptions(bearings=3, snapshots=12))
    for name, values in few.columns.items():
        assert np.array_equal(values, source.columns[name][:36], equal_nan=values.dtype.kind == "f")
    for name, array in few.inputs.items():
        assert np.array_equal(array.values, source.inputs[name].values[:36])


def test_another_seed_makes_other_bearings() -> None:
    first, other = (simulate(SimulatorOptions(bearings=2, snapshots=2, seed=seed)) for seed in (0, 1))
    assert not np.array_equal(first.inputs["signal"].values, other.inputs["signal"].values)


def test_speed_stays_near_its_condition(source: Source) -> None:
    nominal = np.array([float(name.split("Hz")[0]) for name in source.columns["condition"]])
    assert set(nominal) == {30.0, 35.0, 40.0}
    assert np.abs(source.inputs["known"].values[:, 1] / nominal - 1).max() < 0.1


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("onset", (0.8, 0.3), "low, high"),
        ("onset", (0.5, 1.0), "inside"),
        ("resonance_hz", (2000.0, 7000.0), "half of sampling_hz"),
        ("damping", (0.0, 0.1), "damping"),
        ("bearing", 3, "Extra inputs"),
    ],
)
def test_impossible_bearings_are_refused(field: str, value: object, why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        SimulatorOptions.model_validate({field: value})
