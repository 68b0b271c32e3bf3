"""The microphone, through PulseAudio, ALSA and PortAudio: what was played is what the export says."""

import ctypes
import threading
import time

import numpy as np
import pytest

from livespec.capture.devices import default_microphone, list_devices
from livespec.capture.microphone import MicrophoneSource
from livespec.session.analysis import ViewRequest
from livespec.session.monitor import Monitor
from livespec.settings import Settings
from tests.support.exports import Export, read_stats
from tests.support.program import wait_until
from tests.support.reference_stft import reference_dbfs
from tests.support.signals import sine_on_bin, white_noise
from tests.support.virtual_microphone import RATE, heard_by_this_process

N_FFT, HOP = 4096, 512
TONES = ((40, 0.5), (200, 0.25), (1000, 0.1))  # bin, amplitude


def soak(seconds):
    return pytest.param(seconds, marks=[pytest.mark.soak, pytest.mark.timeout(240)])


@pytest.mark.parametrize("seconds", [10, soak(60)])
def test_three_tones_have_their_frequency_and_their_level_in_every_column_without_gap_or_xrun(
    microphone, start, tmp_path, seconds
):
    sound = sum(sine_on_bin(number, N_FFT, (seconds + 15) * RATE, amplitude) for number, amplitude in TONES)
    with microphone.playing(sound):
        program = start(
            *("--view", "none", "--duration", seconds, "--export", "tones.npz", "--stats", "stats.json"),
            environment=microphone.environment,
        )
        done = program.end(seconds + 20)
    assert done.returncode == 0, done.stderr
    export, stats = Export.of(tmp_path / "tones.npz"), read_stats(tmp_path / "stats.json")

    assert stats["xruns"] == 0
    assert stats["gaps"] == []
    assert stats["skipped_columns"] == 0
    assert not export.gap.any()
    assert seconds <= stats["duration_s"] < seconds + 1.5
    assert len(export.db) == 1 + (stats["captured_samples"] - N_FFT) // HOP

    error = 0.0
    for number, amplitude in TONES:
        assert export.frequencies_hz[number] == pytest.approx(number * RATE / N_FFT)
        error = max(error, float(np.abs(export.db[:, number] - 20 * np.log10(amplitude)).max()))
    print(f"\nlevel error {error:.5f} dB in {len(export.db)} columns")
    assert error < 0.05
    loudest = np.sort(np.argsort(export.db, axis=1)[:, -9:].reshape(-1, 3, 3), axis=None).reshape(-1)
    near = {number + side for number, _ in TONES for side in (-1, 0, 1)}
    assert set(loudest.tolist()) == near  # Hann: a tone lights its bin and the two beside it


