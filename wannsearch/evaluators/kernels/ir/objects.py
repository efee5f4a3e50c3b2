"""Machine code from LLVM IR: compiled once for this processor, kept under the hash of the code itself.

The key is the IR text with the compiler's version and the processor's name and features. Whatever
changes the code, a task, an activation, a coefficient, changes the key; nothing stale can be found.
"""

from __future__ import annotations

import ctypes
import hashlib
from functools import cache
from typing import Any

from llvmlite import binding as llvm

from wannsearch.core.kernels.compiling import cache_folder
from wannsearch.core.sealed_files import read_sealed, report_unkept, write_sealed


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
    path = folder / f"play-{hashlib.sha256(source.encode()).hexdigest()}.o"
    code = read_sealed(path)
    if code is None:
        code = _compiled(source)
        try:
            write_sealed(path, code)
        except OSError as error:
            report_unkept(f" in {folder}", error.strerror or str(error))
    return code


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
