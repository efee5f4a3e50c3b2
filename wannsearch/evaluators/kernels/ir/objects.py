"""Machine code from LLVM IR: compiled once for this processor, kept under the hash of the IR.

The file is named by a hash of the IR text. The name of its folder is a hash that includes the compiler's
version and the processor's name and features (`prepare_cache_folder`). A task, an activation or a
coefficient that changes the IR changes the name, so stale code is never loaded. Without a usable folder
the IR is compiled at every load.
"""

from __future__ import annotations

import ctypes
import hashlib
from functools import cache
from typing import Any

from llvmlite import binding as llvm

from wannsearch.core.kernels.compiling import prepare_cache_folder
from wannsearch.core.sealed_files import read_sealed_file, warn_cache_unusable, write_sealed_file


@cache
def _target_machine() -> Any:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(),
        features=llvm.get_host_cpu_features().flatten(),
        opt=3,
        jit=True,
    )


def _compile_ir(source: str) -> bytes:
    machine = _target_machine()
    module = llvm.parse_assembly(source)
    module.verify()
    options = llvm.create_pipeline_tuning_options(speed_level=3)
    options.loop_vectorization = False  # lanes are vectors already
    builder = llvm.create_pass_builder(machine, options)
    builder.getModulePassManager().run(module, builder)
    code: bytes = machine.emit_object(module)
    return code


def _load_or_compile(source: str) -> bytes:
    folder = prepare_cache_folder()
    if folder is None:
        return _compile_ir(source)
    path = folder / f"play-{hashlib.sha256(source.encode()).hexdigest()}.o"
    code = read_sealed_file(path)
    if code is None:
        code = _compile_ir(source)
        try:
            write_sealed_file(path, code)
        except OSError as error:
            warn_cache_unusable(f" in {folder}", error.strerror or str(error))
    return code


_JIT_ENGINES: list[Any] = []
"""All engines of this process; they are kept because machine code is freed with its engine."""


def load_function(source: str, name: str, num_arguments: int) -> Any:
    """Return the function `name` of this IR as a callable of `num_arguments` 64-bit integers.

    Addresses are passed as integers too. The callable returns None and runs without the GIL. An unusable
    cache costs one warning, and the time to compile.
    """
    _target_machine()
    empty_module = llvm.parse_assembly("")
    jit_engine = llvm.create_mcjit_compiler(
        empty_module, llvm.Target.from_default_triple().create_target_machine(jit=True)
    )
    jit_engine.add_object_file(llvm.ObjectFileRef.from_data(_load_or_compile(source)))
    jit_engine.finalize_object()
    _JIT_ENGINES.append(jit_engine)
    function_type = ctypes.CFUNCTYPE(None, *([ctypes.c_int64] * num_arguments))
    return function_type(jit_engine.get_function_address(name))
