"""The whole profile, part by part."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from polyhead.config.experiment import Experiment
from polyhead.signals.profile.associations import associations
from polyhead.signals.profile.channels import Statistics, input_profiles
from polyhead.signals.profile.clock import Clock, time_profile
from polyhead.signals.profile.labelling import InMarks, labellings
from polyhead.signals.profile.pairs import pairs
from polyhead.signals.profile.parts import Profile, WeightsProfile
from polyhead.signals.profile.recordings import recordings
from polyhead.signals.profile.sharing import split_profile, windows_profile
from polyhead.signals.profile.targets import target_profiles
from polyhead.signals.reweighting import Weights
from polyhead.signals.split import Split
from polyhead.signals.statistics import ChannelScaling
from polyhead.signals.windows import WindowSet


def make_profile(
    experiment: Experiment,
    windows: WindowSet,
    split: Split,
    statistics: Statistics,
    scaling: Mapping[str, ChannelScaling],
    weights: Weights | None = None,
    in_marks: Mapping[str, InMarks] | None = None,
) -> Profile:
    """Measure the data of an experiment as they are used: `statistics` by split and input, `scaling` by input, the
    `weights` of training windows, where they have some, and what tasks see `in_marks`.

    Labels are read whole; of samples no more than a bounded number is looked at and few are held at a time, however
    large the data are.
    """
    windows = windows.measured()
    labels = labellings(experiment, windows, in_marks)
    clock = Clock(experiment.data, windows, dict(scaling))
    train = split["train"]
    return Profile(
        windows=windows_profile(experiment, windows),
        split=split_profile(experiment, windows, split, scaling),
        targets=target_profiles(experiment, windows, split, labels),
        inputs=input_profiles(experiment.data, windows, split, statistics, scaling),
        pairs=pairs(labels, train),
        associations=associations(windows, train, scaling, labels, clock),
        recordings=recordings(windows, split, labels, clock),
        time=time_profile(clock, windows, split),
        weights=None if weights is None else _weights(weights),
    )


def _weights(weights: Weights) -> WeightsProfile:
    values = weights.values
    return WeightsProfile(len(values), weights.effective, float(values.max() / np.median(values)))
