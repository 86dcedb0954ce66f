"""Composition: resolves readers, runs the loop, judges what came out, writes the report."""

from __future__ import annotations

from polyhead.api.comparing import compare
from polyhead.api.configuration import Config, load, needs_path, readers, study_config
from polyhead.api.diagnosing import check, diagnose
from polyhead.api.exporting import export
from polyhead.api.judging import evaluate, predict, report
from polyhead.api.plotting import plot
from polyhead.api.pretraining import pretrain
from polyhead.api.reading import conversions, convert, init, read
from polyhead.api.running import Run, resume, train, train_seeds
from polyhead.diagnosis.diagnose import Diagnosis

__all__ = [
    "Config",
    "Diagnosis",
    "Run",
    "check",
    "compare",
    "conversions",
    "convert",
    "diagnose",
    "evaluate",
    "export",
    "init",
    "load",
    "needs_path",
    "plot",
    "predict",
    "pretrain",
    "read",
    "readers",
    "report",
    "resume",
    "study_config",
    "train",
    "train_seeds",
]