def test_the_export_of_the_microphone_is_the_analysis_of_the_sound_that_was_played(microphone, start, tmp_path):
    noise = white_noise(6 * RATE, rms=0.05, seed=7)
    program = start("--view", "none", "--export", "noise.npz", environment=microphone.environment)
    program.wait_for_columns(tmp_path / "noise.npz", 40)
    with microphone.playing(noise):
        program.wait_for_columns(tmp_path / "noise.npz", 4 * RATE // HOP)
    program.process.terminate()
    assert program.end().returncode == 0
    db = Export.of(tmp_path / "noise.npz").db

    first = int((db.max(axis=1) > -150).argmax())  # the first column that heard any of it
    assert 0 < first < len(db) - 300
    offset = _offset(noise, db[first + 8], first + 8)
    assert (first - 1) * HOP + N_FFT <= offset <= first * HOP + N_FFT

    whole = -(-offset // HOP)  # the first column that is in the noise from its first to its last sample
    expected = reference_dbfs(noise[whole * HOP - offset :], N_FFT, HOP)[:300]
    assert np.abs(db[whole : whole + 300] - expected).max() < 0.01


def _offset(noise, levels, column):
    """Position of the noise's first sample: where its analysis is most like a column that was exported."""
    starts = range(column * HOP - 12 * HOP, column * HOP + N_FFT)
    padded = np.concatenate([np.zeros(2 * N_FFT, np.float32), noise])
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(N_FFT) / N_FFT)
    best = (np.inf, 0)
    for offset in starts:
        at = 2 * N_FFT + column * HOP - offset
        if not 0 <= at <= len(padded) - N_FFT:
            continue
        spectrum = np.abs(np.fft.rfft(padded[at : at + N_FFT] * window)) * 2 / window.sum()
        difference = np.abs(20 * np.log10(spectrum[20:200] + 1e-10) - levels[20:200]).mean()
        best = min(best, (float(difference), offset))
    return best[1]


@pytest.mark.parametrize("seconds", [8, soak(30)])
def test_stalls_of_the_interpreter_lock_in_the_parent_lose_nothing_and_do_not_reach_the_callback(microphone, seconds):
    counted = _counted((2 * seconds + 12) * RATE)
    with heard_by_this_process(microphone), microphone.playing(counted):
        monitor = _started_monitor()
        try:
            wait_until(lambda: monitor.ring.end > RATE, "a second is captured")
            calm = _intervals_ms(monitor, seconds, stalling=False)
            stalled = _intervals_ms(monitor, seconds, stalling=True)
            captured = monitor.ring.view(monitor.ring.oldest, monitor.ring.end)[0].copy()
        finally:
            monitor.stop()

    assert monitor.timeline.gaps == ()
    assert monitor.timeline.overflows == 0
    heard = captured[np.flatnonzero(captured)[0] :]
    assert len(heard) > 2 * seconds * RATE
    assert _steps(heard) == {1}

    figures = {
        name: (np.percentile(calm, p), np.percentile(stalled, p)) for name, p in (("p50", 50), ("p95", 95), ("p99", 99))
    }
    figures["worst"] = _worst(calm, seconds), _worst(stalled, seconds)
    print(
        "\nblock intervals, calm and stalled: " + ", ".join(f"{n} {a:.1f} {b:.1f} ms" for n, (a, b) in figures.items())
    )
    # Were a callback held up by a stall, as many intervals as there are stalls would be 100 ms or more.
    assert figures["p95"][1] < 1.5 * figures["p95"][0]
    assert figures["worst"][1] < max(1.5 * figures["worst"][0], 80)


def test_after_the_end_of_a_session_no_thread_of_it_is_left(microphone):
    with heard_by_this_process(microphone):
        monitor = _started_monitor()
        try:
            wait_until(lambda: monitor.ring.end > RATE // 2, "half a second is captured")
            assert {t.name for t in threading.enumerate() if t.name.startswith("livespec")} == {
                "livespec-analysis",
                "livespec-capture-supervisor",
                "livespec-capture-listener",
            }
        finally:
            monitor.stop()
    wait_until(
        lambda: not [t for t in threading.enumerate() if t.name.startswith("livespec")], "all threads have ended", 1
    )


def _started_monitor():
    device = default_microphone(list_devices())
    assert device is not None
    assert (device.pulse_source, device.samplerate, device.channels) == ("vmic", RATE, 2)
    settings = Settings(history=120).at_rate(RATE)
    monitor = Monitor(MicrophoneSource(device, (1, 2), RATE), settings, ViewRequest(1000, 1))
    monitor.start()
    return monitor


def _intervals_ms(monitor, seconds, *, stalling):
    """Between the entries into the callback, as the capture process saw them."""
    hold_the_lock = ctypes.PyDLL(None).usleep  # PyDLL: called without giving the interpreter lock away
    first = monitor.ring.blocks
    for _ in range(seconds):
        second = time.perf_counter() + 1
        if stalling:
            hold_the_lock(100_000)
        time.sleep(max(0, second - time.perf_counter()))
    return np.diff(monitor.ring.block_log(first)[:, 1]) / 1e6


def _worst(intervals_ms, count):
    """Mean of the longest, as many as there are stalls: one slip of a busy machine does not decide it."""
    return float(np.sort(intervals_ms)[-count:].mean())


def _counted(samples):
    """Sample k is (k mod 2²⁰ + 1) / 2²¹: exact in float32, never zero, and it says its place."""
    return ((np.arange(samples) % (1 << 20) + 1) / (1 << 21)).astype(np.float32)


def _steps(samples):
    """By how much each sample's count is above the one before."""
    counts = np.round(samples.astype(np.float64) * (1 << 21)).astype(np.int64)
    return set(np.unique(np.diff(counts) % (1 << 20)).tolist())
