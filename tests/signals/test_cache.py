"""The cache of conversions: what is kept, what is built again, what is never left behind."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from polyhead.errors import InputError
from polyhead.signals import cache
from polyhead.signals.cache import Draft, cache_folder, cache_limit, clear, converted, entries, size_text

from .cases import refused


def raw(path: Path, text: str = "raw") -> Path:
    path.write_text(text)
    return path


def ramp(count: int = 6):
    """A conversion that writes 0, 1, 2, ..."""

    def build(draft: Draft) -> None:
        draft.array("x", (count,), np.float32)[:] = np.arange(count)
        draft.meta["count"] = count

    return build


def never(draft: Draft) -> None:
    raise AssertionError("converted again")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_conversion_is_made_once_and_mapped_read_only(tmp_path):
    file = raw(tmp_path / "a")
    first = converted("r", [file], {"k": [1]}, ramp())
    again = converted("r", [file], {"k": [1]}, never)
    assert again.path == first.path
    assert (again.meta, again.names, again.reader, again.files) == ({"count": 6}, ("x",), "r", (file,))
    np.testing.assert_array_equal(again["x"], np.arange(6, dtype=np.float32))
    assert type(again["x"]) is np.ndarray
    assert not again["x"].flags.writeable
    assert isinstance(again["x"].base, np.memmap)
    with pytest.raises(KeyError):
        again["y"]


def test_what_it_depends_on_is_converted_again(tmp_path):
    one, two = raw(tmp_path / "a"), raw(tmp_path / "b")
    known = {converted("r", [one], {}, ramp()).path}
    for reader, files, options in [("s", [one], {}), ("r", [two], {}), ("r", [one, two], {}), ("r", [one], {"k": 1})]:
        path = converted(reader, files, options, ramp()).path
        assert path not in known
        known.add(path)
    status = one.stat()
    one.write_text("War")  # as long as before, in the same nanosecond: only then nothing tells
    os.utime(one, ns=(status.st_atime_ns, status.st_mtime_ns))
    converted("r", [one], {}, never)
    os.utime(one, ns=(status.st_atime_ns, status.st_mtime_ns + 1))
    assert converted("r", [one], {}, ramp()).path not in known


def test_arrays_of_unknown_length_text_and_odd_names(tmp_path):
    blocks = [np.full((n, 2), n, np.int64) for n in (3, 0, 100_000)]

    def build(draft: Draft) -> None:
        grower = draft.grow("group/x %", (2,), np.float32)
        for block in blocks:
            grower.append(block)
        with pytest.raises(ValueError, match="appended"):
            grower.append(np.zeros((2, 3)))
        draft.grow("none", (), np.int8)
        draft.array("empty", (0, 3), np.float64)
        draft.save("words", np.array(["größe", ""]))

    entry = converted("r", [raw(tmp_path / "a")], {}, build)
    assert set(entry.names) == {"group/x %", "none", "empty", "words"}
    np.testing.assert_array_equal(entry["group/x %"], np.concatenate(blocks).astype(np.float32))
    assert entry["words"].tolist() == ["größe", ""]
    assert (entry["none"].shape, entry["none"].dtype) == ((0,), np.int8)
    assert (entry["empty"].shape, entry["empty"].dtype) == ((0, 3), np.float64)


def test_python_objects_are_never_written(tmp_path):
    def build(draft: Draft) -> None:
        draft.save("x", np.array([{}], dtype=object))

    with pytest.raises(ValueError, match=r"[Oo]bject"):
        converted("r", [raw(tmp_path / "a")], {}, build)


@pytest.mark.parametrize("error", [InputError("bad cell"), KeyboardInterrupt(), ZeroDivisionError()])
def test_a_conversion_that_fails_leaves_nothing(tmp_path, own_cache, error):
    def build(draft: Draft) -> None:
        draft.array("x", (10,), np.float32)
        raise error

    with pytest.raises(type(error)):
        converted("r", [raw(tmp_path / "a")], {}, build)
    assert names(own_cache) == []


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path, own_cache):
    file = raw(tmp_path / "a")
    refused(lambda: converted("r", [file], {}, lambda draft: raw(file, "longer") and None), "changed while", "a:")
    assert names(own_cache) == []


def test_a_disk_known_to_be_too_small_is_refused_before_anything_is_written(tmp_path, own_cache):
    error = refused(lambda: converted("r", [raw(tmp_path / "a")], {}, never, size=10**18), "no room for 1e.09 GB")
    assert error.where == str(own_cache)
    assert "POLYHEAD_CACHE" in error.do
    assert names(own_cache) == []


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EFBIG])
def test_a_disk_that_fills_up_is_one_clear_line(tmp_path, own_cache, monkeypatch, number):
    def full(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    def build(draft: Draft) -> None:
        draft.array("x", (10**6,), np.float32)

    monkeypatch.setattr(os, "posix_fallocate", full)
    refused(lambda: converted("r", [raw(tmp_path / "a")], {}, build), "no room for 4 MB", "POLYHEAD_CACHE")
    assert names(own_cache) == []


@pytest.mark.parametrize("how", ["array('x', (10**6,), 'f4')", "grow('x', (), 'f4').append(np.zeros(10**6))"])
def test_a_limit_of_the_system_is_one_clear_line(tmp_path, own_cache, how):
    """A real write that fails, in a process of its own: mapped holes would kill it."""
    code = f"""
