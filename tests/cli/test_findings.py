"""check, diagnose and explain-check: what they print in each format, what they write, and how they end."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from polyhead.cli.entry import completed, run
from polyhead.config.document import Document
from polyhead.config.experiment_file import load_experiment
from polyhead.diagnosis import catalogue
from polyhead.diagnosis.check import Check
from polyhead.diagnosis.finding import Fact, Finding, Fix, Scope
from polyhead.diagnosis.page import HEADINGS
from polyhead.trace.folder import RunFolder

from ..machine import write_config

FROZEN = Path(__file__).parent.parent / "diagnosis" / "frozen" / "machines"
DOC = "Always there.\n\n" + "\n\n".join(f"{heading}\n    Text of it." for heading in HEADINGS)
ODD = "odd | <b>\x01 & `code` *star*\nsecond line"


def judged(task: str) -> Finding | None:
    if task != "life":
        return None
    return Finding(
        "warning",
        f"life: {ODD}",
        Scope(task="life", key="tasks.life.bounds"),
        (Fact("width | of it", 1.05, (1.0, 1.1), 0.5, "by hand"), Fact("unknown", float("nan"))),
        fixes=(Fix("narrow it", {"tasks.life.bounds": [0.0, 1.0]}, "it is gone"), Fix("think", {}, "insight.")),
    )


def measured(case: Any) -> Iterator[str]:
    yield from case.tasks


class Point:
    """An entry point as installed packages have them."""

    def __init__(self, check: Any, name: str = "plugged") -> None:
        self.name, self.value, self._check = name, f"package:{name}", check

    def load(self) -> Any:
        if isinstance(self._check, Exception):
            raise self._check
        return self._check


@pytest.fixture
def plug(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A function that installs a check, as a package would."""

    def install(check: Any) -> None:
        monkeypatch.setattr(
            catalogue, "entry_points", lambda group: [Point(check)] if group == catalogue.ENTRY_POINTS else []
        )
        catalogue.all_checks.cache_clear()

    yield install
    catalogue.all_checks.cache_clear()


@pytest.fixture
def odd(plug: Any) -> Check[str]:
    """A check that finds something in the task `life` of every case, in odd words."""
    check = Check("odd-words", ("config",), "static", measured, judged, DOC)
    plug(check)
    return check


@pytest.fixture
def frozen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A healthy finished run, below the working folder."""
    shutil.copytree(FROZEN, tmp_path / "runs" / "one")
    (tmp_path / "runs" / "one" / "findings.json").unlink(missing_ok=True)
    monkeypatch.chdir(tmp_path)
    return Path("runs/one")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set whose `bad` follows from `state`, which is a warning, and its experiment."""
    folder = tmp_path_factory.mktemp("my data [1]")
    write_config(folder)
    return folder


def said(capsys: pytest.CaptureFixture[str], *arguments: object, code: int = 0) -> str:
    """What a command prints as its result."""
    capsys.readouterr()
    assert run([str(one) for one in arguments]) == code
    return capsys.readouterr().out


