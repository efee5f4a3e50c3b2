"""The config in a run folder, read as what it is: a file that a stranger may have written.

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
from wannsearch.formats.untrusted import damaged, read_text

_MOST_BYTES = 2**18
_MOST_TOKENS = 10_000  # half a second
_MOST_DEPTH = 20  # the scanner's time grows with its square
_MOST_DIGITS = 40  # of a whole number; a seed may be long
_LARGEST = int("9" * _MOST_DIGITS)
_OPENING = (
    yaml.FlowSequenceStartToken, yaml.FlowMappingStartToken,
    yaml.BlockSequenceStartToken, yaml.BlockMappingStartToken,
)  # fmt: skip
_CLOSING = (yaml.FlowSequenceEndToken, yaml.FlowMappingEndToken, yaml.BlockEndToken)


def read_config(path: Path) -> dict[str, Any]:
    """The nested values of a run's config."""
    text = read_text(path, _MOST_BYTES)
    if "${" in text:
        raise damaged(str(path), "it holds '${'", "a run's config holds values, all resolved")
    try:
        open_now = 0
        for number, token in enumerate(yaml.scan(text)):
            open_now += isinstance(token, _OPENING) - isinstance(token, _CLOSING)
            if open_now > _MOST_DEPTH or number > _MOST_TOKENS:
                found = f"it has over {_MOST_DEPTH} levels or {_MOST_TOKENS} parts"
                raise damaged(str(path), found, "no run's config is so large")
            if isinstance(token, (yaml.AnchorToken, yaml.AliasToken, yaml.TagToken)):
                mark = token.start_mark
                found = f"it has an anchor, an alias or a tag in line {mark.line + 1}"
                raise damaged(str(path), found, "a run's config holds plain values")
        config = OmegaConf.to_container(OmegaConf.create(text), resolve=False)
    except (yaml.YAMLError, OmegaConfBaseException, ValueError, RecursionError, AssertionError) as error:
        raise DamagedFile(f"{path}: it is not YAML: {' '.join(str(error).split())[:200]}.") from None
    if not isinstance(config, dict) or not _plain(config, 0):
        found = f"it is no tree of named values, or a whole number has over {_MOST_DIGITS} digits"
        raise damaged(str(path), found, "a run writes words as keys, and numbers of few digits")
    return {str(key): value for key, value in config.items()}


def _plain(value: Any, depth: int) -> bool:
    if depth > _MOST_DEPTH:
        return False
    if isinstance(value, dict):
        return all(isinstance(key, str) and _plain(part, depth + 1) for key, part in value.items())
    if isinstance(value, list):
        return all(_plain(part, depth + 1) for part in value)
    if isinstance(value, int):
        return abs(value) <= _LARGEST
    return value is None or isinstance(value, (float, str))


def check_is_run(folder: Path, path: Path) -> None:
    """Refuse a folder that holds no run."""
    if not folder.exists():
        raise ConfigError(f"{folder} does not exist; name the folder of a run.")
    if not path.is_file():
        raise ConfigError(f"{folder} holds no run: there is no {path.relative_to(folder)}.")