import resource, sys
import numpy as np
from pathlib import Path
from polyhead.errors import InputError
from polyhead.signals.cache import converted
resource.setrlimit(resource.RLIMIT_FSIZE, (10**6, 10**6))
try:
    converted("r", [Path({str(raw(tmp_path / "a"))!r})], {{}}, lambda draft: draft.{how})
except InputError as error:
    print(error.line)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "no room for 4 MB" in done.stdout
    assert names(own_cache) == []


def test_a_folder_that_cannot_be_made_is_one_clear_line(tmp_path, monkeypatch):
    monkeypatch.setenv("POLYHEAD_CACHE", str(raw(tmp_path / "a") / "below"))
    refused(lambda: converted("r", [tmp_path / "a"], {}, never), "cannot be written", "set POLYHEAD_CACHE")


def test_what_a_killed_process_left_is_removed(tmp_path, own_cache):
    file = raw(tmp_path / "a")
    code = f"""
import time
import numpy as np
from pathlib import Path
from polyhead.signals.cache import converted
def build(draft):
    draft.array("x", (10**6,), np.float32)[:] = 1
    print("half", flush=True)
    time.sleep(60)
converted("r", [Path({str(file)!r})], {{}}, build)
"""
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert process.stdout is not None
    with process.stdout:
        process.stdout.readline()
        (draft,) = own_cache.glob("*.draft")
        converted("other", [file], {}, ramp())
        assert draft.exists()  # its process lives
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert entries()[0].reader == "other"
    converted("another", [file], {}, ramp())
    assert not draft.exists()
    assert converted("r", [file], {}, ramp()).meta == {"count": 6}


def test_what_a_killed_conversion_of_the_same_left_is_removed(tmp_path, own_cache):
    file = raw(tmp_path / "a")
    place = converted("r", [file], {}, ramp()).path
    clear()
    left = own_cache / f"{place.name}.x.draft"
    left.mkdir()
    converted("r", [file], {}, ramp())
    assert names(own_cache) == [place.name]


