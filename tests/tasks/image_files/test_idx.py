"""IDX files, whole and damaged."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from synthetic_images import idx as written

from wannsearch.core.errors import DamagedFile
from wannsearch.tasks.image_files import idx

WHOLE = written(np.arange(12).reshape(2, 2, 3))


def test_the_numbers_are_where_the_format_says():
    data = bytes.fromhex("00000803 00000002 00000001 00000003") + bytes([1, 2, 3, 250, 251, 252])
    assert idx.parse_array(data, 3, "x").tolist() == [[[1, 2, 3]], [[250, 251, 252]]]


@given(arrays(np.uint8, array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=4)))
def test_what_was_written_reads_back(array):
    assert np.array_equal(idx.parse_array(written(array), array.ndim, "x"), array)


@pytest.mark.parametrize(
    ("data", "said"),
    {
        "empty": (b"", "begins with nothing; 00000803 is expected"),
        "labels for images": (written(np.zeros(3)), "begins with 00000801"),
        "no IDX": (b"\x1f\x8b\x08\x00" + WHOLE, "begins with 1f8b0800"),
        "other numbers": (written(np.zeros((2, 2, 3)), kind=13), "begins with 00000d03"),
        "cut in the head": (WHOLE[:11], "ends after 11 bytes; its head alone has 16"),
        "cut in the numbers": (WHOLE[:-1], "has 27 bytes; 28 are needed for the 2 x 2 x 3"),
        "trailing": (WHOLE + b"\0", "has 29 bytes; 28 are needed"),
        "boundless": (WHOLE[:4] + b"\xff" * 12, f"{16 + (2**32 - 1) ** 3} are needed"),
    }.values(),
)
def test_a_damaged_file_is_refused_in_one_line_that_says_what_is_wrong(data, said):
    with pytest.raises(DamagedFile, match=r"^some/file: it ") as caught:
        idx.parse_array(data, 3, "some/file")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@given(st.integers(0, len(WHOLE) - 1), st.integers(0, 255))
def test_a_changed_byte_is_refused_or_read_as_another_number(place, byte):
    data = WHOLE[:place] + bytes([byte]) + WHOLE[place + 1 :]
    try:
        assert idx.parse_array(data, 3, "x").tobytes() == data[16:]
    except DamagedFile:
        assert place < 16
