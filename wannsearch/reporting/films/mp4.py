"""A film as an MP4 (H.264), encoded by the ffmpeg that the package imageio-ffmpeg brings along.

One thread and ffmpeg's flag `bitexact` give equal bytes for equal frames.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from wannsearch.core.errors import ConfigError, StorageError

_OUTPUT_OPTIONS = (
    "-threads", "1", "-crf", "20", "-preset", "medium", "-map_metadata", "-1",
    "-fflags", "+bitexact", "-flags:v", "+bitexact", "-movflags", "+faststart",
)  # fmt: skip


def check_mp4() -> None:
    """Raise ConfigError where the package that encodes MP4 is not installed."""
    if importlib.util.find_spec("imageio_ffmpeg") is None:
        raise ConfigError("an MP4 needs a package that is not here: pip install 'wannsearch[video]'")


def encode_mp4(draw: Callable[[int], Image.Image], durations_s: Sequence[float]) -> bytes:
    """Return the bytes of an MP4; `draw` returns the frame of a number from 0, with even width and height.

    Frames follow at an even rate, that of the first; the last one is repeated as long as it stands.
    """
    check_mp4()
    import imageio_ffmpeg

    frame_s = durations_s[0]
    num_repeats = max(1, round(durations_s[-1] / frame_s))
    with TemporaryDirectory(prefix="wannsearch-film-") as folder:
        path = Path(folder) / "film.mp4"
        writer = imageio_ffmpeg.write_frames(
            str(path),
            draw(0).size,
            fps=1 / frame_s,
            codec="libx264",
            quality=None,  # the options below name it
            macro_block_size=2,
            ffmpeg_log_level="error",
            output_params=list(_OUTPUT_OPTIONS),
        )
        try:
            writer.send(None)
            for number in range(len(durations_s)):
                repeats = num_repeats if number == len(durations_s) - 1 else 1
                content = draw(number).tobytes()
                for _ in range(repeats):
                    writer.send(content)
        except OSError as error:
            raise StorageError(f"ffmpeg cannot write the film: {error}.") from error
        finally:
            writer.close()
        return path.read_bytes()
