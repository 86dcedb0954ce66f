"""What trackers are told of a run, and its configuration as flat keys."""

from __future__ import annotations

from polyhead.tracking.card import card_of, flat

from .cases import experiment, run_folder


def test_a_run(tmp_path):
    run = run_folder(tmp_path / "machine" / "20260101-120000")
    one = experiment(notes="first try", tags=["a", "b"], hypothesis="wear needs weight", seed=7)
    card = card_of(one, run)
    assert (card.name, card.group, card.notes, card.tags) == ("20260101-120000", "machine", "first try", ("a", "b"))
    facts = dict(card.facts)
    assert facts.pop("polyhead").count(".") >= 1
    assert facts == {
        "name": "machine",
        "seed": "7",
        "folder": str(run),
        "fingerprint.data": "d1",
        "fingerprint.split": "s1",
        "fingerprint.labels": "l1",
        "hypothesis": "wear needs weight",
    }


def test_a_fold_says_which_and_of_what(tmp_path):
    whole = tmp_path / "machine" / "20260101-120000"
    card = card_of(experiment(), run_folder(whole / "folds" / "03"))
    assert (card.name, card.group) == ("20260101-120000 fold 03", "20260101-120000")
    assert (card.facts["fold"], card.facts["parent"]) == ("03", "20260101-120000")
    assert card.config["data"]["split"]["fold"] == 3


def test_flat_keys():
    config = {"a": {"b": {"c": 1}, "d": None, "e": []}, "f": "text", "g": [1, "x"], "h": False, "i": {}}
    assert dict(flat(config)) == {"a.b.c": "1", "f": "text", "g": '[1, "x"]', "h": "false"}
