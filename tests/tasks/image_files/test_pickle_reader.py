"""Batches that Python wrote, and what only looks like one."""

import os
import pickle
import pickletools
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pickled_batches import by_python_2

from wannsearch.core.errors import DamagedFile
from wannsearch.tasks.image_files import pickle_reader
from wannsearch.tasks.image_files.pickle_reader import read_pickle

ROWS = np.arange(3 * 100, dtype=np.uint16).astype(np.uint8).reshape(3, 100)
BATCH = {
    b"batch_label": b"training batch 1 of 5",
    b"labels": [6, 9, 0],
    b"data": ROWS,
    b"filenames": [b"leptodactylus_s_000004.png", b"camion_s_000148.png", b"typical_s_000001.png"],
}
FILES = {f"protocol {number}": pickle.dumps(BATCH, protocol=number) for number in (2, 3, 4)}
FILES["columns first"] = pickle.dumps(BATCH | {b"data": np.asfortranarray(ROWS)}, protocol=2)
FILES["Python 2"] = by_python_2(ROWS, BATCH[b"labels"], BATCH[b"filenames"], BATCH[b"batch_label"])


def same(found, batch):
    """Whether a batch read here is one read by pickle."""
    texts = {key.decode() if isinstance(key, bytes) else key: value for key, value in batch.items()}
    assert found.keys() == texts.keys()
    return all(np.array_equal(found[key], texts[key]) for key in texts)


@pytest.mark.parametrize("written", FILES.values(), ids=FILES)
def test_a_batch_reads_as_with_pickle(written):
    assert same(read_pickle(written, "x"), pickle.loads(written, encoding="bytes"))
    assert same(read_pickle(written, "x"), BATCH)


def test_a_batch_of_python_2_is_written_in_its_own_words():
    words = {code.name for code, _, _ in pickletools.genops(FILES["Python 2"])}
    assert {"SHORT_BINSTRING", "BINSTRING", "GLOBAL", "BINPUT"} <= words
    assert not words & {"BINUNICODE", "BINBYTES", "SHORT_BINBYTES", "MEMOIZE"}


@given(
    st.dictionaries(
        st.text(st.characters(codec="ascii"), min_size=1, max_size=20),
        st.one_of(
            st.lists(st.integers(-(2**31), 2**31 - 1), max_size=300),
            st.binary(min_size=1, max_size=300),
            st.lists(st.binary(min_size=1, max_size=9), max_size=5),
        ),
        max_size=5,
    ),
    st.integers(2, 4),
)
def test_texts_bytes_integers_and_lists_of_them_read_as_with_pickle(values, protocol):
    written = pickle.dumps(values, protocol=protocol)
    assert read_pickle(written, "x") == values


class Hostile:
    def __reduce__(self):
        return os.mkdir, ("it_was_executed",)


def pickles_of(value):
    return [pickle.dumps(value, protocol=number) for number in range(pickle.HIGHEST_PROTOCOL + 1)]


REFUSED = {
    "a call of another name": pickles_of(Hostile()),
    "a call inside a batch": pickles_of(BATCH | {b"labels": Hostile()}),
    "another class": pickles_of({b"data": complex(1, 2)}),
    "numbers that are no bytes": pickles_of({b"data": ROWS.astype(np.float64)}),
    "an array of objects": pickles_of({b"data": np.array([[None]], object)}),
    "one dimension": pickles_of({b"data": ROWS[0]}),
    "no rows": pickles_of({b"data": ROWS[:0]}),
    "no dictionary": pickles_of([1, 2]),
    "a dictionary of numbers": pickles_of({1: 2}),
    "a fraction": pickles_of({b"data": 0.5}),
    "old and new protocols": [pickle.dumps(BATCH, protocol=number) for number in (0, 1, 5)],
    "nothing": [b"", b".", b"N.", b"}", b"(", b"}0.", b"}}."],
    "no value where one is taken": [
        b"\x80\x02" + word + b"." for word in (b"a", b"s", b"u", b"R", b"b", b"\x85")
    ],
    "no such memory": [b"\x80\x02h\x07.", b"\x80\x02j\xff\xff\xff\xff."],
    "a name without an end": [b"\x80\x02c" + b"os" * 200 + b"\n.", b"\x80\x02cnumpy"],
    "endless lengths": [
        b"\x80\x04\x8e" + b"\xff" * 8,
        b"\x80\x02T\xff\xff\xff\xff.",
        b"\x80\x02X\0\0\0\x7f.",
    ],
    "an odd dictionary": [b"\x80\x02}(K\x01u."],
    "bytes behind the end": [file + b"\0" for file in FILES.values()],
    "no UTF-8": [b"\x80\x03X\x01\0\0\0\xff."],
}


@pytest.mark.parametrize("written", REFUSED.values(), ids=REFUSED)
def test_all_else_is_refused_in_one_line_and_nothing_is_executed(written, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for data in written:
        with pytest.raises(DamagedFile, match=r"^some/file: as a pickle, ") as caught:
            read_pickle(data, "some/file")
        assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_the_hostile_pickle_would_have_been_executed_by_python(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pickle.loads(pickle.dumps(Hostile()))
    assert [path.name for path in tmp_path.iterdir()] == ["it_was_executed"]


@pytest.mark.parametrize("written", FILES.values(), ids=FILES)
def test_a_batch_that_is_cut_off_anywhere_is_refused(written):
    for end in range(len(written)):
        with pytest.raises(DamagedFile):
            read_pickle(written[:end], "x")


def test_neither_instructions_nor_bytes_grow_without_bound(monkeypatch):
    monkeypatch.setattr(pickle_reader, "_MAX_INSTRUCTIONS", 100)
    with pytest.raises(DamagedFile, match="over 100 instructions"):
        read_pickle(b"\x80\x04" + b"}\x94" * 200 + b".", "x")
    monkeypatch.setattr(pickle_reader, "MAX_BYTES", 1000)
    text = b"X\xf4\x01\0\0" + b"a" * 500 + b"q\x00"
    again = b"c_codecs\nencode\nh\x00X\x06\0\0\0latin1\x86R"
    assert (
        read_pickle(b"\x80\x02}(X\x01\0\0\0a" + text + b"X\x01\0\0\0b" + again + b"u.", "x")["b"]
        == b"a" * 500
    )
    with pytest.raises(DamagedFile, match="too many bytes"):
        read_pickle(b"\x80\x02" + text + again * 3 + b".", "x")


WORDS = [b"h\x00", *(bytes([word]) for word in b"RbtaesuN.(}])\x85\x86\x87\x93\x94"), b"cos\nsystem\n"]


@given(
    st.sampled_from(list(FILES.values())),
    st.lists(
        st.tuples(
            st.integers(0, 700),
            st.integers(0, 4),
            st.one_of(st.binary(max_size=6), st.sampled_from(WORDS)),
        ),
        min_size=1,
        max_size=6,
    ),
)
@settings(max_examples=200, deadline=None)
def test_whatever_is_changed_in_a_batch_it_is_read_or_refused(written, changes):
    for place, gone, put in changes:
        place = min(place, len(written))
        written = written[:place] + put + written[place + gone :]
    with suppress(DamagedFile):
        assert all(isinstance(key, str) for key in read_pickle(written, "x"))
