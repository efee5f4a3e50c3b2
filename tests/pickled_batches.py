"""A batch of CIFAR-10 in the words of Python 2's cPickle, protocol 2, which no Python 3 writes."""

from __future__ import annotations


def by_python_2(rows, labels, filenames, label) -> bytes:
    memo = iter(range(2**32))

    def put() -> bytes:
        number = next(memo)
        return b"q" + bytes([number]) if number < 256 else b"r" + number.to_bytes(4, "little")

    def text(value: bytes) -> bytes:
        if len(value) < 256:
            return b"U" + bytes([len(value)]) + value + put()
        return b"T" + len(value).to_bytes(4, "little") + value + put()

    def integer(value: int) -> bytes:
        if 0 <= value < 256:
            return b"K" + bytes([value])
        if 0 <= value < 2**16:
            return b"M" + value.to_bytes(2, "little")
        return b"J" + value.to_bytes(4, "little", signed=True)

    def listed(values: list[bytes]) -> bytes:
        return b"]" + put() + b"(" + b"".join(values) + b"e"

    def array() -> bytes:
        made = b"cnumpy.core.multiarray\n_reconstruct\n" + put() + b"cnumpy\nndarray\n" + put()
        made += integer(0) + b"\x85" + put() + text(b"b") + b"\x87" + put() + b"R" + put()
        shape = integer(rows.shape[0]) + integer(rows.shape[1]) + b"\x86" + put()
        kind = (
            b"cnumpy\ndtype\n"
            + put()
            + text(b"u1")
            + integer(0)
            + integer(1)
            + b"\x87"
            + put()
            + b"R"
            + put()
        )
        kind += b"(" + integer(3) + text(b"|") + b"NNN" + integer(-1) * 2 + integer(0) + b"t" + put() + b"b"
        return made + b"(" + integer(1) + shape + kind + b"\x89" + text(rows.tobytes()) + b"t" + put() + b"b"

    pairs = [
        (b"batch_label", lambda: text(label)),
        (b"labels", lambda: listed([integer(int(value)) for value in labels])),
        (b"data", array),
        (b"filenames", lambda: listed([text(name) for name in filenames])),
    ]
    return b"\x80\x02}" + put() + b"(" + b"".join(text(key) + value() for key, value in pairs) + b"u."