def refused(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """The one line of a command that could not be done."""
    capsys.readouterr()
    assert run([str(one) for one in arguments]) == 2
    output = capsys.readouterr()
    assert output.out == ""
    (line,) = output.err.splitlines()
    return line


def line_of(config: Path, text: str) -> int:
    return 1 + next(i for i, line in enumerate(config.read_text().splitlines()) if text in line)


def accept(run: Path, id: str, **more: str) -> None:
    """Accept a finding in a run's config."""
    document = Document.read(run / "config.yaml")
    document.set("diagnose", {"ignore": [{"id": id, "reason": "by design"} | more]})
    document.write(run / "config.yaml")


def test_check_names_file_line_and_edit_at_eighty_columns(capsys, folder, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    config = folder / "machine.yaml"
    text = said(capsys, "check", config, "--fail-on", "warning", code=1)
    assert max(len(line) for line in text.splitlines() if str(folder) not in line) <= 80
    assert f"{config}:{line_of(config, 'bad:')}: bad:" in " ".join(text.split())
    assert "data.targets.bad.derived_from=state" in text
    assert "audit:\n   A1 passed" in text
    assert "not checked:" in text
    assert "nothing has been trained" in text
    assert text.rstrip().endswith("windows of 64 samples, split by group, seed 42")


def test_sarif_of_check_points_at_the_line_and_its_fix_applies(capsys, folder, monkeypatch):
    """The replacement of the deleted region gives a file that says what the patch says and else what it said."""
    monkeypatch.chdir(folder)
    before = Document.read(Path("machine.yaml"))
    text = said(capsys, "check", "machine.yaml", "train.epochs=7", "--format", "sarif")
    (log,) = json.loads(text)["runs"]
    assert json.loads(text)["version"] == "2.1.0"
    rules = log["tool"]["driver"]["rules"]
    (result,) = [one for one in log["results"] if one["ruleId"] == "proxy-label"]
    assert rules[result["ruleIndex"]]["id"] == "proxy-label"
    assert (result["level"], result["kind"], result["baselineState"]) == ("warning", "fail", "new")
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "machine.yaml"
    assert place["region"]["startLine"] == line_of(Path("machine.yaml"), "bad:")
    derived, without = [patched(fix, Path("machine.yaml")) for fix in result["fixes"]]
    assert derived["data"]["targets"]["bad"]["derived_from"] == "state"
    assert without["tasks"]["bad"]["enabled"] is False
    for values in (derived, without):
        assert values["train"] == before.values["train"], "an override of the command is not part of the fix"
        assert values["data"]["path"] == before.values["data"]["path"]
    unseen = [one for one in log["results"] if one["kind"] == "notApplicable"]
    assert {one["ruleId"] for one in unseen} >= {"below-floor", "non-finite"}
    assert all(one["level"] == "none" and "not checked" in one["message"]["text"] for one in unseen)


def patched(fix: dict[str, Any], file: Path) -> dict[str, Any]:
    """The values of a configuration after a SARIF fix, whose regions count lines and columns from 1."""
    (change,) = fix["artifactChanges"]
    (one,) = change["replacements"]
    assert change["artifactLocation"]["uri"] == file.name
    region, lines = one["deletedRegion"], file.read_text().split("\n")
    assert (region["startLine"], region.get("startColumn", 1)) == (1, 1)
    rest = [lines[region["endLine"] - 1][region["endColumn"] - 1 :], *lines[region["endLine"] :]]
    after = file.with_name("patched.yaml")
    after.write_text(one["insertedContent"]["text"] + "\n".join(rest))
    return load_experiment(after).document.values


def test_json_holds_the_whole_finding(capsys, frozen, odd):
    value = json.loads(said(capsys, "diagnose", frozen, "--format", "json"))
    (finding,) = value["findings"]
    assert finding["id"] == "odd-words"
    assert finding["what"] == f"life: {ODD}"
    assert finding["scope"]["where"] == f"runs/one/config.yaml:{line_of(frozen / 'config.yaml', 'bounds:')}"
    assert finding["evidence"][0]["interval"] == [1.0, 1.1]
    assert finding["evidence"][1]["value"] is None
    assert finding["fixes"][0]["patch"] == {"tasks.life.bounds": [0.0, 1.0]}
    assert value["checks"]["odd-words"] == "ran"
    assert value["checks"]["negative-transfer"] == "skipped: needs trials"


def test_junit_is_xml_that_holds_odd_words_and_fails_where_asked(capsys, frozen, odd):
    for fail_on, failures, code in (("error", 0, 0), ("warning", 1, 1)):
        text = said(capsys, "diagnose", frozen, "--format", "junit", "--fail-on", fail_on, code=code)
        suite = ElementTree.fromstring(text.encode())
        cases = {one.get("classname"): one for one in suite}
        assert len(cases) == int(suite.get("tests") or 0) == len(catalogue.all_checks())
        assert int(suite.get("failures") or -1) == failures
        assert int(suite.get("skipped") or -1) == sum(one.find("skipped") is not None for one in suite) > 0
        spoken = cases["polyhead.odd-words"]
        body = spoken.find("failure" if failures else "system-out")
        assert body is not None
        assert "odd | <b>? & `code` *star*\nsecond line" in (body.text or "")
        assert [one.get("name") for one in spoken.iter("property")] == ["width | of it", "unknown"]
        waiting = cases["polyhead.negative-transfer"].find("skipped")
        assert waiting is not None
        assert waiting.get("message") == "needs trials"
        assert len(cases["polyhead.overfitting"]) == 0


def test_markdown_rows_have_as_many_cells_as_their_heads(capsys, frozen, odd):
    text = said(capsys, "diagnose", frozen, "--format", "markdown")
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) == 3
    assert {len(cells(row)) for row in rows} == {4}
    assert cells(rows[2])[3] == "life: odd | \\<b\\>\x01 & `code` \\*star\\* second line"
    assert "(`'tasks.life.bounds=[0.0, 1.0]'`)" in text
    assert f"`runs/one/config.yaml:{line_of(frozen / 'config.yaml', 'bounds:')}`:" in text


def cells(row: str) -> list[str]:
    """The cells of a row of a table as GFM reads them: a bar behind a backslash is text."""
    marked = row.replace("\\|", "\0").strip().strip("|")
    return [cell.strip().replace("\0", "|") for cell in marked.split("|")]


def test_text_of_odd_words(capsys, frozen, odd, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    text = said(capsys, "diagnose", frozen)
    assert max(map(len, text.splitlines())) <= 80
    assert "1. warning odd-words: runs/one/config.yaml:" in text
    assert "evidence: unknown nan" in text
    assert "try: think. Expect: insight.\n" in text


@pytest.mark.parametrize(
    ("fail_on", "code"),
    [([], 0), (["--fail-on", "error"], 0), (["--fail-on", "warning"], 1), (["--fail-on", "note"], 1)],
)
def test_what_fails_a_command(capsys, frozen, odd, fail_on, code):
    said(capsys, "diagnose", frozen, "--select", "odd-words", *fail_on, code=code)


def test_config_says_what_fails(capsys, frozen, odd):
    document = Document.read(frozen / "config.yaml")
    document.set("diagnose", {"fail_on": "warning"})
    document.write(frozen / "config.yaml")
    said(capsys, "diagnose", frozen, "--select", "odd-words", code=1)
    said(capsys, "diagnose", frozen, "--select", "odd-words", "--fail-on", "error")


def test_several_names_behind_select_and_ignore(capsys, frozen, odd):
    def asked(*arguments: object) -> list[str]:
        return list(json.loads(said(capsys, "diagnose", *arguments, "--format", "json"))["checks"])

    assert asked("--select", "odd-words", "below-floor", frozen) == ["below-floor", "odd-words"]
    both = ["--ignore", "odd-words", "below-floor"]
    assert asked(frozen, "--select", "odd-words,below-floor", "overfitting", *both) == ["overfitting"]
    everything = [one.id for one in catalogue.all_checks()]
    assert asked(frozen, *both) == [id for id in everything if id not in both]


def test_a_log_may_stand_behind_names_of_checks(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("log").mkdir()
    words = ["diagnose", "--select", "below-floor", "overfitting", "log"]
    assert completed(words) == ["diagnose", "--select", "below-floor overfitting", "log"]
    words = ["train", "a.yaml", "--tasks", "fault", "log", "train.epochs=3"]
    assert completed(words) == ["train", "a.yaml", "--tasks", "fault log", "train.epochs=3"]


@pytest.mark.parametrize("option", ["--select", "--ignore"])
def test_unknown_name_gets_a_suggestion(capsys, frozen, option):
    assert refused(capsys, "diagnose", frozen, option, "below-flor") == (
        "polyhead: no check 'below-flor'; did you mean below-floor?"
    )
    assert refused(capsys, "explain-check", "below-flor").endswith("did you mean below-floor?")
    assert "names no check" in refused(capsys, "diagnose", frozen, option, ",")


def test_baseline(capsys, frozen, odd):
    asked = ["diagnose", frozen, "--fail-on", "warning", "--baseline", "old.json"]
    assert "no such baseline" in refused(capsys, *asked)
    said(capsys, *asked, "--update-baseline")
    text = said(capsys, *asked)
    assert "nothing found (1 accepted or old)" in text
    assert "in the baseline" in text
    (log,) = json.loads(said(capsys, *asked, "--format", "sarif"))["runs"]
    assert [one["baselineState"] for one in log["results"] if one["ruleId"] == "odd-words"] == ["unchanged"]
    Path("old.json").write_text('{"layout": 1, "fingerprints": {}}')
    said(capsys, *asked, code=1)


def test_baseline_is_not_written_without_a_name(capsys, frozen):
    assert "--baseline FILE" in refused(capsys, "diagnose", frozen, "--update-baseline")
    assert not (frozen / "findings.json").exists()


def test_accepted_finding_stays_visible_in_every_format(capsys, frozen, odd):
    accept(frozen, "odd-words", task="life", until="2999-12-31")
    asked = ["diagnose", frozen, "--fail-on", "note"]
    assert "odd-words (life): life: odd" not in said(capsys, *asked)
    assert "accepted: by design" in said(capsys, *asked)
    assert json.loads(said(capsys, *asked, "--format", "json"))["findings"][0]["state"] == "suppressed"
    (log,) = json.loads(said(capsys, *asked, "--format", "sarif"))["runs"]
    (result,) = [one for one in log["results"] if one["ruleId"] == "odd-words"]
    assert result["suppressions"] == [{"kind": "external", "justification": "by design"}]
    suite = ElementTree.fromstring(said(capsys, *asked, "--format", "junit").encode())
    (case,) = [one for one in suite if one.get("classname") == "polyhead.odd-words"]
    assert case.find("failure") is None
    assert [one.get("message") for one in case.iter("skipped")] == ["accepted: by design"]
    assert "(accepted: by design)" in said(capsys, *asked, "--format", "markdown")


def test_acceptance_that_is_over_counts_again_and_says_so(capsys, frozen, odd):
    accept(frozen, "odd-words", until="2020-01-31")
    text = said(capsys, "diagnose", frozen, "--fail-on", "warning", code=1)
    assert "was accepted until 2020-01-31: by design" in " ".join(text.split())


def test_what_is_accepted_in_vain_is_told(capsys, frozen):
    accept(frozen, "below-floor", task="life")
    text = " ".join(said(capsys, "diagnose", frozen).split())
    assert "below-floor of life is accepted in diagnose.ignore, but not found" in text
    text = " ".join(said(capsys, "diagnose", frozen, "--select", "overfitting").split())
    assert "but not found" not in text, "it was not looked for"


def test_unknown_id_in_the_config_is_named_by_line(capsys, frozen):
    accept(frozen, "below-flor")
    line = refused(capsys, "diagnose", frozen)
    place = f"runs/one/config.yaml:{line_of(frozen / 'config.yaml', 'below-flor')}"
    assert line == f"polyhead: {place}: diagnose.ignore: no check 'below-flor'; did you mean below-floor?"


def test_findings_json_is_whole_and_of_all_checks(capsys, frozen, odd):
    said(capsys, "diagnose", frozen, "--select", "odd-words")
    assert not (frozen / "findings.json").exists(), "a part of the checks is no diagnosis of the run"
    text = said(capsys, "diagnose", frozen, "--format", "json")
    held = RunFolder(frozen).read("findings.json")
    assert {name: held[name] for name in json.loads(text)} == json.loads(text)
    assert not list(frozen.glob(".*.draft"))


def test_a_run_in_use_is_left_alone(capsys, frozen, odd):
    before = {path: path.stat().st_mtime_ns for path in frozen.rglob("*")}
    with RunFolder(frozen).lock():
        held = (frozen / ".lock").read_text()
        assert "odd-words" in said(capsys, "diagnose", frozen)
        assert (frozen / ".lock").read_text() == held
    after = {path: path.stat().st_mtime_ns for path in frozen.rglob("*")}
    changed = {path.name for path in before | after if before.get(path) != after.get(path)}
    assert changed <= {".lock", frozen.name}


def test_a_config_of_another_program_in_the_folder_of_a_log(capsys, tmp_path):
    (tmp_path / "config.yaml").write_text("trainer: {max_epochs: 3}\ndiagnose: 3\n")
    (tmp_path / "metrics.csv").write_text("epoch,train_loss,val_loss\n0,1.0,1.1\n1,0.9,1.0\n2,0.8,0.9\n")
    assert "checks looked" in said(capsys, "diagnose", tmp_path)


def test_a_plugged_check_that_breaks_is_one_line_beside_the_others(capsys, frozen, plug):
    def broken(case: Any) -> Iterator[str]:
        yield str(case.nothing)

    plug(Check("my-check", ("config",), "static", broken, judged, DOC))
    text = " ".join(said(capsys, "diagnose", frozen).split())
    assert "the check itself failed (AttributeError: 'Case' object has no attribute 'nothing'): my-check" in text
    assert "fault beats its floor" in text


@pytest.mark.parametrize(
    ("plugged", "line"),
    [
        (ImportError("No module named 'lost'"), "check plugged: cannot be loaded (No module named 'lost')"),
        (object(), "check plugged (package:plugged): is no Check"),
        (Check("below-floor", (), "static", measured, judged, DOC), "has the id of ours, below-floor"),
    ],
)
def test_a_plugged_check_that_cannot_be_used_is_one_line(capsys, frozen, plug, plugged, line):
    plug(plugged)
    found = refused(capsys, "diagnose", frozen)
    assert line in found
    assert found.endswith("mend or remove its package")


def test_training_refuses_whatever_is_accepted(capsys, folder, tmp_path):
    config = tmp_path / "accepting.yaml"
    text = (folder / "machine.yaml").read_text()
    config.write_text(text + "diagnose: {ignore: [{id: head-range, reason: by design}]}\n")
    result = said(capsys, "check", config, "tasks.wear.bounds=[0, 1]", code=1)
    assert "error head-range" in result
    assert "outside bounds" in " ".join(result.split())


def test_explain_check(capsys, odd):
    text = said(capsys, "explain-check", "below-floor")
    assert text.startswith("below-floor: ")
    assert [line for line in text.splitlines() if line in HEADINGS] == list(HEADINGS)
    value = json.loads(said(capsys, "explain-check", "below-floor", "--format", "json"))
    assert list(value["page"]) == list(HEADINGS)
    listed = said(capsys, "explain-check", "list")
    assert "balance between tasks:\n   loss-dominance" in listed
    assert "of installed packages:\n   odd-words" in listed
    rows = json.loads(said(capsys, "explain-check", "list", "--format", "json"))["checks"]
    assert len(rows) == len(catalogue.all_checks())


WITHOUT_TORCH = """
import sys
from polyhead.cli.entry import run
assert run(sys.argv[1:]) in (0, 1)
assert not {"torch", "lightning_fabric"} & set(sys.modules), "torch came along"
"""


def test_diagnosis_of_a_table_needs_no_torch(tmp_path):
    table = tmp_path / "table.csv"
    table.write_text("task,metric,value,floor\nlife,r2,-0.2,0.0\nfault,macro_f1,0.9,0.2\n")
    for arguments in (["diagnose", str(table)], ["explain-check", "below-floor"]):
        command = [sys.executable, "-c", WITHOUT_TORCH, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert "floor" in done.stdout


def test_help_loads_neither_checks_nor_torch():
    """What makes it slow is what it loads; a clock would measure the machine's other work."""
    code = "import sys\nfrom polyhead.cli.entry import run\nrun(['--help'])\nprint(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stderr.split())
    heavy = {"torch", "numpy", "polars", "scipy", "polyhead.diagnosis.catalogue", "polyhead.diagnosis.case"}
    assert not loaded & heavy


def test_the_newest_run_of_a_folder_is_diagnosed_as_if_it_were_named(capsys, frozen, odd):
    document = Document.read(frozen / "config.yaml")
    document.set("diagnose", {"fail_on": "warning"})
    document.write(frozen / "config.yaml")
    text = said(capsys, "diagnose", "runs", code=1)
    assert text.startswith("runs/one: 1 warning")
    assert (frozen / "findings.json").is_file()
