"""What check and diagnose say of honest runs on real recordings: no error and at most one warning each is the promise.

    python benchmarks/healthy.py DATA                     # DATA holds a folder for each set
    python benchmarks/healthy.py DATA --only cwru sarcos  # these alone; --help names all

Each set is read as its owner would: whole bearings, people, plates or years on one side of the split, several tasks, a
small network. Nothing here is chosen by what the checks say; a set whose owner would learn that a task cannot be learnt
keeps that task, and the finding is counted. Beneath the table stands every finding in its own words; causes
are errors and warnings that follow from no other.
"""

from __future__ import annotations

import argparse
import io
import tempfile
import time
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.io import loadmat

import femto as femto_study
import polyhead
import recordings
import showers
from polyhead import api
from polyhead.diagnosis.diagnose import Diagnosis
from polyhead.diagnosis.finding import SEVERITIES, Finding

Config = dict[str, Any]
MLP = {"name": "mlp", "hidden": [128, 128], "dropout": 0.1}
TCN = {"name": "tcn", "channels": [32, 32, 32, 32], "norm": "batch", "dropout": 0.05}


def loop(epochs: int, batch_size: int = 64, lr: float = 2e-3) -> Config:
    """The same loop for all: one cycle of the rate, an average of the weights."""
    return {"epochs": epochs, "batch_size": batch_size, "lr": lr, "schedule": "onecycle", "ema": 0.99}


def arrays(name: str, folder: Path, inputs: Config, held: Mapping[str, NDArray[Any]], **data: Any) -> Config:
    """The data block for arrays that are saved as NAME.npz in `folder`."""
    path = folder / f"{name}.npz"
    np.savez(path, allow_pickle=False, **held)
    return {"reader": "npz", "path": str(path), "inputs": inputs, **data}


def table(name: str, folder: Path, frame: pl.DataFrame, **data: Any) -> Config:
    """The data block for a table that is saved as NAME.parquet in `folder`."""
    path = folder / f"{name}.parquet"
    frame.write_parquet(path)
    return {"reader": "parquet", "path": str(path), **data}


def regressions(*names: str) -> dict[str, Config]:
    """A plain regression for each name."""
    return {name: {"kind": "regression"} for name in names}


def same(*names: str) -> dict[str, str]:
    """Targets that are called as their column."""
    return {name: name for name in names}


def cwru(data: Path, folder: Path) -> Config:
    """The study's own config, tested on the bearings of 7 mil."""
    recordings.cwru(data / "cwru_bearing", folder / "cwru")
    loaded = api.load(api.study_config("bearings", "cwru"), [f"data.path={folder / 'cwru'}", "data.split.fold=1"])
    return loaded.document.values


def cwru_load(data: Path, folder: Path) -> Config:
    """Fault and diameter at a load that training never ran at."""
    config = cwru(data, folder)
    config["name"] = "cwru-load"
    config["data"]["split"] = {"hold_out": {"val": {"load_hp": [2]}, "test": {"load_hp": [3]}}}
    config["data"]["targets"]["diameter"] = {"key": "diameter_mil", "unit": "mil"}
    config["tasks"]["diameter"] = {"kind": "regression"}
    config["train"]["monitor"] = "val/skill"
    return config


def femto(data: Path, folder: Path) -> Config:
    """Remaining life, and the next readings, of bearings that training never saw."""
    path = folder / "femto.parquet"
    femto_study.prepared(data / "femto_pronostia" / "features_all17.csv.gz").write_parquet(path)
    config = femto_study.config(path, 42)
    levels = ["log_rms_h", "log_rms_v"]
    config["tasks"]["next"] = {"kind": "forecast", "input": "features", "horizon": 10, "channels": levels}
    return config


def cmapss(data: Path, folder: Path) -> Config:
    """The study's own config for FD001, fewer epochs."""
    given = [f"data.path={data / 'cmapss' / 'original_nasa_txt'}", "train.epochs=5"]
    loaded = api.load(api.study_config("bearings", "cmapss"), given)
    return loaded.document.values


