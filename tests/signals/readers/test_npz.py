"""Arrays of an .npz file: what is read, what is mapped, what is refused."""

from __future__ import annotations

import contextlib
import io
import mmap
import pickle
import tracemalloc
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from polyhead.errors import InputError
from polyhead.signals.assembly import assemble
from polyhead.signals.readers import npz
from polyhead.signals.readers.npz import read

from ..cases import options, refused

SIGNAL = np.random.default_rng(0).normal(size=(6, 2, 5)).astype(np.float32)


def save(path: Path, compressed: bool = False, **arrays) -> Path:
    (np.savez_compressed if compressed else np.savez)(path, **arrays)
    return path


def block(path, **data):
    return options(path=str(path), **({"inputs": {"signal": "x"}} | data))


def signal(path, **spec):
    return read(block(path, inputs={"signal": {"key": "x"} | spec})).inputs["signal"]


@pytest.mark.parametrize("compressed", [False, True], ids=["stored", "compressed"])
@pytest.mark.parametrize(
    "array",
    [
        SIGNAL,
        SIGNAL.astype(np.float64),
        SIGNAL.astype(">f4"),
        np.asfortranarray(SIGNAL),
        SIGNAL[::-1, :, ::2],
        (SIGNAL * 100).astype(np.int16),
        SIGNAL > 0,
    ],
    ids=["float32", "float64", "big-endian", "fortran", "strided", "int16", "bool"],
)
def test_windows_hold_the_numbers_that_were_saved(tmp_path, array, compressed):
    data = block(save(tmp_path / "x.npz", compressed, pad=np.arange(3), x=array))
    fetched = assemble(data, read(data), 0).fetch(np.array([5, 0, 5])).inputs["signal"]
    assert fetched.dtype == np.float32
    assert fetched.dtype.isnative
    np.testing.assert_array_equal(fetched, np.array(array)[[5, 0, 5]].astype(np.float32))


def last_base(array: np.ndarray) -> object:
    while isinstance(array, np.ndarray):
        array = array.base
    return array


@pytest.mark.parametrize(("compressed", "mapped"), [(False, True), (True, False)])
def test_only_an_uncompressed_array_is_mapped(tmp_path, compressed, mapped):
    values = signal(save(tmp_path / "x.npz", compressed, x=SIGNAL)).values
    assert isinstance(last_base(values), mmap.mmap) == mapped
    assert not (mapped and values.flags.writeable)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("window", [None, {"length": 500, "stride": 250}])
def test_reading_and_fetching_hold_a_batch_and_never_the_array(tmp_path, window, order):
    array = np.zeros((2000, 2, 1000), np.float32, order=order)  # 16 MB
    data = block(save(tmp_path / "x.npz", x=array, y=np.zeros(2000)), targets={"y": "y"}, window=window)
    del array
    tracemalloc.start()
    try:
        windows = assemble(data, read(data), 0)
        windows.fetch(np.arange(8))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 2e6


def test_an_array_without_rows_is_refused_with_the_file(tmp_path):
    data = block(save(tmp_path / "x.npz", x=np.empty((0, 1, 5))))
    refused(lambda: assemble(data, read(data), 0), "holds no rows", "x.npz")


@pytest.mark.parametrize("dtype", ["U", "S"])
def test_text_is_read_as_text(tmp_path, dtype):
    path = save(tmp_path / "x.npz", x=SIGNAL, fault=np.array(["inner", "größe", ""] * 2).astype("U"))
    words = np.array(["inner", "größe", ""] * 2)
    stored = np.char.encode(words, "utf-8") if dtype == "S" else words
    save(path, x=SIGNAL, fault=stored)
    assert read(block(path, targets={"fault": "fault"})).columns["fault"].tolist() == words.tolist()


def test_bytes_that_are_no_text_are_refused(tmp_path):
    path = save(tmp_path / "x.npz", x=SIGNAL, fault=np.array([b"\xff\xfe"] * 6))
    refused(lambda: read(block(path, targets={"fault": "fault"})), "'fault'", "not UTF-8")


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["<f4", ">f8", "i2"])
def test_a_large_compressed_array_is_converted_once(tmp_path, own_cache, monkeypatch, order, dtype):
    monkeypatch.setattr(npz, "LOADED", 100)
    monkeypatch.setattr(npz, "BLOCK", 64)
    array = np.asarray(SIGNAL * 100, dtype, order=order)
    path = save(tmp_path / "x.npz", compressed=True, x=array, y=np.arange(6))
    for _ in range(2):
        values = signal(path).values
        np.testing.assert_array_equal(values, array)
        assert isinstance(last_base(values), mmap.mmap)
    assert len(list(own_cache.iterdir())) == 1


