"""Whole sessions without a device or a window: a source at full speed, every thread real."""

import json
import threading
import time
from dataclasses import replace

import numpy as np
import pytest
import soundfile

from livespec import __version__
from livespec.capture.demo import DemoSource
from livespec.capture.file import FileSource
from livespec.capture.paced import PacedSource
from livespec.capture.replay import ReplaySource
from livespec.capture.source import SourceInfo, Transport
from livespec.core.bands import MelBandAxis
from livespec.core.notes import NAMES
from livespec.core.quantity import RAW
from livespec.core.ring import AudioRing
from livespec.core.stft import Engine
from livespec.display.scene import Columns
from livespec.errors import FileError, UsageError
from livespec.session.alerts import Alerts, alert_plan
from livespec.session.analysis import Analysis, ViewRequest
from livespec.session.clock import Timeline
from livespec.session.exporter import Exporter
from livespec.session.gap_index import Gap
from livespec.session.monitor import Monitor
from livespec.session.opening import ring_capacity
from livespec.settings import Settings
from tests.support.program import wait_until
from tests.support.reference_stft import reference_dbfs
from tests.support.sessions import Sound
from tests.support.signals import tone, white_noise

RATE, N_FFT, HOP = 48_000, 1024, 300
VIEW = ViewRequest(200, 1)


class Blocks(PacedSource):
    """A source of these blocks; one that is an exception is raised."""

    def __init__(self, blocks, speed=0.0, kind="stdin", length=None):
        super().__init__(SourceInfo(kind, "blocks", RATE, (1,), speed=speed, length=length))
        self._blocks = blocks

    def blocks(self):
        for block in self._blocks:
            if isinstance(block, BaseException):
                raise block
            yield block


def noise_blocks(samples, size=1000):
    sound = white_noise(samples)[:, None]
    return [sound[start : start + size] for start in range(0, samples, size)]


def of(source, export=None, **keys):
    settings = Settings(**{"n_fft": N_FFT, "hop": HOP, **keys}).at_rate(source.info.samplerate)
    return Monitor(source, settings, VIEW, export)


def run_to_the_end(monitor, longest_s=20):
    """Start, wait for the end, stop; raises what the session raises."""
    monitor.start()
    try:
        give_up = time.monotonic() + longest_s
        while monitor.poll():
            assert time.monotonic() < give_up, "the session does not end"
            time.sleep(0.005)
    finally:
        monitor.stop()


def threads_of_livespec():
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("livespec")]


@pytest.fixture
def stereo(tmp_path):
    sound = np.stack([tone(1000, RATE, 30_000, 0.5), white_noise(30_000, rms=0.1)], axis=1)
    path = tmp_path / "stereo.wav"
    soundfile.write(path, sound, RATE, subtype="FLOAT")
    return path, sound


# ---- export ----

NPZ_KEYS = {
    "db", "frequencies_hz", "times_s", "positions", "gap", "gaps", "samplerate", "n_fft", "hop", "window",
    "channels", "settings", "start_time", "units", "schema", "version",
}  # fmt: skip


@pytest.mark.parametrize(("show", "channels"), [((2,), 1), ((1, 2), 2), ("mix", 1)])
def test_an_export_has_the_keys_types_and_shapes_of_the_contract(stereo, tmp_path, show, channels):
    run_to_the_end(of(FileSource(stereo[0], None, 0.0), tmp_path / "out.npz", show=show))
    columns, bins = 1 + (30_000 - N_FFT) // HOP, N_FFT // 2 + 1
    with np.load(tmp_path / "out.npz") as npz:
        assert set(npz.files) == NPZ_KEYS
        assert npz["db"].dtype == np.float32
        assert npz["db"].shape == ((columns, bins) if channels == 1 else (channels, columns, bins))
        assert np.array_equal(npz["frequencies_hz"], np.arange(bins) * RATE / N_FFT)
        assert npz["positions"].dtype == np.int64
        assert np.array_equal(npz["positions"], np.arange(columns) * HOP)
        assert npz["times_s"] == pytest.approx((np.arange(columns) * HOP + N_FFT / 2) / RATE)
        assert npz["gap"].dtype == bool
        assert npz["gap"].shape == (columns,)
        assert not npz["gap"].any()
        assert npz["gaps"].shape == (0, 2)
        assert (npz["samplerate"], npz["n_fft"], npz["hop"], npz["window"]) == (RATE, N_FFT, HOP, "hann")
        assert len(npz["channels"]) == channels
        assert json.loads(str(npz["settings"]))["n_fft"] == N_FFT
        assert str(npz["start_time"])[:2] == "20"
        assert "dBFS" in str(npz["units"])
        assert npz["schema"] == 1
        assert npz["version"] == __version__


def test_an_export_is_the_offline_analysis_of_the_same_samples_to_the_last_bit(stereo, tmp_path):
    path, sound = stereo
    run_to_the_end(of(FileSource(path, None, 0.0), tmp_path / "out.npz", show=(1, 2)))
    with np.load(tmp_path / "out.npz") as npz:
        exported = npz["db"]
    engine = Engine(Settings(n_fft=N_FFT, hop=HOP), RATE)
    for channel in range(2):
        frames = np.lib.stride_tricks.sliding_window_view(sound[:, channel], N_FFT)[::HOP]
        assert np.array_equal(exported[channel], engine.columns(frames))
        exact = reference_dbfs(sound[:, channel], N_FFT, HOP)
        loud = (exact > -100) & (exact > exact.max(axis=1, keepdims=True) - 85)
        assert np.abs(exported[channel] - exact)[loud].max() <= 0.01


