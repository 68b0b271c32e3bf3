"""Recordings against the samples that were captured: every bit of them, and what is told of those that were not."""

import json
import threading
import time

import numpy as np
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from livespec.capture.legs import Leg
from livespec.capture.moment import now_ns
from livespec.capture.source import SourceInfo
from livespec.core.ring import OPENED, AudioRing
from livespec.errors import FileError, UsageError
from livespec.session import recorder as recorder_module
from livespec.session import sound_file
from livespec.session.analysis import ViewRequest
from livespec.session.clock import Timeline
from livespec.session.gap_index import Gap
from livespec.session.monitor import Monitor
from livespec.session.recorder import Recorder, RecordingPlan, path_of, record_stretch, recording_plan_of_key
from livespec.session.sound_file import as_integers, create
from livespec.settings import Settings
from tests.support.full_disk import room_for
from tests.support.program import wait_until
from tests.support.signals import white_noise

RATE = 48_000
BITS = [("wav", "16"), ("wav", "24"), ("wav", "float"), ("flac", "16"), ("flac", "24")]


class Capture:
    """A ring that is written by hand, and a time line that knows what it is told."""

    def __init__(self, channels=2, capacity=4 * RATE):
        self.ring = AudioRing.in_memory(channels, capacity)
        self.timeline = Timeline(RATE, live=True)
        self.sound = np.stack([white_noise(8 * RATE, seed=seed) for seed in range(channels)], axis=1)
        self.source = Microphone()

    def write(self, samples):
        """The next samples, in blocks; known at once."""
        start = self.ring.end
        for at in range(start, start + samples, 512):
            self.ring.write(self.sound[at : min(at + 512, start + samples)], 0)
        self.timeline._end = self.ring.end

    def lose(self, samples, cause="lost"):
        self.timeline.gaps = (*self.timeline.gaps, Gap(self.ring.end, samples, cause))

    def recorder(self, plan, begin=0, since_s=0.0):
        return Recorder(plan, self.ring, self.timeline, begin, self.source, since_s)


def plan(folder, name="take.wav", **more):
    return RecordingPlan(name, **{"sample_format": "float", "folder": folder, **more})


def read(path, sample_format="float"):
    """(n, channels) as whole numbers of its bits, or as floats."""
    if sample_format == "float":
        return soundfile.read(path, dtype="float32", always_2d=True)[0]
    return soundfile.read(path, dtype="int32", always_2d=True)[0] >> (32 - int(sample_format))


@pytest.mark.parametrize(
    ("channels", "chosen", "name"),
    [
        (8, {}, "livespec {date} {time}.flac"),
        (32, {}, "livespec {date} {time}.wav"),
        (2, {"record_format": "float"}, "livespec {date} {time}.wav"),
        (32, {"record_name": "take.flac"}, "take.flac"),
    ],
)
def test_a_name_that_nobody_has_chosen_is_of_a_kind_that_can_hold_the_sound(tmp_path, channels, chosen, name):
    made = recording_plan_of_key(Settings(**chosen), channels, tmp_path)
    assert (made.name, made.folder) == (name, tmp_path)


@pytest.mark.parametrize("suffix", ["wav", "flac"])
def test_a_recording_can_wait_for_sound_that_is_long_in_coming(tmp_path, suffix):
    """As by R while the device is away: its file is brought up to date all the same, with nothing in it."""
    capture = Capture()
    recorder = capture.recorder(plan(tmp_path, f"take.{suffix}", sample_format="24"))
    recorder._synced -= 10
    recorder.record_until(0)
    assert recorder.trouble is None
    capture.write(20_000)
    recorder.finish()
    assert len(read(tmp_path / f"take.{suffix}", "24")) == 20_000


def test_a_recording_by_key_goes_beside_what_has_its_name(tmp_path):
    capture = Capture()
    chosen = recording_plan_of_key(Settings(record_name="take.wav"), 2, tmp_path)
    for _ in range(3):  # as by R in a hurry, within the second that the name tells
        recorder = capture.recorder(chosen)
        capture.write(1000)
        recorder.finish()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["take-2.wav", "take-3.wav", "take.wav"]


