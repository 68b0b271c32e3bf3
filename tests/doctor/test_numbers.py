"""Every numeric check is green for the engine, and red for one that is wrong in just that."""

import numpy as np
import pytest

from livespec.core.stft import Engine
from livespec.doctor.numbers import check_numbers


class TooLoud(Engine):
    def columns_into(self, frames, out):
        super().columns_into(frames, out)
        out += np.float32(0.02)


class OneBinOff(Engine):
    def columns_into(self, frames, out):
        super().columns_into(frames, out)
        out[...] = np.roll(out, 1, axis=-1)


class OneHopLate(Engine):
    """The last window's columns come in place of this one's."""

    _before = None

    def columns(self, frames):
        columns = super().columns(frames)
        if columns.ndim < 3 or self.n_fft != 1024:
            return columns
        before, self._before = self._before, columns[:, -1:]
        return np.concatenate([columns[:, :1] if before is None else before, columns[:, :-1]], axis=1)


class Coarse(Engine):
    def columns_into(self, frames, out):
        super().columns_into(frames.astype(np.float16).astype(np.float32), out)


class DependsOnBatches(Engine):
    def columns_into(self, frames, out):
        super().columns_into(frames, out)
        if frames.ndim > 2 and frames.shape[1] > 1:
            np.nextafter(out, np.float32(np.inf), out=out)


class NoFloor(Engine):
    def columns_into(self, frames, out):
        super().columns_into(frames, out)
        out[out <= -200] = -198


class NoNumbers(Engine):
    def columns_into(self, frames, out):
        out[...] = np.nan


class Broken(Engine):
    def columns_into(self, frames, out):
        raise MemoryError("no room")


def test_all_is_well_with_the_engine():
    found = list(check_numbers())
    assert len(found) == 8
    assert {finding.status for finding in found} == {"ok"}
    assert all(finding.figure and finding.limit and not finding.advice for finding in found)


@pytest.mark.parametrize(
    ("engine", "red"),
    [
        (TooLoud, "full-scale sine, 7 windows"),
        (TooLoud, "levels against float64"),
        (OneBinOff, "tone between bins of 11.7 Hz"),
        (OneBinOff, "row of a tone, 8 scales"),
        (OneHopLate, "time of a click"),
        (Coarse, "error beside a full-scale sine"),
        (DependsOnBatches, "blocks of 1 to 4096 samples"),
        (NoFloor, "digital silence"),
    ],
)
def test_an_engine_that_is_wrong_turns_its_check_red(engine, red):
    found = {finding.name: finding for finding in check_numbers(engine)}
    assert found[red].status == "failed"
    assert found[red].advice


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("engine", [NoNumbers, Broken])
def test_an_engine_that_gives_no_numbers_is_red_in_every_check(engine):
    found = list(check_numbers(engine))
    assert len(found) == 8
    assert {finding.status for finding in found} == {"failed"}
    assert [finding.name for finding in found] == [finding.name for finding in check_numbers()]