def test_an_export_skips_nothing_when_the_ring_is_lapped_many_times(tmp_path):
    samples = 700_000
    sound = white_noise(samples)
    source = Blocks([sound[start : start + 5000, None] for start in range(0, samples, 5000)])
    monitor = of(source, tmp_path / "out.npz", history=0.0, span=0.1)
    assert monitor.ring.capacity < samples / 4
    run_to_the_end(monitor)
    frames = np.lib.stride_tricks.sliding_window_view(sound, N_FFT)[::HOP]
    with np.load(tmp_path / "out.npz") as npz:
        assert np.array_equal(npz["db"], Engine(Settings(n_fft=N_FFT, hop=HOP), RATE).columns(frames))
    assert monitor.analysis.columns == len(frames)
    assert monitor.analysis.skipped_columns == 0


def test_the_spool_is_gone_at_the_end(stereo, tmp_path):
    run_to_the_end(of(FileSource(stereo[0], None, 0.0), tmp_path / "out.npz", show=(1, 2)))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.npz", "stereo.wav"]


def test_a_run_that_is_too_short_for_one_window_leaves_no_file(tmp_path):
    with pytest.raises(FileError, match=r"shorter than one window \(1024"):
        run_to_the_end(of(Blocks(noise_blocks(N_FFT - 1)), tmp_path / "out.npz"))
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(FileError, match="1023 samples are shorter than one window"):
        of(Blocks([], kind="file", length=N_FFT - 1), tmp_path / "out.npz")
    assert list(tmp_path.iterdir()) == []


def test_a_run_of_exactly_one_window_is_one_column(tmp_path):
    run_to_the_end(of(Blocks(noise_blocks(N_FFT)), tmp_path / "out.npz"))
    with np.load(tmp_path / "out.npz") as npz:
        assert npz["db"].shape == (1, 513)


def test_an_export_replaces_a_file_only_when_it_is_complete(stereo, tmp_path):
    target = tmp_path / "out.npz"
    target.write_text("the old one")
    with pytest.raises(FileError):
        run_to_the_end(of(Blocks(noise_blocks(10)), target))
    assert target.read_text() == "the old one"
    run_to_the_end(of(FileSource(stereo[0], None, 0.0), target))
    assert target.read_bytes()[:2] == b"PK"


def test_columns_over_a_gap_are_exported_as_gaps_and_time_runs_on_through_the_hole(tmp_path):
    ring = AudioRing.in_memory(1, 70_000)
    ring.write(white_noise(20_000)[:, None], 0)
    timeline = Timeline(RATE, live=True)
    timeline.gaps = (Gap(9_000, 4_800, "lost"),)
    engine = Engine(Settings(n_fft=N_FFT, hop=HOP), RATE)
    exporter = Exporter(tmp_path / "out.npz", ring, engine, RAW, (0,), timeline)
    stopping = threading.Event()
    stopping.set()
    exporter.run(stopping)
    exporter.finish({"channels": ["1"], "settings": {}})
    with np.load(tmp_path / "out.npz") as npz:
        first = npz["positions"]
        broken = (first < 9_000) & (first + N_FFT > 9_000)
        assert np.array_equal(npz["gap"], broken)
        assert broken.sum() == 3
        assert np.array_equal(np.isnan(npz["db"]).all(axis=1), broken)
        assert not np.isnan(npz["db"][~broken]).any()
        assert npz["gaps"].tolist() == [[9_000, 4_800]]
        after = first >= 9_000
        assert npz["times_s"][after] == pytest.approx((first[after] + 512 + 4_800) / RATE)
        assert npz["times_s"][first + N_FFT <= 9_000] == pytest.approx((first[first + N_FFT <= 9_000] + 512) / RATE)


def test_a_sample_that_is_no_number_makes_columns_that_are_none_but_no_gap(tmp_path):
    sound = white_noise(10_000)
    sound[5_000] = np.nan
    run_to_the_end(of(Blocks([sound[:, None]]), tmp_path / "out.npz"))
    with np.load(tmp_path / "out.npz") as npz:
        reached = (npz["positions"] <= 5_000) & (npz["positions"] + N_FFT > 5_000)
        assert np.array_equal(np.isnan(npz["db"]).any(axis=1), reached)
        assert not npz["gap"].any()


class Overtaken(Engine):
    """The writer of a full ring overwrites the first of the very samples that are being transformed, once."""

    ring: AudioRing

    def columns(self, frames):
        if self.ring.end == self.ring.capacity:
            self.ring.write(white_noise(500, seed=9)[:, None], 0)
        return super().columns(frames)