@pytest.mark.parametrize(("suffix", "sample_format"), BITS)
def test_every_sample_is_in_the_file_to_the_last_bit(tmp_path, suffix, sample_format):
    capture = Capture()
    recorder = capture.recorder(plan(tmp_path, f"take.{suffix}", sample_format=sample_format))
    for samples in (1, 700, 48_000, 5000, 90_000):
        capture.write(samples)
        recorder.record_until(capture.timeline.known_until)
    recorder.finish()
    sound = capture.sound[: capture.ring.end]
    if sample_format == "float":
        expected = sound
    else:
        full = 1 << (int(sample_format) - 1)
        expected = np.clip(np.rint(sound.astype(np.float64) * full), -full, full - 1).astype(np.int32)
    np.testing.assert_array_equal(read(tmp_path / f"take.{suffix}", sample_format), expected)
    assert recorder.seconds == len(sound) / RATE


@pytest.mark.parametrize("bits", [16, 24])
def test_what_a_converter_gave_comes_back_bit_by_bit(tmp_path, bits):
    full = 1 << (bits - 1)
    numbers = np.concatenate([np.arange(-full, full, 251), [full - 1]]).astype(np.int32)
    file = create(tmp_path / "a.flac", RATE, 1, str(bits))
    file.write((numbers / full).astype(np.float32)[None])
    file.close()
    np.testing.assert_array_equal(read(tmp_path / "a.flac", str(bits))[:, 0], numbers)


def test_samples_beyond_full_scale_are_clipped_and_those_that_are_no_numbers_are_silent(tmp_path):
    file = create(tmp_path / "a.wav", RATE, 1, "16")
    file.write(np.array([[1.5, -3, np.nan, np.inf, -np.inf, 0.25]], np.float32))
    file.close()
    assert read(tmp_path / "a.wav", "16")[:, 0].tolist() == [32767, -32768, 0, 32767, -32768, 8192]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("bits", [16, 24])
def test_of_bytes_that_are_no_sound_nothing_is_said_and_what_are_numbers_stay(bits):
    samples = np.frombuffer(np.random.default_rng(1).bytes(1_000_000), "<f4")  # signalling NaNs among them
    assert np.isnan(samples).any()
    full = 1 << (bits - 1)
    expected = [
        0 if np.isnan(sample) else round(max(-full, min(full - 1, float(sample) * full))) for sample in samples.tolist()
    ]
    assert as_integers(samples[None], bits)[:, 0].tolist() == expected


@pytest.mark.parametrize(("suffix", "sample_format"), BITS)
def test_what_was_synchronised_can_be_played_whatever_comes_then(tmp_path, suffix, sample_format):
    file = create(tmp_path / f"a.{suffix}", RATE, 3, sample_format)
    sound = np.stack([white_noise(3 * RATE, seed=seed) for seed in range(3)])
    for second in range(3):
        for at in range(second * RATE, (second + 1) * RATE, 1000):
            file.write(sound[:, at : at + 1000])
        file.sync()
        (tmp_path / f"left.{suffix}").write_bytes((tmp_path / f"a.{suffix}").read_bytes())
        left = read(tmp_path / f"left.{suffix}")
        assert (second + 1) * RATE - 2 * 4096 <= len(left) <= (second + 1) * RATE
        np.testing.assert_allclose(left, sound.T[: len(left)], atol=2**-15)
    file.close()


@pytest.mark.parametrize(("suffix", "sample_format"), BITS)
def test_what_ends_before_it_was_synchronised_can_be_read(tmp_path, suffix, sample_format):
    file = create(tmp_path / f"a.{suffix}", RATE, 2, sample_format)
    for samples in (4096, 1, 5000):
        file.write(np.zeros((2, samples), np.float32))
        if file.frames > 4096:
            left = tmp_path / f"{file.frames}.{suffix}"
            left.write_bytes((tmp_path / f"a.{suffix}").read_bytes())
            assert len(read(left)) <= file.frames
    file.close()


def test_beyond_four_gigabytes_a_wav_is_rf64(tmp_path, monkeypatch):
    file = create(tmp_path / "a.wav", RATE, 2, "float")
    sound = np.stack([white_noise(RATE), white_noise(RATE, seed=2)])
    file.write(sound)
    monkeypatch.setattr("livespec.session.sound_file._LARGEST_RIFF", 1000)  # as if that were four gigabytes
    file.close()
    assert (tmp_path / "a.wav").read_bytes()[:4] == b"RF64"
    info = soundfile.info(tmp_path / "a.wav")
    assert (info.format, info.frames, info.channels) == ("RF64", RATE, 2)
    np.testing.assert_array_equal(read(tmp_path / "a.wav"), sound.T)


