"""The `diagnose` block and `train.stop_on`: what may be written, and what is refused by name and line."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from polyhead.config.diagnosis import DiagnoseOptions
from polyhead.config.experiment_file import load_experiment
from polyhead.errors import InputError

from ..machine import machine_config


def loaded(diagnose: Any, **train: Any) -> DiagnoseOptions:
    config = machine_config(Path("machine.npz"))
    config["train"] |= train
    return load_experiment(config | {"diagnose": diagnose}).experiment.diagnose


@pytest.mark.parametrize("value", [None, {}])
def test_nothing_written(value):
    options = loaded(value)
    assert (options.ignore, options.fail_on) == ([], "error")


@pytest.mark.parametrize("until", ["2027-03-31", date(2027, 3, 31)], ids=["text", "as YAML reads it"])
def test_accepted(until):
    written = {"id": "head-range", "task": "life", "reason": "by design", "until": str(until)}
    (one,) = loaded({"ignore": [written], "fail_on": "note"}).ignore
    assert (one.id, one.task, one.reason, one.until) == ("head-range", "life", "by design", date(2027, 3, 31))
    (bare,) = loaded({"ignore": [{"id": "head-range", "reason": "so"}]}).ignore
    assert (bare.task, bare.until) == (None, None)


def test_a_day_in_a_file(tmp_path):
    """YAML takes a bare day for a date of its own."""
    from ruamel.yaml import YAML

    path = tmp_path / "a.yaml"
    with path.open("w") as file:
        YAML().dump(machine_config(Path("machine.npz")), file)
    path.write_text(path.read_text() + "diagnose: {ignore: [{id: head-range, reason: so, until: 2027-03-31}]}\n")
    assert load_experiment(path).experiment.diagnose.ignore[0].until == date(2027, 3, 31)


WRONG = [
    ({"ignore": [{"id": "head-range"}]}, "diagnose.ignore[0].reason"),
    ({"ignore": [{"id": "head-range", "reason": ""}]}, "diagnose.ignore[0].reason"),
    ({"ignore": [{"reason": "so"}]}, "diagnose.ignore[0].id"),
    ({"ignore": [{"id": "a", "reason": "b", "until": "soon"}]}, "expected a day such as 2027-03-31, found 'soon'"),
    ({"ignore": [{"id": "a", "reason": "b", "until": "2027-02-30"}]}, "expected a day such as 2027-03-31"),
    ({"ignore": [{"id": "a", "reason": "b", "untill": "2027-03-31"}]}, "did you mean diagnose.ignore[0].until"),
    ({"fail_on": "warnings"}, "did you mean warning"),
    ({"failon": "error"}, "did you mean diagnose.fail_on"),
]


@pytest.mark.parametrize(("diagnose", "words"), WRONG, ids=[words for _, words in WRONG])
def test_what_is_refused(diagnose, words):
    with pytest.raises(InputError) as caught:
        loaded(diagnose)
    assert words in caught.value.line


def test_stop_on():
    config = machine_config(Path("machine.npz"))
    assert load_experiment(config).experiment.train.stop_on == []
    config["train"]["stop_on"] = ["non-finite", "orphan-head"]
    assert load_experiment(config).experiment.train.stop_on == ["non-finite", "orphan-head"]
    config["train"]["stop_on"] = "non-finite"
    with pytest.raises(InputError, match=r"train\.stop_on"):
        load_experiment(config)
