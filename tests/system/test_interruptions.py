"""What happens to the program, to the microphone and to the sound server while livespec captures.

The truth comes from the sound: a chirp whose frequency says which part of it a column shows.
"""

import json
import signal
import sys
import time
from datetime import datetime

import numpy as np
import pytest
import soundfile

from tests.support.exports import Export, position_chirp, read_stats
from tests.support.program import wait_until, with_signal
from tests.support.signals import tone
from tests.support.virtual_microphone import RATE

COLUMNS_PER_S = RATE / 512
QUIT_S = 1.5  # under a second, and what a busy machine adds
FILES = ("--export", "e.npz", "--stats", "s.json")


@pytest.fixture
def capture(start, tmp_path):
    """capture(microphone): livespec, no window, that has exported a second and a half."""

    def begin(microphone, *flags):
        program = start("--view", "none", *FILES, *flags, environment=microphone.environment)
        program.wait_for_columns(tmp_path / "e.npz", round(1.5 * COLUMNS_PER_S))
        return program

    return begin


def after(program, tmp_path, seconds):
    """Let it go on for so many seconds of sound, end it, and read what it left."""
    program.wait_for_columns(tmp_path / "e.npz", round(seconds * COLUMNS_PER_S), seconds + 15)
    done, took = program.quit_by(lambda: program.send(signal.SIGINT))
    assert done.returncode == 0, done.stderr
    assert took < QUIT_S
    export, stats = Export.of(tmp_path / "e.npz"), read_stats(tmp_path / "s.json")
    assert [[gap["position"], gap["samples"]] for gap in stats["gaps"]] == export.gaps.tolist()
    assert_gaps_blank_their_columns_only(export)
    return export, stats


def assert_gaps_blank_their_columns_only(export):
    straddling = np.zeros(len(export.db), bool)
    for position, _ in export.gaps:
        straddling |= (export.positions < position) & (position < export.positions + export.n_fft)
    np.testing.assert_array_equal(export.gap, straddling)
    np.testing.assert_array_equal(np.isnan(export.db).all(axis=1), straddling)
    assert not np.isnan(export.db[~straddling]).any()
    np.testing.assert_array_equal(export.positions, np.arange(len(export.db)) * export.hop)


def lost_s(export):
    """(columns that hear the chirp,) seconds that are missing between its beginning and each column."""
    late = export.played_s() - export.centres_s
    heard = late[~np.isnan(late)]
    return heard - np.median(heard[:40])


def assert_time_is_the_sounds_own(export):
    """The holes are in the time axis, where they are and as long as they are."""
    late = export.played_s() - export.times_s
    assert np.nanmax(late) - np.nanmin(late) < 0.05 + 0.02


def true_hole_s(export):
    """Seconds of the sound that are in no sample at the one gap, from the columns beside it alone."""
    late = export.played_s() - export.centres_s
    ((position, _),) = export.gaps
    before = late[export.positions + export.n_fft <= position]
    following = late[export.positions >= position]
    return float(np.nanmedian(following[:60]) - np.nanmedian(before[-60:]))


@pytest.mark.parametrize("whom", ["the program", "the program and its capture process"])
def test_stopped_for_four_seconds_nothing_is_lost_and_no_gap_is_made_up(microphone, capture, tmp_path, whom):
    with microphone.playing(position_chirp(30)):
        program = capture(microphone)
        stopped = [program.process, program.capture_child] if "its" in whom else [program.process]
        for process in stopped:
            process.send_signal(signal.SIGSTOP)
        before = program.columns_written(tmp_path / "e.npz")
        time.sleep(4)
        assert program.columns_written(tmp_path / "e.npz") == before
        for process in stopped:
            process.send_signal(signal.SIGCONT)
        export, stats = after(program, tmp_path, 4 + 2)
    assert stats["gaps"] == []
    assert stats["xruns"] == 0
    lost = lost_s(export)
    assert len(lost) > 7 * COLUMNS_PER_S
    assert np.abs(lost).max() < 0.01


def test_stopped_together_with_its_capture_process_an_event_stays_one_and_its_clip_whole(microphone, capture, tmp_path):
    sound = tone(3000, RATE, 20 * RATE, amplitude=0.5)
    sound[9 * RATE :] = 0
    (tmp_path / "hear.py").write_text("open('heard.txt', 'a').write('1')")
    trigger = ("--trigger", "2000-4000:-30", "--trigger-log", "e.jsonl", "--trigger-clips", "clips")
    program = capture(microphone, *trigger, "--trigger-command", f"{sys.executable} hear.py", "--trigger-around", "1")
    with microphone.playing(sound):
        wait_until((tmp_path / "heard.txt").exists, "the event has begun", 15)
        both = [program.process, program.capture_child]
        for process in both:
            process.send_signal(signal.SIGSTOP)
        time.sleep(3.5)
        for process in both:
            process.send_signal(signal.SIGCONT)
        wait_until((tmp_path / "e.jsonl").exists, "it is over", 20)
        _, stats = after(program, tmp_path, 1)
    assert stats["gaps"] == []
    (event,) = map(json.loads, (tmp_path / "e.jsonl").read_text().splitlines())
    assert event["seconds"] == pytest.approx(9, abs=0.3)
    clip, _ = soundfile.read(tmp_path / event["clip"])
    assert len(clip) / RATE == pytest.approx(11, abs=0.4)
    assert [path.name for path in (tmp_path / "clips").iterdir()] == [(tmp_path / event["clip"]).name]
    assert (tmp_path / "heard.txt").read_text() == "1"