# ---- gaps ----


def test_of_a_gap_the_file_has_zeros_and_a_list_tells_of_it(tmp_path):
    capture = Capture()
    recorder = capture.recorder(plan(tmp_path))
    capture.write(10_000)
    recorder.record_until(capture.timeline.known_until)
    capture.lose(4800)
    capture.write(10_000)
    capture.lose(100, "overflow")
    capture.write(5000)
    recorder.finish()
    sound = capture.sound
    silent = np.zeros((4800, 2), np.float32)
    expected = np.concatenate([sound[:10_000], silent, sound[10_000:20_000], silent[:100], sound[20_000:25_000]])
    np.testing.assert_array_equal(read(tmp_path / "take.wav"), expected)
    assert json.loads((tmp_path / "take.wav.gaps.json").read_text()) == [
        {"sample": 10_000, "lost": 4800, "cause": "lost", "zeros": True, "device": "Scarlett 2i2: USB"},
        {"sample": 24_800, "lost": 100, "cause": "overflow", "zeros": True, "device": "Scarlett 2i2: USB"},
    ]


def test_the_list_names_the_device_that_is_heard_behind_each_gap_also_of_what_is_recorded_later(tmp_path):
    capture = Capture()
    recorder = capture.recorder(plan(tmp_path))
    stretches = ("Scarlett", "Webcam", "Webcam", "Scarlett", "Scarlett")
    for number, name in enumerate(stretches):
        if number:
            capture.lose(100, "reopened")
        for tried in ("Another", name):  # the first one gives nothing
            capture.source.info = capture.source.info.hearing(tried, capture.ring.end)
        capture.write(5000)
        if number % 2:  # the others are seen late
            recorder.record_until(capture.timeline.known_until)
    recorder.finish()
    record_stretch(plan(tmp_path, "later.wav"), capture.ring, capture.timeline, (7000, 25_000), capture.source)
    told = [[gap["device"] for gap in json.loads(path.read_text())] for path in sorted(tmp_path.glob("*.gaps.json"))]
    assert told == [list(stretches[2:]), list(stretches[1:])]
    assert capture.source.info.devices == ((0, "Scarlett"), (5000, "Webcam"), (15_000, "Scarlett"))


def test_after_a_gap_of_more_than_a_minute_a_new_file_begins(tmp_path):
    capture = Capture()
    recorder = capture.recorder(plan(tmp_path))
    capture.write(10_000)
    capture.lose(61 * RATE, "reopened")
    capture.write(7000)
    recorder.finish()
    assert [path.name for path in recorder.files] == ["take.wav", "take-2.wav"]
    np.testing.assert_array_equal(read(tmp_path / "take.wav"), capture.sound[:10_000])
    np.testing.assert_array_equal(read(tmp_path / "take-2.wav"), capture.sound[10_000:17_000])
    assert json.loads((tmp_path / "take.wav.gaps.json").read_text())[0]["zeros"] is False