def hydraulic(data: Path, folder: Path) -> Config:
    """The example's config, blocks of neighbouring cycles dealt out whole, fewer epochs."""
    given = [f"data.path={data / 'hydraulic' / 'hydraulic_1hz.npz'}", "data.split.by=group", "train.epochs=25"]
    loaded = api.load(Path(__file__).parent.parent / "examples" / "hydraulic.yaml", given)
    return loaded.document.values


def occupancy(data: Path, folder: Path) -> Config:
    """A room by the minute, as its authors split it: a week trains, two days choose, another week is judged."""
    names = ["temperature", "humidity", "light", "co2", "humidity_ratio", "occupied"]
    parts = []
    for side, file in (("train", "datatraining"), ("val", "datatest"), ("test", "datatest2")):
        part = pl.read_csv(data / "occupancy" / f"{file}.txt", has_header=False, new_columns=names)
        minute = pl.int_range(pl.len())
        parts.append(
            part.with_columns(minute=minute, side=pl.lit(side), day=pl.lit(side) + (minute // 720).cast(pl.String))
        )
    return {
        "name": "occupancy",
        "data": table(
            "occupancy",
            folder,
            pl.concat(parts, how="vertical_relaxed"),
            inputs={"signal": {"keys": ["temperature", "humidity", "light", "co2"]}},
            targets=same("occupied"),
            group="day",
            window={"length": 64, "stride": 4},
            split={"column": "side"},
        ),
        "tasks": {
            "occupied": {"kind": "binary"},
            "next": {"kind": "forecast", "horizon": 15, "channels": ["co2", "temperature"]},
        },
        "model": {"backbone": TCN},
        "train": loop(15),
    }


def gas_turbine(data: Path, folder: Path) -> Config:
    """Emissions and yield of a turbine: three years train, the next chooses, the last is judged."""
    frame = pl.read_csv(data / "gas_turbine_emission" / "gt_2011.csv.gz")
    year = np.repeat(np.arange(2011, 2016), [7411, 7628, 7152, 7158, 7384])
    day = (pl.int_range(pl.len()).over("year") // 24).cast(pl.String)
    frame = frame.with_columns(year=pl.Series(year))
    frame = frame.with_columns(day=pl.concat_str(pl.col("year").cast(pl.String), day, separator="-"))
    targets = {"co": "Carbon monoxide", "nox": "Nitrogen oxides", "yield": "Turbine energy yield"}
    keys = [name for name in frame.columns if name not in (*targets.values(), "year", "day")]
    return {
        "name": "gas-turbine",
        "data": table(
            "gas_turbine",
            folder,
            frame,
            inputs={"state": {"keys": keys}},
            targets=targets,
            group="day",
            split={"hold_out": {"val": {"year": [2014]}, "test": {"year": [2015]}}},
        ),
        "tasks": regressions(*targets),
        "model": {"backbone": MLP},
        "train": loop(6),
    }


def sarcos(data: Path, folder: Path) -> Config:
    """Seven torques of a robot arm; the rows come without order, so each stands alone."""
    held = loadmat(data / "sarcos" / "sarcos_inv_test.mat")["sarcos_inv_test"]
    names = [f"torque_{number}" for number in range(1, 8)]
    targets = {name: {"key": "torque", "column": column, "unit": "Nm"} for column, name in enumerate(names)}
    part = {"x": held[:, :21].astype(np.float32), "torque": held[:, 21:]}
    return {
        "name": "sarcos",
        "data": arrays("sarcos", folder, {"state": "x"}, part, targets=targets),
        "tasks": regressions(*names),
        "model": {"backbone": MLP},
        "train": loop(20),
    }


def watch(data: Path, folder: Path) -> Config:
    """Shoulder exercises seen by a watch, on people that training never saw."""
    held = np.load(data / "watch_exercise_seglearn" / "watch_float32.npz")
    length = held["length"]
    each = {name: np.repeat(held[name], length) for name in ("exercise", "subject", "side")}
    frame = pl.DataFrame(dict(zip(held["channel_names"].tolist(), held["X"].T, strict=True)))
    frame = frame.with_columns(series=pl.Series(np.repeat(np.arange(len(length)), length)), **_series(each))
    return {
        "name": "watch",
        "data": table(
            "watch",
            folder,
            frame,
            inputs={"signal": {"keys": held["channel_names"].tolist()}},
            targets=same("exercise", "side"),
            group="series",
            sampling_hz=50,
            window={"length": 200, "stride": 100},
            split={"by": "subject", "fractions": [0.6, 0.2, 0.2]},
            slices=["subject"],
        ),
        "tasks": {"exercise": {"kind": "classification"}, "side": {"kind": "binary"}},
        "model": {"backbone": {**TCN, "stem_kernel": 8, "stem_stride": 4}},
        "train": loop(15),
    }


def _series(columns: Mapping[str, NDArray[Any]]) -> dict[str, pl.Series]:
    return {name: pl.Series(values) for name, values in columns.items()}


def fact(data: Path, folder: Path) -> Config:
    """Air showers, as benchmarks/showers.py reads them."""
    return showers.showers(data / "fact_cherenkov" / "fact_events.csv.gz", folder)


def radioml(data: Path, folder: Path) -> Config:
    """BPSK or QPSK, and how strong the white noise is that was added to each frame."""
    held = data / "iq_radioml2018_bpsk_qpsk"
    frames = np.load(held / "input_n_1024.npy").astype(np.float32)
    label = pl.read_csv(held / "labels_inferred.csv")["inferred"].to_numpy().astype(str)
    rng = np.random.default_rng(0)
    snr_db = rng.uniform(-5, 20, len(frames))
    power = np.mean(frames**2, axis=(1, 2)) / 10 ** (snr_db / 10)
    noisy = frames + np.sqrt(power)[:, None, None] * rng.normal(size=frames.shape)
    targets = {"modulation": "modulation", "snr": {"key": "snr", "unit": "dB"}}
    part = {"x": noisy.astype(np.float32), "modulation": label, "snr": snr_db}
    return {
        "name": "radioml",
        "data": arrays("radioml", folder, {"signal": "x"}, part, targets=targets),
        "tasks": {"modulation": {"kind": "classification"}, **regressions("snr")},
        "model": {"backbone": TCN},
        "train": loop(30),
    }


def rtl433(data: Path, folder: Path, by: str = "capture") -> Config:
    """Whether a device sends, in which coding, and how strong, on captures that training never saw."""
    held = np.load(data / "iq_rtl433_ota" / "windows_u8.npz")
    coding = held["coding_rtl433"].astype(str)
    part = {
        "x": (held["iq_u8"].astype(np.float32) - 127.5) / 127.5,
        "coding": np.where(held["is_signal"] == 1, coding, ""),
        "signal": held["is_signal"],
        "snr": np.where(held["is_signal"] == 1, held["snr_db_est"], np.nan),
        "capture": held["capture"],
        "device": np.array([name.partition("/")[0] for name in held["capture"].tolist()]),  # of noise windows too
    }
    targets = {
        "coding": {"key": "coding", "missing": [""]},
        "signal": "signal",
        "snr": {"key": "snr", "unit": "dB"},
    }
    return {
        "name": f"rtl433-{by}",
        "data": arrays(
            f"rtl433-{by}",
            folder,
            {"iq": {"key": "x", "axes": ["window", "time", "channel"], "channels": ["I", "Q"]}},
            part,
            targets=targets,
            group="capture",
            sampling_hz=250000,
            split={"by": "group", "stratify": ["coding"]} if by == "capture" else {"by": by},
        ),
        "tasks": {"coding": {"kind": "classification"}, "signal": {"kind": "binary"}, **regressions("snr")},
        "model": {"backbone": {**TCN, "channels": [32] * 5, "stem_kernel": 16, "stem_stride": 8}},
        "train": loop(15),
    }


def rtl433_device(data: Path, folder: Path) -> Config:
    """The same on devices that training never saw."""
    return rtl433(data, folder, "device")


def enzyme(data: Path, folder: Path) -> Config:
    """Time courses of a laccase on plates that training never saw; temperature is known to be hidden from them."""
    held = np.load(data / "enzyme_slac_abts" / "slac_timecourse.npz")
    absorbance = held["absorbance"]  # condition, concentration, enzyme or control, replicate, wavelength, time
    of = np.indices(absorbance.shape[:4]).reshape(4, -1)
    substrate = held["abts_uM"][of[1]].astype(float)
    part = {
        "x": absorbance.reshape(-1, *absorbance.shape[4:]),
        "plate": of[0],
        "control": of[2],
        "ph": held["pH"][of[0]],
        "temperature": held["temperature_C"][of[0]],
        "substrate": np.log10(np.where(substrate > 0, substrate, np.nan)),
    }
    return {
        "name": "enzyme",
        "data": arrays(
            "enzyme",
            folder,
            {"signal": {"key": "x", "axes": ["window", "channel", "time"], "channels": ["340 nm", "420 nm"]}},
            part,
            targets={
                "ph": "ph",
                "temperature": {"key": "temperature", "unit": "degC"},
                "substrate": {"key": "substrate", "unit": "log10 uM"},
                "control": "control",
            },
            group="plate",
            split={"by": "group", "fractions": [0.6, 0.2, 0.2]},
        ),
        "tasks": {**regressions("ph", "temperature", "substrate"), "control": {"kind": "binary"}},
        "model": {"backbone": MLP},
        "train": loop(40),
    }


def titration(data: Path, folder: Path) -> Config:
    """Electrode readings of seawater titrations: acid to the endpoint per 50 g, and the next readings."""
    frame = pl.read_csv(data / "titration_seawater_ta" / "titration_curves.csv.gz", infer_schema_length=None)
    frame = frame.filter(pl.col("endpoint_stage") == 1).sort("file", "sample", "t_s", maintain_order=True)
    titrated = pl.concat_str("file", pl.col("sample").cast(pl.String), separator=":")
    frame = frame.with_columns(
        titration=titrated,
        endpoint=pl.col("V_mL").max().over("file", "sample") / pl.col("sample_g") * 50,
    )
    return {
        "name": "titration",
        "data": table(
            "titration",
            folder,
            frame,
            inputs={"signal": {"keys": ["V_mL", "E_mV", "T_degC"]}},
            targets={"endpoint": {"key": "endpoint", "unit": "mL"}, "kind": "kind"},
            group="titration",
            window={"length": 48, "stride": 8, "short": "drop"},
            split={"by": "file", "fractions": [0.6, 0.2, 0.2]},
        ),
        "tasks": {
            **regressions("endpoint"),
            "kind": {"kind": "classification"},
            "next": {"kind": "forecast", "horizon": 8, "channels": ["E_mV"]},
        },
        "model": {"backbone": TCN},
        "train": loop(25),
    }


def km3net(data: Path, folder: Path) -> Config:
    """Neutrinos in ORCA from the parameters of a fitted track; whether neutrino or antineutrino cannot be told."""
    frame = pl.read_csv(data / "km3net_testdata" / "orca_reco_truth.csv.gz", infer_schema_length=None)
    truth = ("mc_", "event_id", "run_id", "weight_w2", "time", "rec_")
    keys = [name for name in frame.columns if not name.startswith(truth)]
    keys = [name for name in keys if frame[name].cast(pl.Float64).is_finite().all() and frame[name].n_unique() > 1]
    event = pl.concat_str(pl.col("run_id").cast(pl.String), pl.col("event_id").cast(pl.String), separator="-")
    frame = frame.with_columns(
        event=event,
        energy=pl.col("mc_energy").log10(),
        neutrino=(pl.col("mc_type") > 0).cast(pl.Int8),
        **{name: pl.col(name).cast(pl.Float64).arcsinh() for name in keys if name.startswith("spread_")},
    )
    targets = {
        "energy": {"key": "energy", "unit": "log10 GeV"},
        "zenith": "mc_dir_z",
        "height": {"key": "mc_pos_z", "unit": "m"},
        "inelasticity": "mc_bjorkeny",
        "neutrino": "neutrino",
    }
    return {
        "name": "km3net",
        "data": table("km3net", folder, frame, inputs={"track": {"keys": keys}}, targets=targets, group="event"),
        "tasks": {**regressions(*list(targets)[:-1]), "neutrino": {"kind": "binary"}},
        "model": {"backbone": {**MLP, "dropout": 0.2, "norm": "batch"}},
        "train": loop(15, lr=1e-3),
    }


def prices(data: Path, folder: Path) -> Config:
    """The next hour of EURUSD, past to future: its direction, which nobody can tell, its range, and ranges to come."""
    with zipfile.ZipFile(data / "price_bars_lean" / "forex_fxcm_hour_eurusd.zip") as held:
        bars = pl.read_csv(io.BytesIO(held.read(held.namelist()[0])), has_header=False)
    bars = bars.select(
        at=pl.col("column_0").str.to_datetime("%Y%m%d %H:%M").dt.timestamp("ms") / 1000,
        high=(pl.col("column_2") + pl.col("column_7")) / 2,
        low=(pl.col("column_3") + pl.col("column_8")) / 2,
        close=(pl.col("column_4") + pl.col("column_9")) / 2,
    ).tail(24000)
    change = 1e4 * pl.col("close").log().diff()
    extent = (1e4 * (pl.col("high") / pl.col("low")).log()).clip(0.1).log()
    bars = bars.with_columns(change=change, extent=extent).drop_nulls()
    bars = bars.with_columns(
        up=(pl.col("change").shift(-1) > 0).cast(pl.Int8), following=pl.col("extent").shift(-1), series=pl.lit("EURUSD")
    ).drop_nulls()
    return {
        "name": "prices",
        "data": table(
            "prices",
            folder,
            bars,
            inputs={"signal": {"keys": ["change", "extent"]}},
            targets={"up": "up", "extent": "following"},
            group="series",
            time="at",
            window={"length": 48, "stride": 4},
            split={"by": "time", "fractions": [0.6, 0.2, 0.2]},
        ),
        "tasks": {
            "up": {"kind": "binary"},
            **regressions("extent"),
            "next": {"kind": "forecast", "horizon": 12, "channels": ["extent"]},
        },
        "model": {"backbone": TCN},
        "train": loop(8),
    }


def liquido(data: Path, folder: Path) -> Config:
    """A hundred electrons in LiquidO, by means and spreads of their hits: as small as a set gets."""
    import h5py

    with h5py.File(data / "graphnet_examples" / "liquido_electrons.h5") as held:
        hits = pl.DataFrame(held["HitData"][:], schema=["event_no", "sensor", "x", "y", "z", "t", "var"])
        vertex = ["vertex_x", "vertex_y", "vertex_z"]
        names = ["event_no", *vertex, "zenith", "azimuth", "interaction_time", "energy", "pid"]
        truth = pl.DataFrame(held["TruthData"][:], schema=names)
    seen = [pl.col(name).mean().alias(f"{name}_mean") for name in "xyzt"]
    seen += [pl.col(name).std().alias(f"{name}_sd") for name in "xyzt"]
    events = hits.group_by("event_no").agg(*seen, pl.len().log().alias("log_hits"))
    frame = truth.join(events, on="event_no").sort("event_no")
    targets = {axis: {"key": f"vertex_{axis}", "unit": "mm"} for axis in "xyz"} | {
        "energy": {"key": "energy", "unit": "MeV"}
    }
    keys = [name for name in events.columns if name != "event_no"]
    split = {"fractions": [0.6, 0.2, 0.2]}
    return {
        "name": "liquido",
        "data": table("liquido", folder, frame, inputs={"hits": {"keys": keys}}, targets=targets, split=split),
        "tasks": regressions(*targets),
        "model": {"backbone": MLP},
        "train": loop(60, batch_size=16),
    }


def bearings(data: Path, folder: Path) -> Config:
    """The study's recommended config on fewer bearings."""
    loaded = api.load(api.study_config("bearings"), ["data.bearings=80", "train.epochs=6"])
    return loaded.document.values


SETS: dict[str, Callable[[Path, Path], Config]] = {
    one.__name__: one
    for one in (
        *(cwru, cwru_load, femto, cmapss, hydraulic, occupancy, gas_turbine, sarcos, watch, fact, radioml, rtl433),
        *(rtl433_device, enzyme, titration, km3net, prices, liquido, bearings),
    )
}


@dataclass(frozen=True)
class Outcome:
    """What was said of a set: `skill` per task on the judged split, findings before and after training."""

    skill: Mapping[str, float]
    before: Diagnosis
    after: Diagnosis
    seconds: tuple[float, float]

    @property
    def findings(self) -> list[tuple[str, Finding]]:
        """What check and the run found, with which of them; what both found once, at its worst."""
        worst: dict[str, tuple[str, Finding]] = {}
        for when, diagnosis in (("check", self.before), ("run", self.after)):
            for one in diagnosis.findings:
                old = worst.get(one.fingerprint)
                if old is None or SEVERITIES.index(one.severity) < SEVERITIES.index(old[1].severity):
                    worst[one.fingerprint] = when, one
        return sorted(worst.values(), key=lambda one: SEVERITIES.index(one[1].severity))

    def count(self, severity: str) -> int:
        """Findings of a severity."""
        return sum(one.severity == severity for _, one in self.findings)

    @property
    def causes(self) -> int:
        """Errors and warnings that follow from no other finding."""
        return sum(one.severity != "note" and not one.follows for _, one in self.findings)


def outcome(config: Config, folder: Path) -> Outcome:
    """Check and train, nothing suppressed."""
    began = time.perf_counter()
    before = polyhead.check(config)
    checked = time.perf_counter() - began
    run = polyhead.train(config, out=folder / "runs", report=False)
    assert run.diagnosis is not None
    judged = run.metrics["test"] if "test" in run.metrics else run.metrics["val"]
    skill = {name: _skill(scores) for name, scores in judged.items() if name in config["tasks"]}
    return Outcome(skill, before, run.diagnosis, (checked, time.perf_counter() - began - checked))


def _skill(scores: Mapping[str, Any]) -> float:
    """Skill of the primary metric, NaN where there is none."""
    return next((one["skill"] for one in scores.values() if isinstance(one, dict) and one.get("primary")), np.nan)


def row(name: str, found: Outcome) -> str:
    """One line of the table."""
    skill = ", ".join(f"{task} {value:.2f}" for task, value in found.skill.items())
    errors, warnings, notes = (found.count(severity) for severity in ("error", "warning", "note"))
    counts = f"{errors} | {warnings} | {found.causes} | {notes}"
    return f"| {name} | {skill} | {counts} | {found.seconds[0]:.0f} + {found.seconds[1]:.0f} |"


def told(name: str, found: Outcome) -> list[str]:
    """Every finding, a line each."""
    lines = []
    for when, one in found.findings:
        task = f" {one.scope.task}:" if one.scope.task and not one.what.startswith(one.scope.task) else ""
        after = f" [follows {', '.join(one.follows)}]" if one.follows else ""
        lines.append(f"{name}: {one.severity} {one.id} ({when}){task} {one.what}{after}")
    return lines


def main() -> None:
    """Print the table and the findings."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--only", nargs="+", choices=list(SETS), default=list(SETS))
    parser.add_argument("--keep", type=Path, help="folder for data and runs; default: one that is removed")
    arguments = parser.parse_args()
    columns = ("set", "skill of each task", "errors", "warnings", "causes", "notes", "check + run, s")
    print(f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}", flush=True)
    findings: list[str] = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        for name in arguments.only:
            found = outcome(SETS[name](arguments.data, folder), folder)
            print(row(name, found), flush=True)
            findings += told(name, found)
    print("\n" + "\n".join(findings))


if __name__ == "__main__":
    main()
