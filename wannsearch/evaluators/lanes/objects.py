"""Machine code from LLVM IR: compiled once for this processor, kept under the hash of the code itself.

The key is the IR text with the compiler's version and the processor's name and features. Whatever
changes the code, a task, an activation, a coefficient, changes the key; nothing stale can be found.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from llvmlite import binding as llvm

from wannsearch.core.compiling import cache_folder


@cache
def _machine() -> Any:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(),
        features=llvm.get_host_cpu_features().flatten(),
        opt=3,
        jit=True,
    )


def _compiled(source: str) -> bytes:
    machine = _machine()
    module = llvm.parse_assembly(source)
    module.verify()
    options = llvm.create_pipeline_tuning_options(speed_level=3)
    options.loop_vectorization = False  # lanes are vectors already
    builder = llvm.create_pass_builder(machine, options)
    builder.getModulePassManager().run(module, builder)
    code: bytes = machine.emit_object(module)
    return code


def _kept(source: str) -> bytes:
    folder = cache_folder()
    if folder is None:
        return _compiled(source)
    digest = hashlib.sha256(source.encode()).hexdigest()
    path = folder / f"play-{digest}.o"
    try:
        blob = path.read_bytes()
        if blob[:32] == hashlib.sha256(blob[32:]).digest():
            return blob[32:]
    except OSError:
        pass  # not there, or not for us: it can be made again
    code = _compiled(source)
    with suppress(OSError):  # a full or foreign cache only costs time
        _publish(path, hashlib.sha256(code).digest() + code)
    return code


def _publish(path: Path, blob: bytes) -> None:
    """Whole or not at all: several processes may compile the same kernel at once."""
    handle, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(blob)
    Path(name).replace(path)


_ENGINES: list[Any] = []
"""Machine code lives as long as its engine."""


def loaded(source: str, name: str, arguments: int) -> Any:
    """The function `name` of this IR as a callable of so many 64-bit arguments; runs without the GIL."""
    _machine()
    empty = llvm.parse_assembly("")
    engine = llvm.create_mcjit_compiler(
        empty, llvm.Target.from_default_triple().create_target_machine(jit=True)
    )
    engine.add_object_file(llvm.ObjectFileRef.from_data(_kept(source)))
    engine.finalize_object()
    _ENGINES.append(engine)
    kind = ctypes.CFUNCTYPE(None, *([ctypes.c_int64] * arguments))
    return kind(engine.get_function_address(name))