@pytest.mark.parametrize(
    ("before_s", "lost_s", "silent_s", "passed_over_s"),
    [
        (10, 12.5, 2.5, 0),
        (66, 68, 2, 0),
        (66, 130, 0, 0),  # longer than a minute also behind the beginning: the file begins with what comes then
        (0.75, 0.5, 0, 0.25),  # the device was back, but what it had lost was not decided
        (0.75, 0, 0, 0.75),  # late and not lost: sound from before the beginning, too
    ],
)
def test_a_recording_that_begins_while_the_device_is_away_begins_then(
    tmp_path, before_s, lost_s, silent_s, passed_over_s
):
    capture = Capture()
    capture.write(10_000)
    recorder = capture.recorder(plan(tmp_path), 10_000, 10_000 / RATE + before_s)
    recorder.record_until(capture.timeline.known_until)
    if lost_s:
        capture.lose(round(lost_s * RATE), "reopened")
    for _ in range(2):
        capture.write(RATE // 2)
        recorder.record_until(capture.timeline.known_until)
    recorder.finish()
    sound = capture.sound[10_000 + round(passed_over_s * RATE) : capture.ring.end]
    expected = np.concatenate([np.zeros((round(silent_s * RATE), 2), np.float32), sound])
    np.testing.assert_array_equal(read(tmp_path / "take.wav"), expected)
    assert not list(tmp_path.glob("take-*"))
    if silent_s:
        (gap,) = json.loads((tmp_path / "take.wav.gaps.json").read_text())
        assert (gap["sample"], gap["lost"]) == (0, silent_s * RATE)


def test_a_long_gap_behind_which_nothing_comes_leaves_no_file_without_a_sample(tmp_path):
    capture = Capture()
    for samples, left in ((0, []), (1000, ["take.wav", "take.wav.gaps.json"])):
        recorder = capture.recorder(plan(tmp_path), capture.ring.end)
        capture.write(samples)
        recorder.record_until(capture.timeline.known_until)
        capture.lose(61 * RATE)
        recorder.finish()
        assert sorted(path.name for path in tmp_path.iterdir()) == left


def test_what_a_slow_disk_did_not_take_is_a_gap_and_the_time_stays_right(tmp_path):
    capture = Capture(capacity=RATE)
    recorder = capture.recorder(plan(tmp_path))
    capture.write(10_000)
    recorder.record_until(capture.timeline.known_until)
    capture.write(5 * RATE)
    recorder.finish()
    (gap,) = json.loads((tmp_path / "take.wav.gaps.json").read_text())
    assert (gap["sample"], gap["cause"]) == (10_000, "overwritten")
    recorded = read(tmp_path / "take.wav")
    assert len(recorded) == capture.ring.end
    behind = 10_000 + gap["lost"]
    assert not recorded[10_000:behind].any()
    np.testing.assert_array_equal(recorded[behind:], capture.sound[behind : capture.ring.end])
    assert len(recorded) - behind > RATE // 2
    assert recorder.shortfall == (
        f"The disk or the program was too slow: {gap['lost'] / RATE:.1f} s are silence in take.wav"
    )


def test_what_was_not_taken_is_told_with_the_files_that_it_is_silence_in_or_the_list_that_tells_of_it(
    tmp_path, monkeypatch
):
    capture = Capture(capacity=RATE)
    recorder = capture.recorder(plan(tmp_path, split_s=1))
    capture.write(3 * RATE)
    recorder.record_until(capture.timeline.known_until)
    silent_s = recorder.overwritten / RATE
    assert 1 < silent_s < 2
    slow = f"The disk or the program was too slow: {silent_s:.1f} s are silence in take.wav and 1 more"
    assert recorder.shortfall == slow
    monkeypatch.setattr(recorder_module, "_LONGEST_ZEROS_S", 1.0)
    capture.write(3 * RATE)
    recorder.finish()
    left_out_s = recorder.overwritten / RATE - silent_s
    assert recorder.shortfall == f"{slow}; {left_out_s:.1f} s are missing, as told in take-3.wav.gaps.json"
    (gap,) = [gap for gap in json.loads((tmp_path / "take-3.wav.gaps.json").read_text()) if not gap["zeros"]]
    assert gap["lost"] / RATE == pytest.approx(left_out_s)


def test_of_every_recording_of_a_session_it_is_told_what_was_not_taken(tmp_path):
    monitor = Monitor(Microphone(), Settings(history=0, span=0.5, n_fft=1024).at_rate(RATE), ViewRequest(200, 1))
    for name, blocks in (("first.wav", 60), ("second.wav", 1), ("third.wav", 60)):
        monitor.record(plan(tmp_path, name))
        for _ in range(blocks):
            monitor.ring.write(np.ones((RATE // 10, 2), np.float32), now_ns())
        monitor.timeline.update(monitor.ring)
        monitor.stop_recording()
    first, third = monitor.troubles
    assert first.endswith(" s are silence in first.wav")
    assert third.endswith(" s are silence in third.wav")
    monitor.ring.close()


def test_what_has_failed_is_told_where_something_else_is_raised(tmp_path):
    monitor = Monitor(Microphone(), Settings(n_fft=1024).at_rate(RATE), ViewRequest(200, 1))
    for name in ("first.wav", "second.wav"):
        monitor.record(plan(tmp_path, name))
        monitor.recorder.trouble = FileError(f"{name}: the recording has ended", "what was recorded is there")
    monitor.start()
    with pytest.raises(FileError, match=r"second\.wav"):
        monitor.stop()
    assert monitor.troubles == ["first.wav: the recording has ended"]


def test_a_stretch_whose_beginning_is_gone_has_silence_for_it_and_one_that_is_gone_is_none(tmp_path):
    capture = Capture(capacity=2 * RATE)
    capture.write(5 * RATE)

    def stretch(first, stop):
        return record_stretch(plan(tmp_path), capture.ring, capture.timeline, (first, stop), capture.source)

    with pytest.raises(UsageError, match="no sound"):
        stretch(RATE, capture.ring.oldest + RATE // 4)
    assert not list(tmp_path.iterdir())
    recorder = stretch(RATE, 5 * RATE)
    recorded = read(tmp_path / "take.wav")
    assert len(recorded) == 4 * RATE
    gone = recorder.overwritten
    assert RATE + gone == capture.ring.oldest + RATE // 4
    assert not recorded[:gone].any()
    np.testing.assert_array_equal(recorded[gone:], capture.sound[RATE + gone : 5 * RATE])
    (gap,) = json.loads((tmp_path / "take.wav.gaps.json").read_text())
    assert (gap["sample"], gap["lost"], gap["cause"], gap["zeros"]) == (0, gone, "overwritten", True)


def test_a_stretch_of_which_more_than_a_minute_is_gone_begins_with_sound_and_a_list_tells_so(tmp_path, monkeypatch):
    monkeypatch.setattr(recorder_module, "_LONGEST_ZEROS_S", 1.0)
    capture = Capture(capacity=2 * RATE)
    capture.write(5 * RATE)
    recorder = record_stretch(plan(tmp_path), capture.ring, capture.timeline, (RATE, 5 * RATE), capture.source)
    gone = recorder.overwritten
    assert gone > RATE
    assert recorder.files == [tmp_path / "take.wav"]
    np.testing.assert_array_equal(read(tmp_path / "take.wav"), capture.sound[RATE + gone : 5 * RATE])
    (gap,) = json.loads((tmp_path / "take.wav.gaps.json").read_text())
    assert (gap["sample"], gap["lost"], gap["zeros"]) == (0, gone, False)


class Microphone:
    """A source that waits for nobody: noise in real time."""

    info = SourceInfo("mic", "Scarlett 2i2: USB", RATE, (1, 2), live=True)
    finished, failure, trouble, device_latency_ms, legs = False, None, "", None, (Leg(),)

    def start(self, ring, reception):
        self.stopping, self.away = threading.Event(), threading.Event()
        self.thread = threading.Thread(target=self.write, args=(ring, reception))
        self.thread.start()

    def write(self, ring, reception):
        self.sound = np.stack([white_noise(20 * RATE, seed=seed) for seed in (0, 1)], axis=1)
        began, at, opened = time.perf_counter(), 0, OPENED
        while not self.stopping.wait(max(0.0, began + at / RATE - time.perf_counter())):
            if self.away.is_set():
                began, opened = began + 512 / RATE, OPENED
                continue
            ring.write(self.sound[at : at + 512], now_ns(), opened)
            reception.wake.set()
            at, opened = at + 512, 0

    def stop(self):
        self.stopping.set()
        self.thread.join()


def test_a_disk_that_takes_half_of_what_comes_disturbs_the_recording_alone(tmp_path, monkeypatch):
    """The throttled writer writes real files, each stretch in twice the time that it lasts."""

    class Throttled(sound_file._Wav):
        def write(self, samples):
            time.sleep(2 * samples.shape[1] / RATE)
            super().write(samples)

    monkeypatch.setattr(sound_file, "_Wav", Throttled)
    source = Microphone()
    settings = Settings(history=0, span=0.5, n_fft=1024).at_rate(RATE)
    monitor = Monitor(source, settings, ViewRequest(200, 1))
    monitor.record(plan(tmp_path))
    monitor.start()
    wait_until(lambda: monitor.recorder.overwritten > 0, "the disk is too slow", 15)
    assert monitor.recorder.shortfall.startswith("The disk or the program was too slow: ")
    assert monitor.recorder.shortfall.endswith(" s are silence in take.wav")
    assert monitor.recording
    source.stop()
    captured = monitor.ring.end
    monitor.stop()
    assert monitor.timeline.gaps == ()
    assert monitor.analysis.skipped_columns == 0
    gaps = json.loads((tmp_path / "take.wav.gaps.json").read_text())
    recorded, kept = read(tmp_path / "take.wav"), np.ones(captured, bool)
    for gap in gaps:
        kept[gap["sample"] : gap["sample"] + gap["lost"]] = False
    assert {gap["cause"] for gap in gaps} == {"overwritten"}
    assert len(recorded) == captured
    np.testing.assert_array_equal(recorded[kept], source.sound[:captured][kept])
    assert not recorded[~kept].any()
    assert kept.mean() > 0.4


def test_a_recording_that_is_begun_during_an_outage_has_of_it_what_came_behind(tmp_path):
    source = Microphone()
    settings = Settings(span=0.5, n_fft=1024).at_rate(RATE)
    monitor = Monitor(source, settings, ViewRequest(200, 1))
    monitor.start()
    wait_until(lambda: monitor.ring.end > RATE // 2, "there is sound", 10)
    source.away.set()
    wait_until(lambda: monitor.stalled, "the device is away", 10)
    monitor.record(plan(tmp_path))
    asked_s = monitor.timeline.seconds_now()
    wait_until(lambda: monitor.timeline.seconds_now() > asked_s + 1, "a second more", 10)
    source.away.clear()
    wait_until(lambda: monitor.recorder.seconds > 1, "it is back, and is recorded", 10)
    source.stop()
    monitor.stop()
    ((position, lost, _),) = monitor.timeline.gaps
    recorded = read(tmp_path / "take.wav")
    silent = int(np.flatnonzero(recorded.any(axis=1))[0])
    assert silent == pytest.approx((position + lost) - asked_s * RATE, abs=RATE // 10)
    assert silent < lost - RATE
    np.testing.assert_array_equal(recorded[silent:], source.sound[position : monitor.ring.end])


def test_what_comes_after_a_disturbance_waits_until_it_is_decided(tmp_path):
    capture = Capture()
    recorder = capture.recorder(plan(tmp_path))
    capture.write(10_000)
    capture.timeline._end = 6000  # as while a disturbance there is settling
    recorder.record_until(capture.timeline.known_until)
    assert recorder.needed_from == 6000
    recorder.finish()
    assert len(read(tmp_path / "take.wav")) == 6000


# ---- names and files ----


@given(st.integers(1, 3 * RATE), st.integers(1000, 2 * RATE))
def test_files_of_a_length_join_to_the_whole(tmp_path_factory, length, split):
    folder = tmp_path_factory.mktemp("split")
    capture = Capture(channels=1)
    recorder = capture.recorder(plan(folder, split_s=split / RATE))
    capture.write(length)
    recorder.finish()
    parts = [read(path) for path in recorder.files]
    assert all(len(part) == split for part in parts[:-1])
    np.testing.assert_array_equal(np.concatenate(parts), capture.sound[:length])


def test_a_file_that_is_there_stays_unless_it_may_be_replaced(tmp_path):
    (tmp_path / "take.wav").write_text("dear to me")
    (tmp_path / "take.wav.gaps.json").write_text("[]")
    capture = Capture()
    with pytest.raises(FileError, match="is there already"):
        capture.recorder(plan(tmp_path))
    assert (tmp_path / "take.wav").read_text() == "dear to me"
    capture.write(1000)
    recorder = capture.recorder(plan(tmp_path, replaces=True))
    recorder.finish()
    assert len(read(tmp_path / "take.wav")) == 1000
    assert [path.name for path in tmp_path.iterdir()] == ["take.wav"]  # the old one's list of gaps goes with it


def test_later_files_of_a_recording_go_around_what_is_there(tmp_path):
    (tmp_path / "take-2.wav").write_text("dear to me")
    capture = Capture()
    recorder = capture.recorder(plan(tmp_path, split_s=0.1))
    capture.write(12_000)
    recorder.finish()
    assert [path.name for path in recorder.files] == ["take.wav", "take-3.wav", "take-4.wav"]
    assert (tmp_path / "take-2.wav").read_text() == "dear to me"


def test_a_recording_without_a_sample_leaves_no_file(tmp_path):
    Capture().recorder(plan(tmp_path)).finish()
    assert not list(tmp_path.iterdir())


def test_names_have_date_time_device_and_number(tmp_path):
    from datetime import UTC, datetime

    moment = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
    path = path_of("{device}/{date} {time} ({number}).flac", moment, "USB: a/b", 3)
    assert str(path) == "USB_ a_b/2026-03-04 05.06.07 (3).flac"


def test_the_number_in_a_name_is_one(tmp_path):
    """So that files sort by it."""
    assert Settings(record_name="take-{number:03}.wav").record_name == "take-{number:03}.wav"
    capture = Capture()
    recorder = capture.recorder(plan(tmp_path, "take-{number:03}.wav", split_s=0.1))
    capture.write(12_000)
    recorder.finish()
    assert [path.name for path in recorder.files] == ["take-001.wav", "take-002.wav", "take-003.wav"]


@pytest.mark.parametrize(
    "name",
    [
        *("{tim}.wav", "{}.wav", "{0}.wav", "{date.wav", "{date!x}.wav", "{date.year}.wav", "a.mp3"),
        *("{date:%Y}.wav", "{number:%Y}.wav", "{number:c}.wav", "{number:{date}}.wav"),
    ],
)
def test_a_name_with_a_wrong_field_is_refused(name):
    with pytest.raises(UsageError, match="record_name"):
        Settings(record_name=name)


@pytest.mark.parametrize("suffix", ["wav", "flac"])
def test_a_disk_that_is_full_is_named_and_what_was_recorded_stays(tmp_path, suffix):
    capture = Capture()
    path = tmp_path / f"take.{suffix}"
    capture.write(3 * RATE)
    with room_for(500_000):
        recorder = capture.recorder(plan(tmp_path, path.name, sample_format="24"))
        recorder.record_until(capture.timeline.known_until)
    assert recorder.trouble.message == f"{path}: the recording has ended (File too large)"
    assert recorder.trouble.hint == "what was recorded until then is in the file"
    recorder.finish()
    kept = read(path, "24")
    assert RATE < len(kept) == round(recorder.seconds * RATE)
    np.testing.assert_allclose(kept / 2**23, capture.sound[: len(kept)], atol=2**-23)


@pytest.mark.parametrize("suffix", ["wav", "flac"])
@pytest.mark.parametrize(("room", "said"), [(0, "cannot be recorded to"), (8000, "the recording has ended")])
def test_a_disk_without_room_for_any_sound_is_named_and_nothing_is_left(tmp_path, suffix, room, said):
    capture = Capture()
    capture.write(20_000)
    with room_for(room), pytest.raises(FileError) as told:
        record_stretch(
            plan(tmp_path, f"take.{suffix}", sample_format="24"),
            capture.ring,
            capture.timeline,
            (0, 20_000),
            capture.source,
        )
    assert str(told.value) == f"{tmp_path}/take.{suffix}: {said} (File too large)"
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("suffix", ["wav", "flac"])
@pytest.mark.parametrize("split_s", [0.0, 0.5])
def test_a_file_that_is_deleted_while_it_is_recorded_ends_the_recording_in_words(tmp_path, suffix, split_s):
    capture = Capture()
    recorder = capture.recorder(plan(tmp_path, f"take-{{number}}.{suffix}", sample_format="24", split_s=split_s))
    capture.write(RATE)
    recorder.record_until(capture.timeline.known_until)
    assert recorder.trouble is None
    path = recorder.files[-1]
    path.unlink()
    recorder.run(threading.Event())  # ends by itself
    assert recorder.trouble.message == f"{path}: the recording has ended (it was deleted)"
    assert recorder.trouble.hint == ("what was recorded until then is in the files before it" if split_s else "")


@pytest.mark.parametrize(("name", "channels", "sample_format"), [("a.flac", 9, "24"), ("a.flac", 2, "float")])
def test_what_flac_has_not_is_refused(tmp_path, name, channels, sample_format):
    with pytest.raises(UsageError, match="FLAC"):
        create(tmp_path / name, RATE, channels, sample_format)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_cannot_be_written_ends_the_recording_alone(tmp_path):
    capture = Capture()
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(FileError, match="cannot be recorded to"):
        capture.recorder(plan(tmp_path / "file" / "folder"))
    recorder = capture.recorder(plan(tmp_path, "{number}/take.wav", split_s=0.1))
    (tmp_path / "2").write_text("a file where the next folder would be")
    capture.write(20_000)
    stopping = threading.Event()
    recorder.run(stopping)  # ends by itself
    assert recorder.trouble is not None
    recorder.finish()
    assert len(read(tmp_path / "1" / "take.wav")) == RATE // 10
    assert recorder.needed_from == capture.ring.end  # and keeps nobody waiting
