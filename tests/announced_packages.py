"""Packages that announce themselves by entry points, as if they were installed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from wannsearch.core.plugin_files import list_plugin_packages
from wannsearch.tasks.registrations import load_announced_packages


@contextmanager
def look_for_packages(folder: Path) -> Iterator[None]:
    """Import from this folder, too, and look anew for announced packages; afterwards forget them."""
    caches = (list_plugin_packages, load_announced_packages)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        for cache in caches:
            cache.cache_clear()
        yield
    for cache in caches:
        cache.cache_clear()


def announce_package(folder: Path, name: str, entry_points: str) -> None:
    """Write what an installer leaves behind beside a package: its entry points, as in `entry_points.txt`."""
    metadata = folder / f"{name}-0.1.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 0.1\n")
    (metadata / "entry_points.txt").write_text(entry_points)
