"""IDX, the format of MNIST: how many dimensions, how long each is, then one byte a number.

    0  0  8  n   two zeros, the type (8: unsigned bytes), the number of dimensions n
    d_1 .. d_n   four bytes each, the highest first
    numbers      d_1 * .. * d_n bytes, the last dimension runs fastest

LeCun, Cortes & Burges, The MNIST database, "File formats".
"""

from __future__ import annotations

from math import prod

import numpy as np
import numpy.typing as npt

from wannsearch.tasks.image_files.bounded import damaged

_BYTES = 8


def array(data: bytes, dimensions: int, where: str) -> npt.NDArray[np.uint8]:
    """The numbers of a whole IDX file of unsigned bytes."""
    magic, head = bytes([0, 0, _BYTES, dimensions]), 4 + 4 * dimensions
    if data[:4] != magic:
        raise damaged(where, f"it begins with {data[:4].hex() or 'nothing'}", f"{magic.hex()} is expected")
    if len(data) < head:
        raise damaged(where, f"it ends after {len(data)} bytes", f"its head alone has {head}")
    shape = tuple(int.from_bytes(data[at : at + 4], "big") for at in range(4, head, 4))
    wanted = head + prod(shape)
    if len(data) != wanted:
        size = " x ".join(map(str, shape))
        raise damaged(where, f"it has {len(data)} bytes", f"{wanted} are needed for the {size} it announces")
    return np.frombuffer(data, np.uint8, offset=head).reshape(shape)