def test_two_at_once_build_once(tmp_path, own_cache):
    file, built = raw(tmp_path / "a"), []

    def build(draft: Draft) -> None:
        built.append(1)
        time.sleep(0.2)
        ramp()(draft)

    results: list[cache.Entry] = []
    threads = [threading.Thread(target=lambda: results.append(converted("r", [file], {}, build))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(built) == 1
    assert [entry["x"].tolist() for entry in results] == [[0, 1, 2, 3, 4, 5]] * 4
    assert names(own_cache) == [results[0].path.name]


def test_two_processes_at_once_build_once(tmp_path, own_cache):
    code = f"""
import time
from pathlib import Path
from polyhead.signals.cache import converted
def build(draft):
    print("built", flush=True)
    time.sleep(0.5)
    draft.array("x", (6,), "f4")[:] = 7
print(converted("r", [Path({str(raw(tmp_path / "a"))!r})], {{}}, build)["x"].sum())
"""
    both = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) for _ in range(2)]
    printed = "".join(process.communicate()[0] for process in both)
    assert printed.count("built") == 1
    assert printed.count("42.0") == 2


def test_without_locks_the_faster_one_wins(tmp_path, monkeypatch):
    file = raw(tmp_path / "a")

    def unsupported(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    def build(draft: Draft) -> None:
        converted("r", [file], {}, ramp(3))  # another process, faster
        ramp(6)(draft)

    monkeypatch.setattr("polyhead.signals.lock.fcntl.flock", unsupported)
    assert converted("r", [file], {}, build).meta == {"count": 3}


@pytest.mark.parametrize("damage", ["array", "description", "missing"])
def test_an_entry_that_was_tampered_with_is_made_again(tmp_path, damage):
    file = raw(tmp_path / "a")
    path = converted("r", [file], {}, ramp()).path
    if damage == "array":
        (path / "x.npy").write_bytes(b"")
    elif damage == "missing":
        (path / "x.npy").unlink()
    else:
        (path / "entry.json").write_text("{")
    assert converted("r", [file], {}, ramp())["x"].tolist() == [0, 1, 2, 3, 4, 5]


def test_the_least_recently_used_go_first_and_the_newest_stays(tmp_path, monkeypatch):
    size = 128 + 4 * 1000
    monkeypatch.setenv("POLYHEAD_CACHE_GB", str(2.5 * size / 1e9))
    file = raw(tmp_path / "a")
    for number, name in enumerate("abc"):
        if name == "c":
            converted("a", [file], {}, never)  # used again, so b is the oldest
            os.utime(converted("a", [file], {}, never).path / "used", (10, 10))
        path = converted(name, [file], {}, ramp(1000)).path
        if name != "c":
            os.utime(path / "used", (number, number))
    assert [entry.reader for entry in entries()] == ["c", "a"]
    monkeypatch.setenv("POLYHEAD_CACHE_GB", "0")
    converted("d", [file], {}, ramp())
    assert [entry.reader for entry in entries()] == ["d"]


def test_what_is_in_use_is_not_removed(tmp_path, monkeypatch):
    file = raw(tmp_path / "a")
    held = converted("held", [file], {}, ramp())
    values = converted("mapped", [file], {}, ramp())["x"]
    view = values[2:]
    del values
    converted("free", [file], {}, ramp())
    assert [entry.reader for entry in clear()] == ["free"]
    del held
    assert [entry.reader for entry in clear()] == ["held"]
    del view
    assert [entry.reader for entry in clear()] == ["mapped"]
    assert entries() == clear() == []


def test_folder_and_limit_come_from_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("POLYHEAD_CACHE_GB", "1.5")
    assert cache_limit() == 1_500_000_000
    for bad in ("many", "-1", "inf", "nan"):
        monkeypatch.setenv("POLYHEAD_CACHE_GB", bad)
        refused(cache_limit, "POLYHEAD_CACHE_GB: expected a number of gigabytes", bad)
    monkeypatch.delenv("POLYHEAD_CACHE_GB")
    assert cache_limit() == 50_000_000_000
    monkeypatch.delenv("POLYHEAD_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "polyhead"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache_folder() == tmp_path / ".cache" / "polyhead"
    assert entries() == clear() == []


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 bytes"), (999, "999 bytes"), (1500, "1.5 kB"), (2.13e9, "2.13 GB"), (34e6, "34 MB")]
)
def test_sizes_in_words(size, text):
    assert size_text(int(size)) == text
