"""Pooled predictions against a direct forward pass, whatever the batches; thresholds from validation."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.special import expit, softmax
from sklearn.metrics import f1_score, mean_squared_error, r2_score
from torch.nn import functional as F

from polyhead.scoring.prediction import Prediction
from polyhead.training.description import describe_data
from polyhead.training.evaluation import Pooled, decide, decided, pool, score
from polyhead.training.feed import Feed
from polyhead.training.finish import prediction_frame
from polyhead.training.network import build_network
from polyhead.training.preparation import prepare
from polyhead.training.steplog import composition

from .synthetic import MISSING, experiment, prepared, source

CPU = torch.device("cpu")
INDEX = np.array([7, 3, 59, 10, 11, 12, 0, 45, 31, 30, 29, 17, 18])


@pytest.fixture(scope="module")
def ready():
    return prepared(model={"backbone": {"name": "tcn", "channels": [6, 6], "norm": "batch", "dropout": 0.2}})


@pytest.fixture(scope="module")
def network(ready):
    """Weights far from where heads start, so that predictions differ."""
    torch.manual_seed(0)
    built = build_network(ready.experiment, ready.windows, ready.tasks)
    with torch.no_grad():
        for head in built.heads.values():
            head.output.weight.mul_(20)
    return built


def feed_of(ready, **options) -> Feed:
    return Feed(ready.windows, ready.tasks, ready.scaling, CPU, fill=False, **options)


def direct(ready, network, index):
    """Inputs scaled here, one forward pass in evaluation mode, outputs by task."""
    fetched = ready.windows.fetch(index).inputs
    scaled = {}
    for name, values in fetched.items():
        one = ready.scaling[name]
        shape = (-1, 1) if values.ndim == 3 else (-1,)
        scaled[name] = torch.from_numpy((values - one.offset.reshape(shape)) / one.scale.reshape(shape)).float()
    network.eval()
    with torch.no_grad():
        outputs = network(scaled["signal"], scaled["known"]).outputs
    network.train()
    return {task.name: output.double().numpy() for task, output in zip(ready.tasks, outputs, strict=True)}


@pytest.mark.parametrize("batch_size", [1, 5, 13, 64])
def test_predictions_are_those_of_one_forward_pass_whatever_the_batches(ready, network, batch_size):
    found = pool(network, feed_of(ready), INDEX, batch_size).predictions
    outputs = direct(ready, network, INDEX)
    train = ready.split["train"]
    level = ready.windows.targets["level"]
    fitted = level.values[train][level.mask[train]]
    near = {"rel": 1e-4, "abs": 1e-5}
    assert found["level"].pred == pytest.approx(outputs["level"][:, 0] * fitted.std() + fitted.mean(), **near)
    assert found["tone"].score == pytest.approx(softmax(outputs["tone"], axis=1), **near)
    assert found["tone"].pred.tolist() == outputs["tone"].argmax(axis=1).tolist()
    assert found["loud"].score == pytest.approx(expit(outputs["loud"][:, 0]), **near)
    pair = ready.windows.targets["pair"].values[train]
    assert found["pair"].pred == pytest.approx(outputs["pair"] * pair.std(axis=0) + pair.mean(axis=0), **near)
    one = ready.scaling["signal"]
    assert found["next"].pred == pytest.approx(outputs["next"] * one.scale[1] + one.offset[1], **near)


def test_truth_mask_and_recording_are_those_of_the_windows_in_the_order_asked(ready, network):
    found = pool(network, feed_of(ready), INDEX, 4).predictions
    windows = ready.windows
    assert found["level"].mask.tolist() == (~MISSING[INDEX]).tolist()
    assert (
        found["level"].truth[~MISSING[INDEX]].tolist()
        == windows.targets["level"].values[INDEX][~MISSING[INDEX]].tolist()
    )
    assert [("high", "low", "mid")[code] for code in found["tone"].truth] == windows.targets["tone"].values[
        INDEX
    ].tolist()
    signal = windows.inputs["signal"].values[INDEX]
    assert found["next"].truth.tolist() == signal[:, 1:, 32:36].tolist()
    assert found["next"].last.tolist() == signal[:, 1:, 31].tolist()
    assert found["pair"].recording.tolist() == (INDEX // 2).tolist()


@pytest.mark.parametrize("batch_size", [1, 4, 64])
def test_losses_are_means_over_known_labels_of_all_batches(ready, network, batch_size):
    losses = pool(network, feed_of(ready), INDEX, batch_size).losses
    outputs = direct(ready, network, INDEX)
    known = ~MISSING[INDEX]
    truths = [None if one is None else one[INDEX].double() for one in (t.targets(ready.windows) for t in ready.tasks)]
    tensors = {name: torch.from_numpy(value) for name, value in outputs.items()}
    expected = [
        F.smooth_l1_loss(tensors["level"][known], truths[0][known]),
        F.cross_entropy(tensors["tone"], truths[1].long()),
        F.binary_cross_entropy_with_logits(tensors["loud"][:, 0], truths[2]),
        F.mse_loss(tensors["pair"], truths[3]),
    ]
    assert losses[:4] == pytest.approx([value.item() for value in expected], rel=1e-4)


def test_pooling_evaluates_and_leaves_the_network_as_it_was(ready, network):
    network.train()
    before = {key: value.clone() for key, value in network.state_dict().items()}
    first, second = (pool(network, feed_of(ready), INDEX, 5).predictions["level"].pred for _ in range(2))
    assert first.tolist() == second.tolist()
    assert network.training
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())
    network.eval()
    pool(network, feed_of(ready), INDEX, 5)
    assert not network.training


def test_without_labels_there_are_predictions_but_no_losses(ready, network):
    blind = pool(network, feed_of(ready, labels=False), INDEX, 5)
    seeing = pool(network, feed_of(ready), INDEX, 5)
    assert np.isnan(blind.losses).all()
    for name, prediction in blind.predictions.items():
        assert not prediction.mask.any()
        assert prediction.truth.shape == prediction.pred.shape
        assert prediction.pred.tolist() == seeing.predictions[name].pred.tolist()


def test_a_split_without_any_label_of_a_task_is_undefined_not_an_error(ready, network):
    targets = ready.windows.targets
    dark = {name: replace(one, mask=np.zeros_like(one.mask)) for name, one in targets.items()}
    feed = Feed(replace(ready.windows, targets=dark), ready.tasks, ready.scaling, CPU, fill=False)
    pooled = pool(network, feed, INDEX, 5)
    assert np.isnan(pooled.losses[:4]).all()
    scores = score(ready.tasks, decided(ready.tasks, pooled, decide(ready.tasks, pooled)))
    for task in ("level", "tone", "loud", "pair"):
        assert {one.value for one in scores[task].values()} == {None}
        assert {one.reason for one in scores[task].values()} == {"no known label"}


def test_a_loss_that_is_not_finite_is_not_taken_for_one_without_labels(ready, network):
    """Else a diverged network would have the loss of a split without labels, which is the best of all."""
    torch.manual_seed(0)
    diverged = build_network(ready.experiment, ready.windows, ready.tasks)
    with torch.no_grad():
        diverged.heads["level"].output.bias.fill_(float("nan"))
        diverged.heads["pair"].output.bias.fill_(float("inf"))
    losses = pool(diverged, feed_of(ready), INDEX, 5).losses
    assert losses[[0, 3]].tolist() == [np.inf, np.inf]
    assert np.isfinite(losses[[1, 2, 4]]).all()


def binary(truth, scores, mask=None) -> Pooled:
    truth = np.array(truth)
    known = np.ones(len(truth), bool) if mask is None else np.array(mask, bool)
    one = Prediction(truth, (np.array(scores) >= 0.5).astype(int), known, np.arange(len(truth)), np.array(scores))
    return Pooled({"loud": one}, np.zeros(1))


def test_the_threshold_comes_from_known_validation_labels_and_is_applied_elsewhere(ready):
    tasks = [task for task in ready.tasks if task.kind == "binary"]
    val = binary([0, 0, 1, 1, 1, 1], [0.05, 0.1, 0.2, 0.3, 0.01, 0.02], mask=[1, 1, 1, 1, 0, 0])
    at = decide(tasks, val)
    assert at == {"loud": pytest.approx(0.15)}
    test = binary([0, 1, 1, 0], [0.14, 0.16, 0.9, 0.4])
    after = decided(tasks, test, at)
    assert after.predictions["loud"].pred.tolist() == [0, 1, 1, 1]
    assert test.predictions["loud"].pred.tolist() == [0, 0, 1, 0]
    found = score(tasks, after)["loud"]["f1"].value
    assert found == pytest.approx(f1_score([0, 1, 1, 0], [0, 1, 1, 1]))


def test_scores_are_those_of_all_windows_at_once(ready, network):
    pooled = pool(network, feed_of(ready), INDEX, 3)
    known = ~MISSING[INDEX]
    truth = ready.windows.targets["level"].values[INDEX][known]
    found = score(ready.tasks, pooled)["level"]["r2"]
    assert found.value == pytest.approx(r2_score(truth, pooled.predictions["level"].pred[known]))
    assert found.n == known.sum()


MORE = {
    "spread": {"kind": "regression", "target": "level", "loss_fn": "gaussian_nll"},
    "range": {"kind": "regression", "target": "pair", "loss_fn": "quantile"},
    "tags": {"kind": "multilabel", "loss_fn": "focal"},
    "grade": {"kind": "ordinal", "target": "tone", "order": ["low", "mid", "high"]},
    "whole": {"kind": "reconstruction", "channels": ["b"]},
}


@pytest.fixture(scope="module")
def more():
    """Every part that a prediction can have, on targets of which one has two labels a window."""
    brought, blocks = source(), experiment(MORE, data={"targets": {name: {"key": name} for name in KEYS}})
    level = np.nan_to_num(brought.columns["level"], nan=5.0)
    tags = np.stack([level > 3, level > 6], axis=1)
    ready = prepare(blocks, replace(brought, columns=brought.columns | {"tags": tags.astype(int)}))
    torch.manual_seed(0)
    return ready, build_network(ready.experiment, ready.windows, ready.tasks)


KEYS = ("level", "pair", "tags", "tone")


@pytest.mark.parametrize("batch_size", [4, 64])
def test_every_part_of_a_prediction_is_pooled(more, batch_size):
    ready, built = more
    found = pool(built, feed_of(ready), INDEX, batch_size).predictions
    n = len(INDEX)
    shapes = {name: (one.truth.shape, one.pred.shape) for name, one in found.items()}
    each = {"spread": (n,), "range": (n, 2), "tags": (n, 2), "grade": (n,), "whole": (n, 1, 32)}
    assert shapes == {name: (shape, shape) for name, shape in each.items()}
    assert found["grade"].score.shape == (n, 3)
    assert (found["tags"].score is None, found["tags"].sd, found["tags"].low) == (False, None, None)
    assert found["tags"].truth.tolist() == ready.windows.targets["tags"].values[INDEX].tolist()
    words = ready.windows.targets["tone"].values[INDEX]
    assert [("low", "mid", "high")[code] for code in found["grade"].truth] == words.tolist()
    for name in ("spread", "range"):
        one = found[name]
        assert (one.low < one.pred).all()
        assert (one.pred < one.high).all()
        assert one.low.shape == one.high.shape == one.pred.shape
    assert found["spread"].sd == pytest.approx((found["spread"].high - found["spread"].pred) / 1.6448536, rel=1e-5)
    assert found["range"].sd is None
    assert found["whole"].truth.tolist() == ready.windows.inputs["signal"].values[INDEX][:, 1:, :32].tolist()


def test_every_kind_is_scored(more):
    ready, built = more
    pooled = pool(built, feed_of(ready), INDEX, 8)
    at = decide(ready.tasks, pooled)
    assert set(at) == {"spread", "range", "tags"}
    assert json.loads(json.dumps(at)) == at
    assert len(at["tags"]) == 2
    after = decided(ready.tasks, pooled, at)
    expected = pooled.predictions["tags"].score >= np.array(at["tags"])
    assert after.predictions["tags"].pred.tolist() == expected.astype(int).tolist()
    scores = score(ready.tasks, after)
    assert {name: next(iter(scores[name])) for name in MORE} == {
        "spread": "r2", "range": "r2", "tags": "auroc", "grade": "macro_f1", "whole": "r2"
    }  # fmt: skip
    assert all(np.isfinite(next(iter(one.values())).value) for one in scores.values())


def test_the_samples_of_a_window_are_at_hand_without_any_label(more):
    ready, built = more
    blind = pool(built, feed_of(ready, labels=False), INDEX, 8).predictions["whole"]
    assert not blind.mask.any()
    assert blind.truth.tolist() == ready.windows.inputs["signal"].values[INDEX][:, 1:, :32].tolist()


def test_columns_of_predictions(more):
    """A reconstruction repeats its input, so only its error is written."""
    ready, built = more
    pooled = pool(built, feed_of(ready), INDEX, 8)
    frame = prediction_frame(ready.tasks, ready.windows, INDEX, pooled, truth=True)
    own = {name: [c.split(".", 1)[1] for c in frame.columns if c.startswith(f"{name}.")] for name in MORE}
    assert own["spread"] == ["truth", "mask", "pred", "sd", "low", "high"]
    pairs = [f"{part}.{i}" for part in ("pred", "low", "high") for i in (0, 1)]
    assert own["range"] == ["truth.0", "truth.1", "mask", *pairs]
    assert own["tags"] == ["truth.0", "truth.1", "mask", "pred.0", "pred.1", "score.0", "score.1"]
    assert own["grade"] == ["truth", "mask", "pred", "score.0", "score.1", "score.2"]
    assert own["whole"] == ["mask", "rmse.0"]
    assert frame["grade.truth"].to_list() == ready.windows.targets["tone"].values[INDEX].tolist()
    assert frame["spread.truth"].is_nan().to_list() == MISSING[INDEX].tolist()
    one = pooled.predictions["whole"]
    rmse = mean_squared_error(one.truth[:, 0].T, one.pred[:, 0].T, multioutput="raw_values") ** 0.5
    assert frame["whole.rmse.0"].to_numpy() == pytest.approx(rmse)


def test_what_the_data_holds_of_each_task_is_described_and_followed_by_step(more):
    ready, _ = more
    described = describe_data(ready)["targets"]
    tags = ready.windows.targets["tags"].values[ready.split["train"]]
    assert described["tags"]["classes"] == ["0", "1"]
    assert list(described["tags"]["counts"]["train"].values()) == tags.sum(axis=0).tolist()
    assert described["grade"]["classes"] == ["low", "mid", "high"]
    assert described["whole"]["known"]["train"] == len(tags)
    columns = composition(ready.windows, ready.tasks, [[INDEX[:5]], [INDEX[5:8], INDEX[8:]]])
    each = ready.windows.targets["tags"].values[INDEX]
    assert columns["count.tags.1"].tolist() == [each[:5, 1].sum(), each[5:, 1].sum()]
    words = ready.windows.targets["tone"].values[INDEX]
    assert columns["count.grade.mid"].tolist() == [(words[:5] == "mid").sum(), (words[5:] == "mid").sum()]
    known = ~MISSING[INDEX[:5]]
    level = ready.windows.targets["level"].values[INDEX[:5]][known]
    assert columns["variance.spread"][0] == pytest.approx(level.var())
