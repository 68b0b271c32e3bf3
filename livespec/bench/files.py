"""Whole files: each way in a process of its own, so that time and memory are its alone.

Run as a module, it is that process: python -m livespec.bench.files NAME FILE prints one line of JSON.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

from livespec.bench.contenders import RATE

N_FFT, HOP = 4096, 512
_STATUS: Final = Path("/proc/self/status")
_TIMEOUT_S: Final = 300
_FLOOR: Final = 1e-10


class FileTimes(NamedTuple):
    """One way through one file: seconds of wall and processor, MB at its peak above the imports (None: not known)."""

    name: str
    wall_s: float
    cpu_s: float
    peak_mb: float | None


def write_noise(path: Path, seconds: float) -> None:
    """A mono file, 48 kHz, 16 bits."""
    import soundfile

    noise = np.random.default_rng(1)
    with soundfile.SoundFile(path, "w", RATE, 1, "PCM_16") as file:
        for _ in range(round(seconds)):
            file.write(0.1 * noise.standard_normal(RATE))


def measure_file(name: str, path: Path) -> FileTimes | None:
    """None where its library is not there or it fails."""
    if not all(find_spec(module) for module in _NEEDS.get(name, ())):
        return None
    done = subprocess.run(  # noqa: S603 - our own interpreter and module
        [sys.executable, "-m", "livespec.bench.files", name, str(path)],
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_S,
        check=False,
    )
    if done.returncode:
        return None
    return FileTimes(name, **json.loads(done.stdout.splitlines()[-1]))


# ---- in the process ----


def _livespec_kept(path: str) -> None:
    import livespec

    livespec.analyze(path, n_fft=N_FFT, hop=HOP)


def _livespec_streamed(path: str) -> None:
    import livespec

    for _ in livespec.stream(path, n_fft=N_FFT, hop=HOP, history=0, span=1.0).batches(32):
        pass


def _sound(path: str) -> np.ndarray:
    import soundfile

    return soundfile.read(path, dtype="float32")[0]  # type: ignore[no-any-return]


def _librosa(path: str) -> None:
    import librosa

    sound, _ = librosa.load(path, sr=None)
    spectra = librosa.stft(sound, n_fft=N_FFT, hop_length=HOP, center=False)
    librosa.amplitude_to_db(np.abs(spectra), ref=1.0, top_db=None)


def _short_time_fft(path: str) -> None:
    from scipy.signal import ShortTimeFFT

    window = np.hanning(N_FFT + 1)[:-1]
    transform = ShortTimeFFT(window, HOP, RATE, fft_mode="onesided2X", scale_to="magnitude")
    np.log10(np.maximum(np.abs(transform.stft(_sound(path))), _FLOOR)) * 20


def _torch(path: str) -> None:
    import torch

    torch.set_num_threads(1)
    sound = torch.from_numpy(_sound(path))
    window = torch.hann_window(N_FFT)
    spectra = torch.stft(sound, N_FFT, HOP, window=window, center=False, return_complex=True)
    20 * torch.log10(torch.clamp(spectra.abs(), min=_FLOOR))


def _audioflux(path: str) -> None:
    import audioflux

    transform = audioflux.STFT(
        radix2_exp=N_FFT.bit_length() - 1, window_type=audioflux.type.WindowType.HANN, slide_length=HOP
    )
    20 * np.log10(np.maximum(np.abs(transform.stft(_sound(path))), np.float32(_FLOOR)))


def _spectrofast(path: str) -> None:
    import spectrofast

    _, _, magnitude = spectrofast.spectrogram(
        _sound(path).astype(np.float64), fs=RATE, window="hann", nperseg=N_FFT, noverlap=N_FFT - HOP, detrend=False,
        scaling="spectrum", mode="magnitude", planner="estimate",
    )  # fmt: skip
    20 * np.log10(np.maximum(magnitude, _FLOOR))


WAYS: Final[dict[str, Callable[[str], None]]] = {
    "livespec, streamed": _livespec_streamed,
    "livespec, kept": _livespec_kept,
    "librosa": _librosa,
    "scipy ShortTimeFFT": _short_time_fft,
    "torch.stft": _torch,
    "audioflux": _audioflux,
    "spectrofast": _spectrofast,
}
_NEEDS: Final = {
    "librosa": ("librosa",),
    "torch.stft": ("torch",),
    "audioflux": ("audioflux",),
    "spectrofast": ("spectrofast",),
}


def _main(name: str, path: str) -> None:
    """Once on a short file, which imports all that is needed, then measured on the real one."""
    warm_up = Path(path).with_name("warm-up.wav")
    WAYS[name](str(warm_up))
    before = _resident_mb()
    wall, cpu = time.perf_counter(), time.process_time()
    WAYS[name](path)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    peak = _resident_mb("VmHWM")
    peak_mb = None if before is None or peak is None else peak - before
    sys.stdout.write(json.dumps({"wall_s": wall, "cpu_s": cpu, "peak_mb": peak_mb}) + "\n")


def _resident_mb(field: str = "VmRSS") -> float | None:
    """Now, or at its highest ("VmHWM"); only Linux says the latter of this process alone."""
    if not _STATUS.exists():
        return None
    line = next(line for line in _STATUS.read_text().splitlines() if line.startswith(field))
    return int(line.split()[1]) / 1000


if __name__ == "__main__":
    _main(sys.argv[1], sys.argv[2])
