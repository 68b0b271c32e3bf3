"""The FFT of real rows, behind one small protocol; which library does it is a setting.

All give the same numbers to a few parts in 10⁷. scipy is always there; FFTW and MKL are faster for few rows, and
optional for their licences. Each is imported when the first row is transformed, or at once where it may be missing.
"""

import os
from collections.abc import Callable
from typing import Final, Protocol

import numpy as np

from livespec.core.arrays import ComplexArray, RealArray
from livespec.errors import UsageError
from livespec.settings import FftLibrary

_ALIGNED_BYTES: Final = 64  # a cache line, and the widest vector register; FFTW takes 3 × as long without
_ROWS_TOGETHER: Final = 4  # scipy's FFT works on four rows at once (measured: 2.3 × faster)


Spectra = Callable[[], ComplexArray]


class RowTransform(Protocol):
    """frames: (most rows, length) real, filled by its user. One thread."""

    frames: RealArray

    def spectra(self, rows: int) -> Spectra:
        """What transforms the first rows: its result, (rows, length // 2 + 1), is valid until the next call."""
        ...


class ScipyTransform:
    """scipy.fft (pocketfft). Rows are transformed four at a time, what is over is thrown away."""

    def __init__(self, rows: int, length: int, real: np.dtype[np.floating]) -> None:
        self.frames: RealArray = _aligned(-(-rows // _ROWS_TOGETHER) * _ROWS_TOGETHER, length, real)

    def spectra(self, rows: int) -> Spectra:
        from scipy.fft import rfft  # three times numpy's start-up time: not on the way to the first frame

        if rows == 1:
            frame = self.frames[:1]
            return lambda: rfft(frame)
        together = self.frames[: -(-rows // _ROWS_TOGETHER) * _ROWS_TOGETHER]
        return lambda: rfft(together)[:rows]


class FftwTransform:
    """FFTW, by pyfftw: one plan a row, so that a row's bits do not depend on how many there are.

    The plans are estimated, not measured: measuring takes 0.2 s at 4096 for a gain of a quarter.
    """

    def __init__(self, rows: int, length: int, real: np.dtype[np.floating]) -> None:
        from pyfftw import FFTW

        self.frames: RealArray = _aligned(rows, length, real)
        self._spectra: ComplexArray = _aligned(rows, length // 2 + 1, np.result_type(real, np.complex64))
        self._execute = [
            FFTW(frame, spectrum, flags=("FFTW_ESTIMATE",)).execute
            for frame, spectrum in zip(self.frames, self._spectra, strict=True)
        ]

    def spectra(self, rows: int) -> Spectra:
        execute, spectra = self._execute[:rows], self._spectra[:rows]

        def transform() -> ComplexArray:
            for execute_row in execute:
                execute_row()
            return spectra

        return transform


class MklTransform:
    """Intel's MKL, by mkl_fft."""

    def __init__(self, rows: int, length: int, real: np.dtype[np.floating]) -> None:
        os.environ.setdefault("MKL_NUM_THREADS", "1")  # read when MKL is loaded; its threads cost more than they bring
        from mkl_fft import rfft

        self.frames: RealArray = _aligned(rows, length, real)
        self._spectra: ComplexArray = np.empty((rows, length // 2 + 1), np.result_type(real, np.complex64))
        self._rfft: Callable[..., ComplexArray] = rfft

    def spectra(self, rows: int) -> Spectra:
        rfft, frames, spectra = self._rfft, self.frames[:rows], self._spectra[:rows]
        return lambda: rfft(frames, out=spectra)


_TRANSFORMS: Final[dict[FftLibrary, Callable[[int, int, np.dtype[np.floating]], RowTransform]]] = {
    "scipy": ScipyTransform,
    "fftw": FftwTransform,
    "mkl": MklTransform,
}
_MODULES: Final[dict[FftLibrary, str]] = {"scipy": "scipy", "fftw": "pyfftw", "mkl": "mkl_fft"}


def make_transform(library: FftLibrary, rows: int, length: int, real: np.dtype[np.floating]) -> RowTransform:
    """A transform of up to `rows` rows of `length` samples. Raises `UsageError` where the library is not there."""
    try:
        return _TRANSFORMS[library](rows, length, real)
    except ImportError as error:
        raise UsageError(
            f"fft = {library!r} cannot be used: {_MODULES[library]} is not there ({error})",
            f'install it: pip install "livespec[{library}]", or leave --fft at scipy',
        ) from None


def _aligned(rows: int, length: int, dtype: np.dtype[np.generic]) -> np.ndarray:
    """Zeros (rows, length), every row on a boundary that vector instructions like."""
    per_row = -(-length * dtype.itemsize // _ALIGNED_BYTES) * _ALIGNED_BYTES
    memory = np.zeros(rows * per_row + _ALIGNED_BYTES, np.uint8)
    first = -memory.ctypes.data % _ALIGNED_BYTES
    lines = memory[first : first + rows * per_row].view(dtype).reshape(rows, -1)
    return lines[:, :length]