def test_stopped_for_longer_than_its_ring_what_was_overwritten_is_a_gap_with_its_cause(microphone, capture, tmp_path):
    with microphone.playing(position_chirp(30)):
        program = capture(microphone, "--history", "0", "--span", "1", "--record", "r.wav")
        program.send(signal.SIGSTOP)
        time.sleep(6)  # the ring holds three
        program.send(signal.SIGCONT)
        program.wait_for_columns(tmp_path / "e.npz", round(9 * COLUMNS_PER_S))
        program.send(signal.SIGINT)
        done = program.end(QUIT_S * 2)
    assert done.returncode == 0, done.stderr
    export, stats = Export.of(tmp_path / "e.npz"), read_stats(tmp_path / "s.json")
    (gap,) = stats["gaps"]
    assert gap["cause"] == "overwritten"
    assert 2 < gap["samples"] / RATE < 4.5
    missed = export.positions[export.gap]
    assert np.isnan(export.db[export.gap]).all()
    assert not np.isnan(export.db[~export.gap]).any()
    assert len(missed) * 512 == pytest.approx(gap["samples"], abs=RATE / 2)  # two readers, each with its own cursor
    assert missed[-1] == pytest.approx(gap["position"], abs=RATE / 2)
    assert np.abs(lost_s(export)).max() < 0.01  # the time axis is that of the sound: the microphone gave all of it
    assert "s are a gap in the export" in done.stderr
    assert "s are silence in r.wav" in done.stderr
    (recorded,) = json.loads((tmp_path / "r.wav.gaps.json").read_text())
    assert recorded["cause"] == "overwritten"
    assert len(soundfile.read(tmp_path / "r.wav")[0]) == stats["captured_samples"]


def test_ended_while_it_was_stopped_no_gap_is_made_up(microphone, capture, tmp_path):
    with microphone.playing(position_chirp(30)):
        program = capture(microphone)
        both = [program.process, program.capture_child]
        for process in both:
            process.send_signal(signal.SIGSTOP)
        time.sleep(2)
        program.send(signal.SIGTERM)
        program.capture_child.send_signal(signal.SIGCONT)
        time.sleep(0.003)  # so that it ends in the midst of the backlog
        program.send(signal.SIGCONT)
        assert program.end(QUIT_S * 2).returncode == 0
    export = Export.of(tmp_path / "e.npz")
    lost, said = lost_s(export), export.gaps[:, 1].sum() / RATE
    assert said == pytest.approx(lost[-1], abs=0.05)
    assert np.abs(lost).max() < 0.01


@pytest.mark.parametrize(
    ("seconds", "cause"),
    [
        pytest.param(0.5, "lost", id="shortly"),
        pytest.param(2, "reopened", id="for two seconds"),  # after one second of nothing the stream is opened anew
    ],
)
def test_a_suspended_source_is_one_gap_of_the_true_length(microphone, capture, tmp_path, seconds, cause):
    with microphone.playing(position_chirp(30)):
        program = capture(microphone)
        microphone.suspend()
        try:
            time.sleep(seconds)
        finally:
            microphone.resume()
        export, stats = after(program, tmp_path, 2)
    assert [gap["cause"] for gap in stats["gaps"]] == [cause]
    truth, said = true_hole_s(export), stats["gaps"][0]["samples"] / RATE
    print(f"\nhole: {truth:.3f} s lost in truth, {said:.3f} s said, error {1000 * (said - truth):.1f} ms")
    assert seconds - 0.1 < truth < seconds + 0.6
    assert said == pytest.approx(truth, abs=0.05)

    assert_time_is_the_sounds_own(export)


@pytest.mark.parametrize(
    ("number", "within_s"),
    [
        pytest.param(signal.SIGKILL, 2, id="killed"),  # within a second, and what a busy machine adds
        pytest.param(signal.SIGSTOP, 3, id="hanging"),  # that it hangs shows after one second of nothing
    ],
)
def test_a_capture_process_that_ends_or_hangs_is_replaced_and_the_history_stays(
    microphone, capture, tmp_path, number, within_s
):
    with microphone.playing(position_chirp(30)):
        program = capture(microphone)
        broken = program.capture_child
        began = time.perf_counter()
        broken.send_signal(number)
        time.sleep(0.1)  # what it had delivered is exported
        before = program.columns_written(tmp_path / "e.npz")
        program.wait_for_columns(tmp_path / "e.npz", 1)
        again_s = time.perf_counter() - began
        assert program.capture_child.pid != broken.pid
        assert not broken.is_running()
        export, stats = after(program, tmp_path, 2)
    assert again_s < within_s
    assert [gap["cause"] for gap in stats["gaps"]] == ["reopened"]
    truth, said = true_hole_s(export), stats["gaps"][0]["samples"] / RATE
    print(
        f"\ncapturing again after {again_s:.3f} s; hole: {truth:.3f} s in truth, {said:.3f} s said, "
        f"error {1000 * (said - truth):.1f} ms"
    )
    assert said == pytest.approx(truth, abs=0.05)
    assert len(export.db) > before + 1.9 * COLUMNS_PER_S
    assert np.isfinite(export.played_s()[5 : before - 10]).all()


