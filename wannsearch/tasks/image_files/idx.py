"""IDX, the format of MNIST: the number of dimensions, their lengths, then one byte a number.

    0  0  8  n   two zeros, the type (8: unsigned bytes), the number of dimensions n
    d_1 .. d_n   four bytes each, the highest first
    numbers      d_1 * .. * d_n bytes, the last dimension runs fastest

LeCun, Cortes & Burges, The MNIST database, "File formats".
"""

from __future__ import annotations

from math import prod

import numpy as np

from wannsearch.core.arrays import UInt8Array
from wannsearch.core.untrusted import damaged_file_error

_UNSIGNED_BYTE_TYPE = 8


def parse_array(data: bytes, num_dimensions: int, where: str) -> UInt8Array:
    """Return the uint8 array of a whole IDX file with this number of dimensions; it is read-only.

    Raise DamagedFile where the type, the number of dimensions or the size is another one.
    """
    magic, header_bytes = bytes([0, 0, _UNSIGNED_BYTE_TYPE, num_dimensions]), 4 + 4 * num_dimensions
    if data[:4] != magic:
        raise damaged_file_error(
            where, f"it begins with {data[:4].hex() or 'nothing'}", f"{magic.hex()} is expected"
        )
    if len(data) < header_bytes:
        raise damaged_file_error(
            where, f"it ends after {len(data)} bytes", f"its head alone has {header_bytes}"
        )
    shape = tuple(int.from_bytes(data[offset : offset + 4], "big") for offset in range(4, header_bytes, 4))
    expected_bytes = header_bytes + prod(shape)
    if len(data) != expected_bytes:
        shape_text = " x ".join(map(str, shape))
        raise damaged_file_error(
            where,
            f"it has {len(data)} bytes",
            f"{expected_bytes} are needed for the {shape_text} it announces",
        )
    return np.frombuffer(data, np.uint8, offset=header_bytes).reshape(shape)