@given(share=st.floats(0, 1, exclude_max=True), byte=st.integers(0, 255))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_damaged_large_compressed_array_is_read_or_refused(tmp_path_factory, own_cache, share, byte):
    path = save(tmp_path_factory.getbasetemp() / "sound.npz", compressed=True, x=SIGNAL)
    content = bytearray(path.read_bytes())
    content[int(share * len(content))] = byte
    damaged = path.with_name("damaged.npz")
    damaged.write_bytes(content)
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings(action="ignore"):
        patch.setattr(npz, "LOADED", 10)
        with contextlib.suppress(InputError):
            np.testing.assert_array_equal(signal(damaged).values, SIGNAL)
    assert not list(own_cache.glob("*.draft")) if own_cache.exists() else True


class Trap:
    """Touches a file when it is unpickled."""

    def __init__(self, touched: Path) -> None:
        self.touched = touched

    def __reduce__(self):
        return (Path.touch, (self.touched,))


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("use", ["input", "target"])
def test_python_objects_are_refused_and_never_run(tmp_path, compressed, use):
    touched = tmp_path / "touched"
    pickle.loads(pickle.dumps(Trap(touched)))
    assert touched.exists()  # the trap works
    touched.unlink()
    path = save(tmp_path / "x.npz", compressed, x=SIGNAL, bad=np.array([Trap(touched)] * 6, dtype=object))
    data = block(path, inputs={"s": "bad"}) if use == "input" else block(path, targets={"y": "bad"})
    refused(lambda: read(data), "'bad.npy'", "[Oo]bject")
    assert not touched.exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty file"),
        (b"time,x\n1,2\n", "not a whole .npz"),
        (b"PK\x03\x04 and nothing behind it", "not a whole .npz"),
    ],
    ids=["empty", "foreign", "magic only"],
)
def test_a_file_that_is_no_npz_is_refused_by_name(tmp_path, content, words):
    path = tmp_path / "x.npz"
    path.write_bytes(content)
    assert refused(lambda: read(block(path)), words).where == str(path)


def test_a_folder_a_missing_file_and_no_path_are_told_apart(tmp_path):
    refused(lambda: read(block(tmp_path)), "is a folder")
    refused(lambda: read(block(tmp_path / "y.npz")), "no such file")
    refused(lambda: read(options(inputs={"signal": "x"})), "needs a file", "path")


@pytest.mark.parametrize("compressed", [False, True])
@given(share=st.floats(0, 1, exclude_max=True))
@settings(max_examples=25, deadline=None)
def test_a_truncated_file_is_refused(tmp_path_factory, compressed, share):
    path = save(tmp_path_factory.getbasetemp() / "whole.npz", compressed, x=SIGNAL)
    cut = path.with_name("cut.npz")
    whole = path.read_bytes()
    cut.write_bytes(whole[: max(1, int(share * len(whole)))])
    refused(lambda: read(block(cut)), "not a whole .npz")


@given(where=st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=3), byte=st.integers(0, 255))
@settings(max_examples=300, deadline=None)
@pytest.mark.parametrize("compressed", [False, True])
def test_damaged_bytes_are_read_or_refused_and_nothing_else(tmp_path_factory, compressed, where, byte):
    path = save(tmp_path_factory.getbasetemp() / "sound.npz", compressed, x=np.arange(4.0).reshape(2, 2))
    content = bytearray(path.read_bytes())
    for share in where:
        content[int(share * len(content))] = byte
    damaged = path.with_name("damaged.npz")
    damaged.write_bytes(content)
    with warnings.catch_warnings(action="ignore"), contextlib.suppress(InputError):
        read(block(damaged))


def test_a_stored_array_shorter_than_its_header_says_is_refused(tmp_path):
    member = io.BytesIO()
    np.lib.format.write_array(member, np.zeros((1000, 2)))
    path = tmp_path / "x.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.npy", member.getvalue()[:200])
    refused(lambda: read(block(path)), "'x.npy' is cut short")


def test_member_names_that_are_no_text_are_refused(tmp_path):
    path = save(tmp_path / "x.npz", x=SIGNAL)
    content = bytearray(path.read_bytes())
    entry = content.rindex(b"PK\x01\x02")  # in the central directory
    content[entry + 9] |= 8  # the flag "the name is UTF-8"
    content[entry + 46] = 0xFF
    path.write_bytes(content)
    refused(lambda: read(block(path)), "not a whole .npz")


def test_a_locked_member_is_refused(tmp_path):
    path = save(tmp_path / "x.npz", x=SIGNAL)
    content = bytearray(path.read_bytes())
    content[content.rindex(b"PK\x01\x02") + 8] |= 1  # the flag "encrypted" in the central directory
    content[6] |= 1
    path.write_bytes(content)
    refused(lambda: read(block(path)), "'x.npy' cannot be read", "encrypted")


@pytest.mark.parametrize(
    ("wanted", "words"),
    [("sginal", "did you mean 'signal'"), ("zzz", "no array 'zzz'; it holds signal, time")],
)
def test_a_missing_array_is_named_with_the_nearest_one(tmp_path, wanted, words):
    path = save(tmp_path / "x.npz", signal=SIGNAL, time=np.arange(6))
    error = refused(lambda: read(block(path, inputs={"s": wanted})), f"no array '{wanted}'", words)
    assert ("did you mean" in error.line) == (wanted == "sginal")


