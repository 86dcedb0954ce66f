"""Every command that a page shows was run here, in order, and printed what the page shows of it."""

from __future__ import annotations

import os
import re
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from polyhead import api
from polyhead.training.watcher import EpochReport, InterruptedRunError, Watcher

from .agreement import missing
from .declared import declared, fault
from .pages import DOCS, ROOT, Block, Command, blocks, name_of, page_commands, pages, steps
from .running import Outcome, carry_out, run_line

SHARED = "polyhead train pumps.yaml train.epochs=3"
TUTORIAL = DOCS / "tutorial" / "index.md"
TOLD = [(name_of(page), one.line, declared(name_of(page), one.line)) for page in pages() for one in page_commands(page)]
RUN = [ROOT / page for page in dict.fromkeys(page for page, _, reason in TOLD if reason is None)]
SNIPPETS = [page for page in pages() if any(one.language == "python" for one in blocks(page))]
RUN += [page for page in SNIPPETS if page not in RUN and page.is_relative_to(DOCS)]
SLOW = [ROOT / page for page in dict.fromkeys(page for page, _, reason in TOLD if reason is not None and reason.slow)]
PARSED = [(page, line) for page, line, reason in TOLD if reason is not None]


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """As the pages were printed: sums over more threads round differently, and training amplifies that."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(autouse=True)
def as_wide_as_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines break where the pages show it, whatever the terminal of whoever runs the tests."""
    monkeypatch.setenv("COLUMNS", "100")


@pytest.fixture(scope="session")
def pumps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tutorial's csv and its mended config, which the other pages begin with."""
    folder = tmp_path_factory.mktemp("pumps")
    for block in blocks(TUTORIAL):
        if block.file in ("make_pumps.py", "pumps.yaml"):
            (folder / block.file).write_text(block.text.replace("unit: h", "unit: h, missing: [9999]"))
    assert run_line("python make_pumps.py", folder).code == 0
    return folder


@pytest.fixture(scope="session")
def trained(pumps: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Outcome]:
    """What the training that several pages begin with leaves and prints; equal runs are equal, so once is enough."""
    folder = tmp_path_factory.mktemp("trained")
    shutil.copytree(pumps, folder, dirs_exist_ok=True)
    return folder, run_line(SHARED, folder)


@pytest.fixture
def folder(tmp_path: Path, pumps: Path, request: pytest.FixtureRequest) -> Path:
    """A folder of the page's own, with what its reader has by then."""
    page = request.getfixturevalue("page")
    if page != TUTORIAL:
        shutil.copytree(pumps, tmp_path, dirs_exist_ok=True)
    if page == DOCS / "howto" / "resume.md":
        _interrupt(tmp_path)
        _interrupt(tmp_path)
    return tmp_path


@pytest.mark.parametrize("page", RUN, ids=name_of)
def test_what_a_page_shows_happens(page: Path, folder: Path, request: pytest.FixtureRequest) -> None:
    for step in steps(page):
        if isinstance(step, Block):
            carry_out(step, folder)
        elif declared(name_of(page), step.line) is None:
            begins = page != TUTORIAL and step.line == SHARED and not (folder / "runs").exists()
            _see(step, _begun(folder, *request.getfixturevalue("trained")) if begins else run_line(step.line, folder))


@pytest.mark.slow
@pytest.mark.parametrize("page", SLOW, ids=name_of)
def test_what_a_page_shows_happens_also_where_it_takes_long(page: Path, folder: Path) -> None:
    for step in steps(page):
        if isinstance(step, Block):
            carry_out(step, folder)
        elif (reason := declared(name_of(page), step.line)) is None or reason.slow:
            _see(step, run_line(step.line, folder))


@pytest.mark.parametrize(("page", "line"), PARSED)
def test_what_is_not_run_with_every_suite_could_be(page: str, line: str) -> None:
    """The command and its options exist, the script is there."""
    assert fault(line, ROOT) is None


def test_every_reason_has_a_command_and_no_page_indents_one() -> None:
    for page in pages():
        indented = [one for one in page_commands(page, indented=True) if page.name != "README.md"]
        assert not indented, (page, indented)
    assert fault("polyhead trane pumps.yaml", ROOT)
    assert fault("polyhead train pumps.yaml --bogus", ROOT)
    assert fault("make nothing", ROOT)
    assert fault("python benchmarks/nothing.py", ROOT)
    assert missing("a 1.0 b\nc 3", "a 1.05 b\nc 4") == ["c 3"]
    row = "fault macro_f1 0.680 0.45 .. 0.837 0.167 (majority) 0.616 84"
    assert not missing(row, "fault macro_f1 0.869 0.677 .. 0.969 0.167 (majority) 0.842 84")
    for other in (row.replace("84", "85"), row.replace("0.167", "0.4"), row.replace("majority", "prior"), row[:-2]):
        assert missing(row, other) == [row]


def _begun(folder: Path, trained: Path, outcome: Outcome) -> Outcome:
    """Bring the runs of the shared training into a page's folder."""
    shutil.copytree(trained / "runs", folder / "runs")
    return outcome


def _see(command: Command, outcome: Outcome) -> None:
    """A command ended as the page says and printed what it shows."""
    assert outcome.code == _code(command.shown), f"{command.line}\n{outcome.printed}"
    absent = missing(command.shown, outcome.printed)
    assert not absent, f"{command.line}\nnot printed: {absent}\nprinted:\n{outcome.printed}"


def _code(shown: str) -> int:
    """The exit code that goes with what a page shows: 2 beside a line of polyhead's, 1 beside a finding."""
    lines = shown.splitlines()
    if any(line.startswith("polyhead: ") for line in lines):
        return 2
    return 1 if any(re.match(r"(\d+\. )?error ", line) for line in lines) else 0


class _Stopping(Watcher):
    """Asks the run to stop after its first epoch, as Ctrl-C does."""

    def on_epoch(self, report: EpochReport) -> None:
        os.kill(os.getpid(), signal.SIGINT)


def _interrupt(folder: Path) -> None:
    """Leave a run that was interrupted, of a config that takes a second."""
    config = folder / "pumps.yaml"
    config.write_text(config.read_text().replace("epochs: 20", "epochs: 2"))
    with pytest.raises(InterruptedRunError):
        api.train(config, out=folder / "runs", watcher=_Stopping())
