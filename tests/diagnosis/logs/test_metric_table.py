"""Tables of metrics as people type them: long, wide, JSON; names, percent, rounding; and what cannot be read."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from polyhead.diagnosis.logs.metric_table import read_metric_table
from polyhead.diagnosis.logs.metric_words import metric_name
from polyhead.errors import InputError

from ..tables import table

LONG = """
    task,metric,value
    fault,acc,0.93
    fault,AUROC,0.80
    life,R^2,0.5
"""


def values(case, split="table"):
    return {(task, name): score.value for task, own in case.metrics[split].items() for name, score in own.items()}


def test_long():
    case = table(LONG)
    assert values(case) == {("fault", "accuracy"): 0.93, ("fault", "auroc"): 0.80, ("life", "r2"): 0.5}
    assert [facts.kind for facts in case.tasks.values()] == ["binary", "regression"]
    assert case.score("fault")[0] == "auroc"
    assert case.score("life")[1].floor == 0.0


SAME = (
    ("Task;Metric;Value\nfault;acc;0,93\nfault;AUROC;0,80\nlife;R^2;0,5", ".csv"),
    ("head\tname\tscore\nfault\tAccuracy\t93 %\nfault\tROC-AUC\t80%\nlife\tR2\t0.5", ".csv"),
    ("TASK,acc,auc,r2\nfault,0.93,0.80,\nlife,,,0.5", ".csv"),
    ("name,metric,value\nfault,top-1,.93\nfault,roc_auc,8.0e-1\nlife,R²,≈ 0.5", ".csv"),
    (json.dumps({"fault": {"acc": 0.93, "auroc": 0.80}, "life": {"r2": 0.5}}), ".json"),
    (json.dumps({"fault": {"acc": {"value": 0.93, "n": 5}, "auroc": {"value": 0.8}}, "life": {"r2": 0.5}}), ".json"),
    (json.dumps([{"task": "fault", "acc": 0.93, "auc": "80 %"}, {"task": "life", "R2": 0.5}]), ".json"),
    (json.dumps([{"task": "fault", "metric": m, "value": v} for m, v in (("acc", 0.93), ("auroc", 0.8))])[:-1]
     + ', {"task": "life", "metric": "r2", "value": 0.5}]', ".json"),
)  # fmt: skip


@pytest.mark.parametrize(("text", "suffix"), SAME)
def test_other_spellings_say_the_same(text, suffix):
    assert values(table(text, suffix)) == pytest.approx(values(table(LONG)))


def test_splits():
    expected = {("fault", "accuracy"): 0.7}
    nested = {"valid": {"fault": {"acc": 0.7}}, "train": {"fault": {"acc": 0.9}}}
    cases = (
        table("task,split,metric,value\nfault,Validation,acc,0.7\nfault,training,acc,0.9"),
        table("task,val_acc,train/acc\nfault,0.7,0.9"),
        table(json.dumps(nested), ".json"),
    )
    for case in cases:
        assert set(case.metrics) == {"val", "train"}
        assert values(case, "val") == expected
        assert case.judged == "val"


def test_digits_tell_the_rounding():
    """A zero at the end counts: .020 is known to .0005, .02 to .005, 92.3 % to .0005, 8e-3 to .0005."""
    typed = {"AUROC": ".020", "F1": "0.02", "P": "92.3 %", "R": "8e-3", "acc": "1"}
    case = table("task," + ",".join(typed) + "\nfault," + ",".join(typed.values()))
    halves = {name: case.known["fault"][f"{name}.half_unit"] for name in ("auroc", "f1", "precision", "recall")}
    assert halves == pytest.approx({"auroc": 5e-4, "f1": 5e-3, "precision": 5e-4, "recall": 5e-4})
    assert case.metrics["table"]["fault"]["precision"].value == pytest.approx(0.923)
    of_json = table('{"fault": {"auroc": 0.020}}', ".json")
    assert of_json.known["fault"]["auroc.half_unit"] == pytest.approx(5e-4)


def test_losses_and_weights_are_no_metrics():
    case = table(
        """
        task,split,epoch,metric,value
        span,val,1,loss,0.57
        span,val,2,loss,0.28
        span,val,2,F1,0.1
        span,val,2,sigma,0.60
        count,val,2,loss,10.08
        count,val,2,log_var,2.0
        total,val,2,loss,11.05
        """
    )
    assert set(case.tasks) == {"span", "count"}
    assert case.losses["val"]["span"].tolist() == [0.57, 0.28]
    assert np.isnan(case.losses["val"]["count"][0])
    assert case.losses["val"]["total"][1] == 11.05
    assert case.weights["sigma_span"].tolist() == [0.60]
    assert case.weights["sigma_count"].tolist() == pytest.approx([math.e])
    assert case.scores["span"]["f1"].tolist() == [0.1]
    assert list(case.metrics["val"]) == ["span"]


def test_last_epoch_is_judged_in_any_order():
    case = table("task,epoch,auroc\nfault,3,0.9\nfault,1,0.5\nfault,2,0.7")
    assert values(case) == {("fault", "auroc"): 0.9}
    assert case.scores["fault"]["auroc"].tolist() == [0.5, 0.7, 0.9]


def test_facts():
    case = table("task,acc,f1,n,prevalence,classes,kind,unit,target_sd\nfault,.9,.3,8374,7.7 %,2,binary,g,0.2")
    known = case.known["fault"]
    assert (known["n"], known["classes"], known["kind"], known["unit"], known["target_sd"]) == (
        8374,
        2,
        "binary",
        "g",
        0.2,
    )
    assert known["prevalence"] == pytest.approx(0.077)
    scores = case.metrics["table"]["fault"]
    assert scores["accuracy"].floor == pytest.approx(0.923)  # the larger class
    assert scores["f1"].floor == pytest.approx(2 * 0.077 / 1.077)
    assert scores["f1"].n == 8374


def test_floor_and_interval_of_a_row():
    case = table("task,metric,value,floor,low,high,n\nlife,mae,0.2,0.3,0.1,0.25,40\nlife,r2,0.4,,,,")
    mae, r2 = (case.metrics["table"]["life"][name] for name in ("mae", "r2"))
    assert (mae.floor, mae.interval, mae.n, r2.floor) == (0.3, (0.1, 0.25), 40, 0.0)
    assert mae.skill == pytest.approx(1 / 3)
    assert r2.interval is None


def test_undefined_is_undefined():
    case = table("task,metric,value\nfault,acc,0.9\nfault,auroc,nan\nlife,r2,-inf")
    for task, name in (("fault", "auroc"), ("life", "r2")):
        score = case.metrics["table"][task][name]
        assert score.value is None
        assert "row" in score.reason


def test_joint_rows():
    assert table("task,acc\ncombined,28.33 %\nmod,49.13 %").metrics["table"]["combined"]["all_correct"].value == 0.2833


@pytest.mark.parametrize(
    ("metrics", "kind"),
    [
        ("acc,auroc", "binary"),
        ("precision,recall", "binary"),
        ("acc,macro_f1", "classification"),
        ("mse", "regression"),
        ("mae,r2", "regression"),
        ("acc", None),
    ],
)
def test_kind_is_guessed(metrics, kind):
    numbers = ",".join(f"0.{index + 5}" for index in range(len(metrics.split(","))))
    assert table(f"task,{metrics}\na,{numbers}").tasks["a"].kind == kind


def test_kind_of_micro_averages_and_of_many_classes():
    assert table("task,acc,f1,precision,recall\na,.9,.9,.9,.9").tasks["a"].kind == "classification"
    weighted = "task,acc,f1,precision,recall\na,.93,.931,.94,.93"
    assert table(weighted).tasks["a"].kind == "classification"
    assert table("task,acc,f1,precision,recall\na,.93,.931,.94,.92").tasks["a"].kind == "binary"
    assert table("task,f1,classes\na,.9,12").tasks["a"].kind == "classification"


@pytest.mark.parametrize(
    ("word", "name"),
    [
        *(("AUC", "auroc"), ("ROC-AUC", "auroc"), ("Acc", "accuracy"), ("F1-score", "f1"), ("F1 score", "f1")),
        *(("P", "precision"), ("R", "recall"), ("r", "correlation"), ("R^2", "r2"), ("R²", "r2"), ("RMSE", "rmse")),
        *(("F1 macro", "macro_f1"), ("target_std", "target_sd"), ("batch size", "batch_size"), ("my own", "my own")),
    ],
)
def test_words(word, name):
    assert metric_name(word) == (None, name)


BROKEN = (
    ("task,metric,value\nfault,acc,high", ".csv", "row 2", "no number"),
    ("task,metric,value\nfault,acc,0.9\nfault,accuracy,0.8", ".csv", "row 2 and 0.8 in row 3", "fault"),
    ("task,metric,value", ".csv", "no row", "columns"),
    ("metric,value\nacc,0.9", ".csv", "no column names the task", "row 2"),
    ("task,metric\nfault,acc", ".csv", "no column holds the value", "row 2"),
    ("task,metric,value\n,acc,0.9", ".csv", "names no task", "row 2"),
    ("task,metric,value\nfault,acc,0.9,7", ".csv", "4 cells", "row 2"),
    ("[]", ".json", "no row", ""),
    ("{}", ".json", "no row", ""),
    ("3", ".json", "neither rows nor tasks", ""),
    ('{"fault": 3}', ".json", "no task with metrics", "fault"),
    ('{"fault": {"acc": [1, 2]}}', ".json", "a list", "fault.acc"),
    ("[1, 2]", ".json", "no row of names", "row 1"),
    ('{"fault": {"acc": 0.9}', ".json", "no JSON", ""),
    ("task,acc,prevalence\nfault,0.9,7.7", ".csv", "not between 0 and 1", "row 2"),
    ("task,acc,f1\nlife,0.9,0.8\nfault,94,92.3", ".csv", "accuracy 94 is beyond 1; write 94 %", "row 3"),
    ("task,metric,value\nfault,f1,92.3", ".csv", "f1 92.3 is beyond 1; write 92.3 %", "row 2"),
    ("task,metric,value\nfault,acuracy,0.9", ".csv", "no metric that is known (acuracy); write one such as acc", ""),
    (
        "task,metric,value\nfault,zzz,0.9",
        ".csv",
        "no metric that is known (zzz); write one such as accuracy",
        "",
    ),
    ("task,loss\ntotal,3.0", ".csv", "names no task", ""),
)


@pytest.mark.parametrize(("text", "suffix", "what", "where"), BROKEN)
def test_broken(text, suffix, what, where):
    with pytest.raises(InputError) as error:
        table(text, suffix)
    assert what in error.value.line
    assert where in error.value.line
    assert f"table{suffix}" in error.value.line


def test_binary_and_missing_files(tmp_path):
    (tmp_path / "noise.csv").write_bytes(bytes(range(256)) * 20)
    (tmp_path / "noise.json").write_bytes(bytes(range(256)) * 20)
    (tmp_path / "empty.csv").write_text("")
    for name in ("noise.csv", "noise.json", "empty.csv", "nowhere.csv", "nowhere.json"):
        with pytest.raises(InputError, match=name):
            read_metric_table(tmp_path / name)


def test_rows_that_agree_may_repeat():
    assert table("task,metric,value,prevalence\na,acc,.9,.1\na,acc,.9,.1").known["a"]["prevalence"] == 0.1
    with pytest.raises(InputError, match=r"row 2 and 0\.2 in row 3"):
        table("task,metric,value,prevalence\na,acc,.9,.1\na,f1,.9,.2")


def test_beyond_one_but_not_in_percent():
    """1.2 is a wrong number, an error in pixels no share, and one number below 1 says that the others are wrong."""
    for text in ("task,f1\na,1.2", "task,mae,r2\na,92.3,-40", "task,acc,f1\na,92.3,0.5", "task,my own,f1\na,3,0.5"):
        assert table(text).metrics["table"]["a"]