@pytest.mark.parametrize(
    ("shape", "axes", "expected", "sampled"),
    [
        ((4,), None, (4, 1), False),
        ((4,), ["window"], (4, 1), False),
        ((4,), ["sample"], (4, 1), True),
        ((4, 3), None, (4, 3), False),
        ((4, 3), ["sample", "channel"], (4, 3), True),
        ((3, 4), ["channel", "sample"], (4, 3), True),
        ((4, 3, 5), None, (4, 3, 5), False),
        ((4, 5, 3), ["window", "time", "channel"], (4, 3, 5), False),
        ((3, 5, 4), ["channel", "time", "window"], (4, 3, 5), False),
    ],
)
def test_axes_put_every_array_into_one_order(tmp_path, shape, axes, expected, sampled):
    array = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    path = save(tmp_path / "x.npz", x=array)
    values = signal(path, axes=axes).values
    assert values.shape == expected
    assert read(block(path, inputs={"s": {"key": "x", "axes": axes}})).sampled == sampled
    names = axes or ["window", "channel", "time"][: len(shape)]
    where = [names.index(axis) for axis in ("window", "sample", "channel", "time") if axis in names]
    np.testing.assert_array_equal(values.reshape(np.transpose(array, where).shape), np.transpose(array, where))


@pytest.mark.parametrize(
    ("shape", "axes", "words"),
    [
        ((4, 3, 5), ["window", "time"], r"shape \(4, 3, 5\).*write `axes` with 3 names"),
        ((4, 3, 5), ["window", "time", "time"], "are none of"),
        ((4, 3, 5), ["sample", "channel", "time"], "are none of"),
        ((4, 3), ["window", "time"], "are none of"),
        ((4, 3), ["sample"], "write `axes` with 2 names"),
        ((4,), ["time"], "are none of"),
        ((4, 3, 2, 2), None, r"axes \(none given\)"),
        ((), None, r"shape \(\)"),
    ],
)
def test_axes_that_do_not_fit_are_refused(tmp_path, shape, axes, words):
    path = save(tmp_path / "x.npz", x=np.zeros(shape))
    refused(lambda: signal(path, axes=axes), words, "x.npz")


@pytest.mark.parametrize("values", [np.array(["a"] * 6), np.zeros(6, complex), np.zeros(6, "datetime64[s]")])
def test_an_input_that_is_no_number_is_refused(tmp_path, values):
    refused(lambda: signal(save(tmp_path / "x.npz", x=values)), "'x' is an input but holds", "not numbers")


def test_a_single_value_is_no_column(tmp_path):
    path = save(tmp_path / "x.npz", x=SIGNAL, y=np.float64(3))
    refused(lambda: read(block(path, targets={"y": "y"})), "'y' is a single value")


def test_several_arrays_stand_side_by_side(tmp_path):
    load, rpm = np.arange(6.0), np.arange(6.0) * 10
    path = save(tmp_path / "x.npz", load=load, rpm=rpm)
    known = read(block(path, inputs={"known": {"keys": ["load", "rpm"], "unit": "V"}})).inputs["known"]
    np.testing.assert_array_equal(known.values, np.column_stack([load, rpm]))
    assert (known.channels, known.unit) == (("load", "rpm"), "V")


@pytest.mark.parametrize(
    ("one", "two", "words"),
    [
        (np.zeros(6), np.zeros(5), "unequal lengths"),
        (np.zeros((6, 1, 5)), np.zeros((6, 1, 4)), "do not fit side by side"),
        (np.zeros((6, 1, 5)), np.zeros((6, 1)), "do not fit side by side"),
    ],
)
def test_arrays_that_cannot_stand_side_by_side_are_refused(tmp_path, one, two, words):
    path = save(tmp_path / "x.npz", one=one, two=two)
    refused(lambda: read(block(path, inputs={"s": {"keys": ["one", "two"]}})), words, "one")


def test_channel_names_must_be_as_many_as_channels(tmp_path):
    path = save(tmp_path / "x.npz", x=SIGNAL)
    assert signal(path, channels=["u", "v"]).channels == ("u", "v")
    assert signal(path).channels == ("0", "1")
    refused(lambda: signal(path, channels=["u"]), "2 channels but 1 names")


def test_samples_and_windows_do_not_mix(tmp_path):
    path = save(tmp_path / "x.npz", x=np.zeros((6, 2)), z=np.zeros((6, 2)))
    data = block(path, inputs={"x": {"key": "x", "axes": ["sample", "channel"]}, "z": "z"})
    refused(lambda: read(data), "`sample` and with `window`")


def test_inputs_targets_and_columns_are_kept_apart(tmp_path):
    path = save(tmp_path / "x.npz", x=SIGNAL, y=np.arange(6), unit=np.arange(6), other=np.arange(2))
    found = read(block(path, targets={"rul": "y"}, group="unit"))
    assert set(found.inputs) == {"signal"}
    assert set(found.columns) == {"y", "unit"}
    assert found.files == (path,)