@pytest.mark.parametrize("at_work", [False, True])
def test_what_was_overwritten_before_it_was_exported_is_a_gap_and_said(tmp_path, at_work):
    ring = AudioRing.in_memory(1, 20_000, 4_000)
    settings = Settings(n_fft=N_FFT, hop=HOP)
    engine = (Overtaken if at_work else Engine)(settings, RATE)
    if at_work:
        engine.ring = ring
    exporter = Exporter(tmp_path / "out.npz", ring, engine, RAW, (0,), Timeline(RATE, live=True))
    sound = white_noise(20_000 if at_work else 45_000)
    for block in np.split(sound[:, None], range(499, len(sound), 499)):
        ring.write(block, 0)
    stopping = threading.Event()
    stopping.set()
    exporter.run(stopping)
    exporter.finish({"channels": ["1"], "settings": {}})
    exact = reference_dbfs(sound, N_FFT, HOP)
    with np.load(tmp_path / "out.npz") as npz:
        gap, levels = npz["gap"], npz["db"]
        assert len(levels) == 1 + (ring.end - N_FFT) // HOP  # a column of each window, heard or not
        assert np.array_equal(gap, np.isnan(levels).any(axis=1))
        assert gap[: 25_000 // HOP].all() or at_work
        assert 0 < gap.sum() < 0.9 * len(gap)
        heard = np.flatnonzero(~gap[: len(exact)])
        assert levels[heard] == pytest.approx(exact[heard], abs=0.01)
        assert np.array_equal(
            npz["times_s"], (npz["positions"] + N_FFT / 2) / RATE
        )  # it was captured: no time is missing
    assert exporter.shortfall == (
        f"The disk or the program was too slow: {gap.sum() * HOP / RATE:.1f} s are a gap in the export"
    )


# ---- the end of a session ----


def test_a_session_ends_by_itself_and_leaves_no_thread(stereo):
    monitor = of(FileSource(stereo[0], None, 0.0))
    run_to_the_end(monitor)
    assert threads_of_livespec() == []
    assert monitor.analysis.columns == 1 + (30_000 - N_FFT) // HOP


def test_an_endless_source_is_stopped_in_under_a_second(tmp_path):
    monitor = of(DemoSource(1.0, RATE), tmp_path / "out.npz")
    monitor.start()
    while monitor.ring.end < 2 * N_FFT:
        time.sleep(0.005)
        assert monitor.poll()
    began = time.monotonic()
    monitor.stop()
    assert time.monotonic() - began < 1
    assert threads_of_livespec() == []
    with np.load(tmp_path / "out.npz") as npz:  # complete, whatever ended the run
        assert len(npz["db"]) == 1 + (monitor.ring.end - N_FFT) // HOP


def test_an_error_in_the_source_ends_the_session_with_that_error():
    monitor = of(Blocks([*noise_blocks(5000), ZeroDivisionError("in the source")]))
    with pytest.raises(ZeroDivisionError, match="in the source"):
        run_to_the_end(monitor)
    assert monitor.ended.is_set()
    assert threads_of_livespec() == []


def test_an_error_in_the_analysis_ends_the_session_with_that_error():
    monitor = of(DemoSource(0.0, RATE))  # endless: nothing but the error can end it

    def fail(frames, out):
        raise ZeroDivisionError("in the analysis")

    monitor.engine.columns_into = fail
    with pytest.raises(ZeroDivisionError, match="in the analysis"):
        run_to_the_end(monitor)
    assert threads_of_livespec() == []


def test_an_error_on_the_disk_ends_the_session_with_that_error(tmp_path):
    monitor = of(DemoSource(0.0, RATE), tmp_path / "out.npz")
    monitor._exporter._file._levels._files[0].close()
    with pytest.raises(ValueError, match="closed file"):
        run_to_the_end(monitor)
    assert threads_of_livespec() == []
    assert list(tmp_path.iterdir()) == []


def test_channels_that_are_not_captured_cannot_be_shown(stereo):
    with pytest.raises(UsageError, match="channel 2 cannot be shown: captured"):
        of(FileSource(stereo[0], (1,), 0.0), show=(2,))
    with pytest.raises(UsageError, match="diff needs two channels"):
        of(FileSource(stereo[0], (1,), 0.0), show="diff")


def test_files_show_their_mix_and_devices_their_first_channel(stereo):
    assert of(FileSource(stereo[0], None, 0.0)).channel_labels == ["mix"]
    assert of(FileSource(stereo[0], (2,), 0.0), show=(2,)).channel_labels == ["2"]
    assert of(DemoSource(0.0, RATE)).channel_labels == ["1"]


# ---- memory ----


@pytest.mark.parametrize(
    ("keys", "channels", "length", "expected"),
    [
        ({"history": 600.0, "history_mb": 512.0}, 1, None, 600 * RATE),
        ({"history": 600.0, "history_mb": 100.0}, 2, None, 100_000_000 // 8),  # the cap wins
        ({"history": 0.0, "span": 10.0}, 1, None, 12 * RATE + 2 * N_FFT),  # no less than the view needs
        ({"history": 600.0, "span": 0.1}, 1, 200_000, 200_000),  # a file is no longer than it is
    ],
)
def test_the_ring_holds_the_history_within_its_cap(keys, channels, length, expected):
    assert ring_capacity(Settings(n_fft=N_FFT, hop=HOP, **keys), RATE, channels, length) == expected


# ---- what was measured ----


def test_stats_have_the_keys_of_the_contract(stereo):
    monitor = of(FileSource(stereo[0], None, 0.0))
    run_to_the_end(monitor)
    stats = json.loads(json.dumps(monitor.stats(), allow_nan=False))
    assert set(stats) - {"clock"} == {  # what is beyond the contract stands under one key
        "version", "source", "settings", "duration_s", "captured_samples", "columns", "skipped_columns", "xruns",
        "gaps", "latency_ms", "frame_ms", "fps", "cpu_percent", "rss_mb", "startup_ms", "levels",
    }  # fmt: skip
    assert stats["version"] == __version__
    assert stats["source"] == {"kind": "file", "name": str(stereo[0]), "samplerate": RATE, "channels": [1, 2]}
    assert stats["settings"]["n_fft"] == N_FFT
    assert stats["duration_s"] == pytest.approx(30_000 / RATE)
    assert stats["captured_samples"] == 30_000
    assert stats["columns"] == 1 + (30_000 - N_FFT) // HOP
    assert (stats["skipped_columns"], stats["xruns"], stats["gaps"]) == (0, 0, [])
    assert set(stats["startup_ms"]) == {"first_sample", "first_column", "first_frame"}
    assert set(stats["latency_ms"]) == {"capture_to_screen", "device"}
    measured = {"channel", "peak_dbfs", "true_peak_dbtp", "rms_dbfs", "crest_db", "dc_offset", "clipped"}
    assert [set(level) for level in stats["levels"]] == [measured] * 2
    assert stats["levels"][0]["crest_db"] == pytest.approx(3.01, abs=0.01)
    assert stats["levels"][0]["rms_dbfs"] == pytest.approx(20 * np.log10(0.5), abs=0.01)


def test_what_was_not_measured_is_null_and_never_a_guess(stereo):
    monitor = of(FileSource(stereo[0], None, 0.0))
    run_to_the_end(monitor)
    stats = monitor.stats()
    assert stats["frame_ms"] is None
    assert stats["fps"] is None
    assert stats["latency_ms"] == {"capture_to_screen": None, "device": None}
    assert stats["startup_ms"]["first_frame"] is None
    assert 0 < stats["startup_ms"]["first_sample"] <= stats["startup_ms"]["first_column"]


def test_percentiles_are_those_of_what_a_view_measured(stereo):
    monitor = of(FileSource(stereo[0], None, 0.0))
    for milliseconds in range(1, 101):
        monitor.view_figures.frame_ms.add(milliseconds)
    run_to_the_end(monitor)
    assert monitor.stats()["frame_ms"] == pytest.approx({"p50": 50.5, "p95": 95.05, "p99": 99.01}, abs=0.001)


# ---- the analysis and its view ----


def analysed(ring, view=VIEW, *, may_skip=False, averaging="off", engine=Engine):
    made = engine(Settings(n_fft=N_FFT, hop=HOP, averaging=averaging), RATE)
    return Analysis(ring, made, (0,), Timeline(RATE, live=False), view, may_skip=may_skip)


def test_another_view_is_the_same_past_analysed_again():
    ring = AudioRing.in_memory(1, 200_000)
    ring.write(white_noise(100_000)[:, None], 0)
    changed, settled = analysed(ring), analysed(ring, ViewRequest(90, 4))
    changed.step()
    first = changed.store
    changed.request(ViewRequest(90, 4))
    assert changed.store is first  # the old picture stands
    changed.step()
    settled.step()
    assert (changed.store.capacity, changed.store.pooled) == (90, 4)
    ring.write(white_noise(10_000, seed=2)[:, None], 0)
    changed.step()
    settled.step()
    end = settled.store.end
    assert changed.store.end == end
    # The oldest cell may lack columns that lay before the view; all later ones are the same to the last bit.
    assert np.array_equal(changed.store.cells(end - 85, end), settled.store.cells(end - 85, end))


CHANGES = {
    "longer windows": {"n_fft": 2048, "hop": 256},
    "a finer step": {"hop": 32},
    "another window": {"window": "blackmanharris"},
    "averaging": {"averaging": "exp:0.05"},
    "many resolutions": {"n_fft": 2048, "hop": 64, "multiresolution": True},
}


def until_filled(analysis):
    analysis.step()
    while analysis.filling:
        analysis.step()


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_another_analysis_is_the_same_past_analysed_again_and_goes_on_without_a_seam(change):
    settings = replace(Settings(n_fft=N_FFT, hop=HOP), **change)
    ring, engine = AudioRing.in_memory(2, 200_000), Engine(settings, RATE)
    cells = 40_000 // engine.hop
    view = ViewRequest(cells, 1, engine.settings, "mix")
    settled = Analysis(ring, engine, "mix", Timeline(RATE, live=False), ViewRequest(cells, 1), may_skip=False)
    changed = analysed(ring)
    sound = white_noise(200_000).reshape(-1, 2)
    for number, block in enumerate(np.split(sound, 125)):
        ring.write(block, 0)
        changed.step()
        if number == 61:
            changed.request(view)
    until_filled(changed)
    settled.step()
    newest = settled.store.end
    assert changed.store.end == newest
    wanted = newest - cells + 3, newest
    apart = np.abs(changed.store.cells(*wanted) - settled.store.cells(*wanted)).max()
    assert apart <= (0.01 if "averaging" in change else 0)


def test_the_newest_of_another_analysis_is_there_before_the_oldest():
    ring = AudioRing.in_memory(1, 1_000_000)
    ring.write(white_noise(900_000)[:, None], 0)
    analysis = analysed(ring)
    analysis.step()
    analysis.request(ViewRequest(200_000, 1, Settings(n_fft=N_FFT, hop=4).at_rate(RATE)))
    analysis.step()
    store = analysis.store
    assert analysis.filling
    assert 0 < store.oldest < store.end
    assert store.end == 1 + (900_000 - N_FFT) // 4
    assert not np.isnan(store.cells(store.oldest, store.end)).any()
    oldest = store.oldest
    until_filled(analysis)
    assert analysis.store is store
    assert store.oldest < oldest


def test_what_a_store_says_that_it_has_it_has_at_every_moment_of_filling():
    """The window looks at any moment, from another thread."""
    ring = AudioRing.in_memory(1, 1_000_000)
    ring.write(white_noise(900_000)[:, None], 0)
    analysis = analysed(ring)
    analysis.step()
    settings = Settings(n_fft=N_FFT, hop=20).at_rate(RATE)
    missing, looked, ended = [], [0], threading.Event()

    def look():
        while not ended.is_set():
            for store in (analysis.store, analysis.past):
                if store is not None:
                    first, stop = store.oldest, store.end
                    missing.append(np.isnan(store.cells(first, stop)[:, 0]).sum())
                    looked[0] += 1

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        for pooled, ends_at in ((1, None), (7, None), (3, 600_000), (3, 550_000), (3, 500_000)):
            analysis.request(ViewRequest(40_000 // pooled, pooled, settings, None, ends_at))
            until_filled(analysis)
            while ends_at is not None and not analysis.past_is_full:
                analysis.step()
    finally:
        ended.set()
        watcher.join()
    assert looked[0] > 20
    assert not any(missing)


def test_a_setting_that_cannot_be_is_refused_and_the_picture_goes_on():
    ring = AudioRing.in_memory(1, 200_000)
    ring.write(white_noise(50_000)[:, None], 0)
    analysis = analysed(ring)
    analysis.step()
    store = analysis.store
    analysis.request(
        ViewRequest(200, 1, replace(Settings(n_fft=N_FFT, hop=HOP), window="no such window").at_rate(RATE))
    )
    analysis.step()
    assert "no such window" in str(analysis.refused)
    ring.write(white_noise(10_000)[:, None], 0)
    analysis.step()
    assert analysis.store is store
    assert store.end == 1 + (60_000 - N_FFT) // HOP


@pytest.mark.parametrize("pooled", [1, 3])
@pytest.mark.parametrize("averaging", ["off", "exp:0.02"])
def test_any_stretch_of_the_past_can_be_looked_at_while_the_sound_goes_on(pooled, averaging):
    ring = AudioRing.in_memory(1, 700_000)
    settings = Settings(n_fft=N_FFT, hop=HOP, averaging=averaging).at_rate(RATE)
    analysis = analysed(ring, averaging=averaging)
    sound = white_noise(600_000)[:, None]
    ring.write(sound[:500_000], 0)
    analysis.step()
    whole = Analysis(
        ring, Engine(settings, RATE), (0,), Timeline(RATE, live=False), ViewRequest(9000, pooled), may_skip=False
    )
    whole.step()
    for ends_at in (400_000, 398_000, 380_000, 384_000, 100_000, 60_000, 450_000):
        ring.write(sound[500_000 : 500_000 + 1000], 0)
        analysis.request(ViewRequest(300, pooled, settings, None, ends_at))
        analysis.step()
        while not analysis.past_is_full:
            analysis.step()
        past = analysis.past
        stop = int(past.cell_at(ends_at)) + 1
        first = max(0, stop - 300)
        assert past.oldest <= first
        assert past.end >= stop
        assert np.abs(past.cells(first + 1, stop) - whole.store.cells(first + 1, stop)).max() <= (
            0 if averaging == "off" else 0.01
        )
    analysis.request(ViewRequest(300, pooled, settings))
    analysis.step()
    assert analysis.past is None
    newest = 1 + (507_000 - N_FFT) // HOP
    assert analysis.store.end == -(-newest // pooled)


def test_a_window_too_short_for_the_trigger_is_refused_and_the_analysis_goes_on():
    ring = AudioRing.in_memory(1, 200_000)
    timeline = Timeline(RATE, live=False)
    settings = Settings(n_fft=N_FFT, hop=HOP, trigger="60-100:-40").at_rate(RATE)
    plan = alert_plan(settings)
    alerts = Alerts(plan, ring, timeline, Sound(np.zeros((1, 1)), RATE))
    view = ViewRequest(100, 1)
    analysis = Analysis(ring, Engine(settings, RATE), (0,), timeline, view, may_skip=False, alerts=alerts)
    ring.write(white_noise(50_000)[:, None], 0)
    analysis.step()
    columns = analysis.columns
    analysis.request(ViewRequest(100, 1, replace(settings, n_fft=128, hop=32)))
    analysis.step()
    assert "no bin" in analysis.refused.message
    assert analysis.store.n_fft == N_FFT
    ring.write(white_noise(50_000)[:, None], 0)
    analysis.step()
    assert analysis.columns > columns


@pytest.mark.parametrize("n_ffts", [(65_536,), (8192, 16_384, 32_768, 65_536), (65_536, 1024), (512, 65_536, 4096)])
def test_another_window_length_leaves_no_hole_while_the_sound_goes_on(n_ffts):
    """A longer window is whole later: columns that could not be made yet when the past was filled in come after it."""
    ring = AudioRing.in_memory(1, 900_000)
    analysis = analysed(ring)
    sound = white_noise(800_000)[:, None]
    ring.write(sound[:300_000], 0)
    analysis.step()
    for n_fft in n_ffts:
        analysis.request(ViewRequest(2000, 1, Settings(n_fft=n_fft, hop=n_fft // 8).at_rate(RATE)))
        for _ in range(3):
            ring.write(sound[ring.end : ring.end + 4096], 0)
            analysis.step()
    while ring.end < 600_000:
        ring.write(sound[ring.end : ring.end + 4096], 0)
        analysis.step()
    while analysis.filling:
        analysis.step()
    store = analysis.store
    assert store.end == 1 + (ring.end - n_ffts[-1]) // (n_ffts[-1] // 8)
    assert not np.isnan(store.cells(max(store.oldest, 0), store.end)).any()


def test_mel_bands_chroma_and_pitch_of_the_past_are_those_of_the_sound():
    ring = AudioRing.in_memory(1, 200_000)
    analysis = analysed(ring)
    second = np.arange(100_000) / RATE
    hz = np.where(second < 1, 220.0, 330.0)
    ring.write(sum(0.2 / k * np.sin(2 * np.pi * k * hz * second) for k in range(1, 9)).astype(np.float32)[:, None], 0)
    analysis.step()
    assert np.isnan(analysis.store.pitch_hz(0, analysis.store.end)).all()
    analysis.request(ViewRequest(400, 1, Settings(n_fft=N_FFT, hop=HOP, picture="chroma", pitch=True)))
    analysis.step()
    store = analysis.store
    assert (store.picture, store.bins) == ("chroma", 12)
    before, after = (round(s * RATE / HOP) for s in (0.5, 1.5))
    names = [NAMES[int(k)] for k in store.cells(before, after + 1)[[0, -1]].argmax(axis=1)]
    assert names == ["A", "E"]
    assert store.pitch_hz(before, after + 1)[[0, -1]] == pytest.approx([220, 330], rel=0.002)
    settings = Settings(n_fft=N_FFT, hop=HOP, picture="mel").at_rate(RATE)
    analysis.request(ViewRequest(400, 1, settings))
    analysis.step()
    axis = MelBandAxis.of(settings.fmin, settings.fmax)
    loudest = analysis.store.cells(before, before + 1)[0].argmax()
    assert abs(axis.frequency((loudest + 0.5) / 128) - 220) < 30
    assert np.isnan(analysis.store.pitch_hz(before, after)).all()


def loud_then_quiet(samples, loud):
    sound = white_noise(samples)
    sound[loud:] *= 1e-4
    return sound[:, None]


@pytest.mark.parametrize("averaging", ["fast", "exp:0.02", "mean:9", "max:40"])
def test_an_averaged_past_analysed_again_reads_as_it_did_live(averaging):
    """The loud part lies before the view and is still in the averages."""
    ring = AudioRing.in_memory(1, 400_000)
    analysis = analysed(ring, averaging=averaging)
    for block in np.split(loud_then_quiet(300_000, 240_000), 100):
        ring.write(block, 0)
        analysis.step()
    end = analysis.store.end
    live = analysis.store.cells(end - 50, end)
    analysis.request(ViewRequest(199, 1))
    analysis.step()
    again = analysis.store.cells(end - 50, end)
    assert np.abs(live - again).max() <= 0.01
    raw = analysed(ring)
    raw.step()
    assert np.abs(raw.store.cells(end - 50, end) - live).max() > 3  # there is something to remember


@pytest.mark.parametrize("averaging", ["slow", "mean:80"])
def test_what_was_before_a_gap_is_no_part_of_the_averages_after_it(averaging):
    ring = AudioRing.in_memory(1, 400_000)
    analysis = analysed(ring, averaging=averaging)
    ring.write(loud_then_quiet(60_000, 40_000), 0)
    analysis.step()
    assert analysis.store.cells(analysis.store.end - 1, analysis.store.end).mean() > -70
    analysis.timeline.gaps = (Gap(40_000, 9_000, "lost"),)  # known late, as gaps are
    ring.write(loud_then_quiet(3_000, 0), 0)
    analysis.step()
    end = analysis.store.end
    quiet = analysis.store.cells(-(-40_000 // HOP), end)
    assert np.nanmax(quiet) < -100
    straddling = range((40_000 - N_FFT) // HOP + 1, -(-40_000 // HOP))
    assert np.isnan(analysis.store.picked(straddling)).all()


def test_an_export_is_averaged_weighted_and_says_so(stereo, tmp_path):
    keys = {"averaging": "mean:5", "quantity": "density", "reference": "rms"}
    run_to_the_end(of(FileSource(stereo[0], None, 0.0), tmp_path / "out.npz", show=(2,), **keys))
    exact = reference_dbfs(stereo[1][:, 1], N_FFT, HOP)
    power = 10 ** (exact / 10)
    mean = np.stack([power[max(0, k - 4) : k + 1].mean(axis=0) for k in range(len(power))])
    per_hz = -10 * np.log10(2) - 10 * np.log10(1.5 * RATE / N_FFT)
    with np.load(tmp_path / "out.npz") as npz:
        assert npz["db"][:, 1:-1] == pytest.approx(10 * np.log10(mean[:, 1:-1]) + per_hz, abs=0.01)
        assert str(npz["units"]).startswith("dBFS rms/Hz (")


class Slow(Engine):
    """So slow that a batch of columns takes as long as the sound of 1.5 of them is handed in by `fed_faster`."""

    def columns_into(self, frames, out):
        time.sleep(0.01)
        super().columns_into(frames, out)


def fed_faster(analysis, ring, steps):
    """More in each step than it gets done."""
    sound = white_noise(round(1.5 * 32 * HOP))[:, None]
    for _ in range(steps):
        ring.write(sound, 0)
        analysis.step(0.005)


def test_a_view_whose_analysis_is_steadily_too_slow_shows_what_is_new_and_counts_what_it_left_out():
    ring = AudioRing.in_memory(1, 20_000_000)
    analysis = analysed(ring, ViewRequest(4_000, 1), may_skip=True, engine=Slow)
    analysis.request(ViewRequest(4_000, 1))
    behind, began = [], time.perf_counter()
    while time.perf_counter() - began < 3.5:
        fed_faster(analysis, ring, 1)
        behind.append((ring.end - N_FFT) // HOP - analysis.store.end)
    skips = np.flatnonzero(np.diff(behind) < -100)
    assert 1 <= len(skips) <= 3  # it is a while before it is sure
    assert min(behind[skips[0] :]) <= 32 * 1.5
    assert analysis.too_slow
    assert analysis.overwritten == ()  # the sound is still there
    analysis.step()
    assert analysis.columns + analysis.skipped_columns == analysis.store.end == 1 + (ring.end - N_FFT) // HOP


def test_averages_that_take_long_to_warm_up_hold_up_nothing_and_are_the_same():
    sound = white_noise(3_000_000)
    ring = AudioRing.in_memory(1, 3_000_000)
    for block in np.split(sound[:, None], 60):
        ring.write(block, 0)
    slow = VIEW._replace(settings=Settings(n_fft=N_FFT, hop=HOP, averaging="slow"))
    at_once, bit_by_bit = analysed(ring, may_skip=True), analysed(ring, may_skip=True)
    for analysis in (at_once, bit_by_bit):
        analysis.step()
        analysis.request(slow)
    at_once.step()
    before = bit_by_bit.store
    bit_by_bit.step(0.0)
    assert bit_by_bit.store is before  # the old picture stands
    bit_by_bit.request(VIEW)
    bit_by_bit.step(0.0)
    assert bit_by_bit.store is not before  # it need not be waited for
    bit_by_bit.request(slow)
    steps = 0
    while bit_by_bit.filling:
        steps += 1
        bit_by_bit.step(0.0)
    while at_once.filling:
        at_once.step()
    assert steps > 50
    cells = range(at_once.store.oldest, at_once.store.end)
    assert len(cells) > 100
    np.testing.assert_array_equal(bit_by_bit.store.picked(cells), at_once.store.picked(cells))


def test_where_nobody_looks_on_no_column_is_left_out_while_its_sound_is_there():
    ring = AudioRing.in_memory(1, 20_000_000)
    analysis = analysed(ring, ViewRequest(100, 1), may_skip=True, engine=Slow)
    began = time.perf_counter()
    while time.perf_counter() - began < 1.5:
        fed_faster(analysis, ring, 1)
    assert analysis.too_slow
    assert analysis.skipped_columns == 0
    assert analysis.columns == analysis.store.end


def test_who_was_only_held_up_catches_up_and_leaves_nothing_out():
    ring = AudioRing.in_memory(1, 4_000_000)
    analysis = analysed(ring, ViewRequest(100, 1), may_skip=True)
    analysis.request(ViewRequest(100, 1))
    for _ in range(20):
        ring.write(white_noise(3 * RATE)[:, None], 0)  # as after a stop of a minute
    while not analysis.caught_up:
        analysis.step(0.005)
    assert analysis.skipped_columns == 0
    assert analysis.columns == 1 + (60 * RATE - N_FFT) // HOP


def test_an_analysis_that_is_two_seconds_behind_a_device_says_so():
    ring = AudioRing.in_memory(1, 200_000)
    live, file = (analysed(ring, ViewRequest(1_000, 1), may_skip=may_skip) for may_skip in (True, False))
    ring.write(white_noise(2 * RATE)[:, None], 0)
    assert live.too_slow is None
    ring.write(white_noise(round(0.6 * RATE))[:, None], 0)
    assert live.too_slow.startswith("This machine is too slow")
    assert file.too_slow is None  # it waits for its readers
    live.step()
    assert live.too_slow is None


def test_each_column_is_timed_by_the_block_that_completed_it():
    ring = AudioRing.in_memory(1, 200_000)
    for number, block in enumerate(noise_blocks(20_000, 53)):
        ring.write(block, (number + 1) * 1_000_000)
    analysis = analysed(ring)
    analysis.step()
    last_samples = np.arange(analysis.store.end) * HOP + N_FFT - 1
    assert 52 in last_samples % 53  # one of them is the last of its block
    for column, last in enumerate(last_samples.tolist()):
        assert analysis.store.entered_ns(column) == (last // 53 + 1) * 1_000_000


def test_sound_that_was_overwritten_before_it_was_looked_at_is_a_gap_with_its_cause():
    ring = AudioRing.in_memory(1, 70_000)
    analysis = analysed(ring, ViewRequest(2_000, 1), may_skip=True)
    sound = white_noise(300_000)
    for block in np.split(sound[:20_000, None], range(499, 20_000, 499)):
        ring.write(block, 0)
    analysis.step()
    assert analysis.overwritten == ()
    read = analysis.store.end
    for block in np.split(sound[20_000:, None], range(499, 280_000, 499)):  # as when the program was stopped
        ring.write(block, 0)
    analysis.step()
    (gap,) = analysis.overwritten
    assert gap.cause == "overwritten"
    assert gap.position - gap.samples == read * HOP
    assert 300_000 - 70_000 <= gap.position < 300_000 - 70_000 + N_FFT + 33 * HOP
    assert analysis.skipped_columns * HOP == gap.samples
    assert analysis.columns + analysis.skipped_columns == analysis.store.end == 1 + (300_000 - N_FFT) // HOP
    exact = reference_dbfs(sound, N_FFT, HOP)[gap.position // HOP :]
    assert analysis.store.picked(range(gap.position // HOP, analysis.store.end)) == pytest.approx(exact, abs=0.01)
    (level,) = analysis.meter.levels()
    assert level.peak_dbfs == pytest.approx(20 * np.log10(np.abs(sound).max()), abs=3)


# ---- a replay that is steered ----


def sought(path, target, lead_in, **keys):
    """A session on a file that has jumped once and stands there."""
    source = ReplaySource(path, None, Transport())
    monitor = of(source, **keys)
    monitor.start()
    wait_until(lambda: monitor.analysis.columns > 20, "it plays")
    source.steer(Transport(paused=True))
    source.jump(target, lead_in)
    wait_until(lambda: not source.jumping and monitor.timeline.known_until == monitor.ring.end, "it has arrived")
    newest = (monitor.ring.end - N_FFT) // HOP
    wait_until(lambda: monitor.analysis.store.end > newest, "it is analysed")
    return monitor


@pytest.mark.parametrize("averaging", ["off", "max", "mean:4"])
def test_after_a_jump_the_columns_are_those_of_the_file_there_and_know_nothing_of_before(tmp_path, averaging):
    loud_first = np.concatenate([white_noise(60_000), white_noise(140_000, rms=0.001, seed=2)])
    soundfile.write(tmp_path / "a.wav", loud_first, RATE, subtype="FLOAT")
    monitor = sought(tmp_path / "a.wav", 150_000, 40_000, averaging=averaging)
    try:
        leg, store = monitor.source.legs[-1], monitor.analysis.store
        first = -(-leg.seam // HOP)
        assert Columns.now(store, leg.seam).oldest == first
        db = store.cells(first, store.end)
    finally:
        monitor.stop()
    assert leg.begins == 110_000
    start = leg.begins + first * HOP - leg.seam
    amplitudes = 10 ** (reference_dbfs(loud_first[start:150_000], N_FFT, HOP) / 20)
    if averaging == "max":
        amplitudes = np.maximum.accumulate(amplitudes)
    elif averaging == "mean:4":
        power = np.stack([np.mean(amplitudes[max(0, k - 3) : k + 1] ** 2, axis=0) for k in range(len(amplitudes))])
        amplitudes = np.sqrt(power)
    assert len(db) == len(amplitudes)
    assert np.abs(db - 20 * np.log10(amplitudes)).max() < 0.05


def test_the_time_line_goes_on_at_the_pace_of_the_leg_after_a_lead_in(tmp_path):
    soundfile.write(tmp_path / "a.wav", white_noise(400_000), RATE, subtype="FLOAT")
    monitor = sought(tmp_path / "a.wav", 200_000, 100_000)
    try:
        monitor.source.steer(Transport(speed=2.0))
        went_on = monitor.ring.end
        wait_until(lambda: monitor.ring.end > went_on + RATE, "it goes on")
        timeline = monitor.timeline
        assert timeline.leg.speed == 2.0
        ahead = [timeline.seconds_now() - monitor.ring.end / RATE for _ in range(50) if not time.sleep(0.002)]
    finally:
        monitor.stop()
    assert abs(np.median(ahead)) < 0.1
    assert timeline.gaps == ()