def test_two_holes_in_quick_succession_are_two_gaps(microphone, capture, tmp_path):
    with microphone.playing(position_chirp(30)):
        program = capture(microphone)
        for _ in range(2):
            program.capture_child.kill()
            time.sleep(0.1)
            program.wait_for_columns(tmp_path / "e.npz", 4)
        export, stats = after(program, tmp_path, 2)
    assert [gap["cause"] for gap in stats["gaps"]] == ["reopened", "reopened"]
    truth, said = lost_s(export)[-60:].mean(), sum(gap["samples"] for gap in stats["gaps"]) / RATE
    print(f"\n{truth:.3f} s lost in truth, {said:.3f} s said")
    assert said == pytest.approx(truth, abs=0.05)
    assert_time_is_the_sounds_own(export)


def test_after_a_restart_of_the_sound_server_the_capture_comes_back_by_itself(own_microphone, capture, tmp_path):
    program = capture(own_microphone)
    own_microphone.kill()
    killed = time.time()
    time.sleep(1.5)
    assert program.runs
    own_microphone.start()
    back_s = program.wait_for_columns(tmp_path / "e.npz", 1)
    outage_s = time.time() - killed
    export, stats = after(program, tmp_path, 2)
    ended = time.time()
    print(f"\nback {back_s:.2f} s after the server; {outage_s:.2f} s without sound, {stats['gaps']}")
    assert back_s < 4
    assert [gap["cause"] for gap in stats["gaps"]] == ["reopened"]
    assert stats["gaps"][0]["samples"] / RATE == pytest.approx(outage_s, abs=0.3)
    ended_s = ended - datetime.fromisoformat(export.start_time).timestamp()
    assert export.times_s[-1] == pytest.approx(ended_s, abs=0.8)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("stopped_s", [0.1, 2.5])
def test_with_a_stopped_sound_server_livespec_still_quits_and_leaves_nothing(
    own_microphone, capture, tmp_path, number, stopped_s
):
    program = capture(own_microphone)
    with own_microphone.server_stopped():
        time.sleep(stopped_s)  # later, the capture process hangs in opening
        done, took = program.quit_by(lambda: program.send(number))
        print(f"\nquit in {took:.2f} s")
        assert done.returncode == 0, done.stderr
        assert took < QUIT_S
        wait_until(lambda: not program.left_behind, "no process is left", 0.5, lambda: str(program.left_behind))
    assert len(Export.of(tmp_path / "e.npz").db) > COLUMNS_PER_S
    assert read_stats(tmp_path / "s.json")["captured_samples"] > RATE


def test_with_a_stopped_sound_server_a_window_still_closes(own_microphone, screen, start):
    program = start(environment=own_microphone.environment | screen.environment)
    window = screen.window_of(program)
    wait_until(lambda: own_microphone.listeners == 1, "it captures")
    with own_microphone.server_stopped():
        time.sleep(1.5)
        done, took = program.quit_by(lambda: window.key("q"))
        print(f"\nquit in {took:.2f} s")
        assert done.returncode == 0, done.stderr
        assert took < QUIT_S
        wait_until(lambda: not program.left_behind, "no process is left", 0.5, lambda: str(program.left_behind))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_while_it_asks_a_stopped_sound_server_for_devices_it_can_be_ended_too(own_microphone, start, number):
    with own_microphone.server_stopped():
        program = start("--view", "none", environment=own_microphone.environment)
        wait_until(lambda: len(program.left_behind) == 2, "it asks for the devices")
        time.sleep(0.5)
        done, took = program.quit_by(lambda: program.send(number))
        print(f"\nquit in {took:.2f} s")
        assert took < QUIT_S
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr
        wait_until(lambda: not program.left_behind, "no process is left", 0.5, lambda: str(program.left_behind))


def test_a_sound_server_that_does_not_answer_is_said_to_who_asked_for_the_microphone(own_microphone, start):
    with own_microphone.server_stopped():
        program = start("--source", "mic", "--view", "none", environment=own_microphone.environment)
        done = program.end(15)
    assert done.returncode == 3
    assert "did not answer" in done.stderr
    assert len(done.stderr.splitlines()) <= 2


def test_a_killed_livespec_leaves_no_capture_process(microphone, capture):
    program = capture(microphone)
    child = program.capture_child
    program.process.kill()
    program.end()
    wait_until(lambda: not child.is_running() or child.status() == "zombie", "the capture process has ended", 2)
    with_signal(child, signal.SIGKILL)
