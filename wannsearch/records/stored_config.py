"""The config in a run folder, read as a file that a stranger may have written.

A run stores plain values. Whatever could do more than hold a value is refused: anchors and aliases,
which let a page of YAML unfold without end, interpolations, which read the environment, and sizes that
no config has; among them whole numbers of thousands of digits, which Python refuses to print.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from wannsearch.core.errors import ConfigError, DamagedFile
from wannsearch.core.run_files import read_plain_text
from wannsearch.core.untrusted import damaged_file_error

_MAX_BYTES = 2**18
_MAX_TOKENS = 10_000  # half a second
_MAX_DEPTH = 20  # the scanner's time grows with its square
_MAX_DIGITS = 40  # of a whole number; a seed may be long
_MAX_INTEGER = int("9" * _MAX_DIGITS)
_OPENING_TOKENS = (
    yaml.FlowSequenceStartToken, yaml.FlowMappingStartToken,
    yaml.BlockSequenceStartToken, yaml.BlockMappingStartToken,
)  # fmt: skip
_CLOSING_TOKENS = (yaml.FlowSequenceEndToken, yaml.FlowMappingEndToken, yaml.BlockEndToken)


def read_config(path: Path) -> dict[str, Any]:
    """Return the nested values of a run's config.

    Raise DamagedFile where it is missing, too large or deep, no YAML, or holds anything but plain values.
    """
    text = read_plain_text(path, _MAX_BYTES)
    if "${" in text:
        raise damaged_file_error(str(path), "it holds '${'", "a run's config holds values, all resolved")
    try:
        depth = 0
        for token_index, token in enumerate(yaml.scan(text)):
            depth += isinstance(token, _OPENING_TOKENS) - isinstance(token, _CLOSING_TOKENS)
            if depth > _MAX_DEPTH or token_index > _MAX_TOKENS:
                problem = f"it has over {_MAX_DEPTH} levels or {_MAX_TOKENS} parts"
                raise damaged_file_error(str(path), problem, "no run's config is so large")
            if isinstance(token, (yaml.AnchorToken, yaml.AliasToken, yaml.TagToken)):
                position = token.start_mark
                problem = f"it has an anchor, an alias or a tag in line {position.line + 1}"
                raise damaged_file_error(str(path), problem, "a run's config holds plain values")
        config = OmegaConf.to_container(OmegaConf.create(text), resolve=False)
    except (yaml.YAMLError, OmegaConfBaseException, ValueError, RecursionError, AssertionError) as error:
        raise DamagedFile(f"{path}: it is not YAML: {' '.join(str(error).split())[:200]}.") from None
    if not isinstance(config, dict) or not _is_plain(config, 0):
        problem = f"it is no tree of named values, or a whole number has over {_MAX_DIGITS} digits"
        raise damaged_file_error(str(path), problem, "a run writes words as keys, and numbers of few digits")
    return {str(key): value for key, value in config.items()}


def _is_plain(value: Any, depth: int) -> bool:
    if depth > _MAX_DEPTH:
        return False
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_plain(nested, depth + 1) for key, nested in value.items())
    if isinstance(value, list):
        return all(_is_plain(nested, depth + 1) for nested in value)
    if isinstance(value, int):
        return abs(value) <= _MAX_INTEGER
    return value is None or isinstance(value, (float, str))


def check_is_run(folder: Path, path: Path) -> None:
    """Raise ConfigError where the folder is missing or holds no run: `path`, its config, is no file in it."""
    if not folder.exists():
        raise ConfigError(f"{folder} does not exist; name the folder of a run.")
    if not path.is_file():
        raise ConfigError(f"{folder} holds no run: there is no {path.relative_to(folder)}.")
