"""Devices as a person has them: listed, chosen, plugged in and pulled out while livespec runs."""

import json
import signal
import time

import numpy as np
import psutil
import pytest
import soundfile

from livespec.display.theme import AMBER
from tests.support.exports import Export, position_chirp, read_stats
from tests.support.on_screen import capture_when, is_colour
from tests.support.program import wait_until, words_of
from tests.support.virtual_microphone import RATE, VirtualMicrophone
from tests.support.virtual_pipewire import VirtualPipeWire

COLUMNS_PER_S = RATE / 512
FILES = ("--view", "none", "--export", "e.npz", "--stats", "s.json")


def end(program, tmp_path):
    program.send(signal.SIGTERM)
    done = program.end(10)
    assert done.returncode == 0, done.stderr
    return Export.of(tmp_path / "e.npz"), read_stats(tmp_path / "s.json")


def test_the_inputs_are_listed_with_all_that_a_choice_needs(own_microphone, start):
    own_microphone.plug_in("Scarlett")
    listed = start("devices", "--json", environment=own_microphone.environment).end().stdout
    devices = {device["name"]: device for device in json.loads(listed)}
    assert set(devices) == {"vmic", "Scarlett", "vsink.monitor"}
    assert [name for name, device in devices.items() if device["default"] and not device["monitor"]] == ["vmic"]
    scarlett = devices["Scarlett"]
    assert (scarlett["description"], scarlett["host_api"]) == ("Scarlett", "PulseAudio")
    assert (scarlett["channels"], scarlett["samplerate"], scarlett["rates"]) == (2, RATE, [RATE])
    table = start("devices", environment=own_microphone.environment).end().stdout
    heading, *lines = table.splitlines()
    assert heading.split() == ["index", "device", "channels", "rates", "latency", "host"]
    assert sum(line.startswith("*") for line in lines) == 1
    (line,) = (line for line in lines if "Scarlett" in line)
    assert {"48", "kHz", "PulseAudio"} < set(line.split())


def test_loopback_is_what_the_computer_plays(microphone, start, tmp_path):
    with microphone.playing(position_chirp(20)):
        program = start("--loopback", *FILES, environment=microphone.environment)
        program.wait_for_columns(tmp_path / "e.npz", round(2 * COLUMNS_PER_S))
        export, stats = end(program, tmp_path)
    assert stats["source"]["name"] == "Monitor of Null Output"
    assert np.isfinite(export.played_s()[5:-5]).all()


def test_where_nothing_is_played_for_others_to_hear_that_is_said(nothing, start):
    done = start("--loopback", "--view", "none", environment=nothing).end()
    assert done.returncode == 3
    assert "no input for what the computer plays" in done.stderr
    assert "PulseAudio" in done.stderr
    for more in (("--device", "Scarlett"), ("--source", "song.wav")):
        done = start("--loopback", *more, "--view", "none", environment=nothing).end()
        assert done.returncode == 2
        assert f"--loopback and {' '.join(more)} exclude" in done.stderr


_KILLED_WHEN_ASKED = """
import os, sys
if "livespec.capture.device_probe" in sys.orig_argv:
    import pulsectl
    connect = pulsectl.Pulse.connect
    def connect_for_the_last_time(self, **how):
        connect(self, **how)
        os.kill({server}, 9)
    pulsectl.Pulse.connect = connect_for_the_last_time
"""


def test_a_sound_server_that_is_killed_while_it_is_asked_is_one_that_is_not_there(own_microphone, start, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(_KILLED_WHEN_ASKED.format(server=own_microphone.server_pid))
    done = start("devices", "--json", environment=own_microphone.environment | {"PYTHONPATH": str(tmp_path)}).end()
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout) == []  # nor ALSA's ways to the server, which claim 32 channels
    without = start("devices", "--json", environment=own_microphone.environment).end()
    assert (without.returncode, without.stdout) == (0, done.stdout)


def test_a_device_that_is_pulled_out_is_waited_for_and_no_other_is_heard_in_its_place(any_microphone, start, tmp_path):
    """PulseAudio moves the stream of a device that goes to the default one, without a word."""
    any_microphone.plug_in("Scarlett")
    with any_microphone.playing(position_chirp(60)):
        program = start("--device", "scarlett", *FILES, environment=any_microphone.environment)
        program.wait_for_columns(tmp_path / "e.npz", round(2 * COLUMNS_PER_S))
        child = program.capture_child
        any_microphone.unplug("Scarlett")
        wait_until(lambda: not child.is_running(), "it is noticed", 1)
        time.sleep(2.5)
        assert any_microphone.listeners == 0
        any_microphone.plug_in("Scarlett")
        assert program.wait_for_columns(tmp_path / "e.npz", 1) < 3
        program.wait_for_columns(tmp_path / "e.npz", round(2 * COLUMNS_PER_S))
        export, stats = end(program, tmp_path)
    assert [gap["cause"] for gap in stats["gaps"]] == ["reopened"]
    late = export.played_s() - export.times_s
    assert stats["gaps"][0]["samples"] > 2.4 * RATE
    assert np.nanmax(late) - np.nanmin(late) < 0.05 + 0.02  # the hole is as long as it was
    assert stats["source"]["name"] == "Scarlett"


def test_where_the_server_comes_back_without_the_device_no_other_is_heard_in_its_place(start, tmp_path):
    """PipeWire gives the default device in the place of one that is not there, without a word."""
    with VirtualPipeWire() as microphone:
        program = start(*FILES, environment=microphone.environment)
        program.wait_for_columns(tmp_path / "e.npz", round(COLUMNS_PER_S))
        child = program.capture_child
        microphone.restart_without_microphone()
        wait_until(lambda: not child.is_running(), "it is noticed", 3)
        time.sleep(0.5)  # what was heard until then is written
        columns = program.columns_written(tmp_path / "e.npz")
        time.sleep(3)
        assert program.columns_written(tmp_path / "e.npz") == columns
        microphone.bring_back()
        assert program.wait_for_columns(tmp_path / "e.npz", round(COLUMNS_PER_S)) < 4
        _, stats = end(program, tmp_path)
    assert [gap["cause"] for gap in stats["gaps"]] == ["reopened"]


def test_a_device_that_comes_back_with_fewer_channels_is_not_made_up(start, tmp_path):
    """The server would fill those that are missing with a mixture of the others."""
    with VirtualMicrophone(RATE, 4) as microphone:
        microphone.plug_in("Scarlett")
        program = start("--device", "Scarlett", "--channels", "1,4", *FILES, environment=microphone.environment)
        program.wait_for_columns(tmp_path / "e.npz", round(COLUMNS_PER_S))
        child = program.capture_child
        microphone.unplug("Scarlett")
        wait_until(lambda: not child.is_running(), "it is noticed", 3)
        microphone.plug_in("Scarlett", 2)
        time.sleep(0.5)  # what was heard until then is written
        columns = program.columns_written(tmp_path / "e.npz")
        time.sleep(3)
        assert program.columns_written(tmp_path / "e.npz") == columns
        microphone.unplug("Scarlett")
        microphone.plug_in("Scarlett")
        program.wait_for_columns(tmp_path / "e.npz", round(COLUMNS_PER_S))
        end(program, tmp_path)


def test_a_stand_in_takes_the_place_of_a_device_that_is_gone_until_that_is_back(any_microphone, start, tmp_path):
    any_microphone.plug_in("Scarlett")
    with any_microphone.playing(position_chirp(60)):
        flags = ("--stand-in", "--record", "take.flac", *FILES)
        program = start("--device", "Scarlett", *flags, environment=any_microphone.environment)
        program.wait_for_columns(tmp_path / "e.npz", round(2 * COLUMNS_PER_S))
        any_microphone.unplug("Scarlett")
        wait_until(lambda: any_microphone.listeners == 1, "the default one is heard", 8)
        program.wait_for_columns(tmp_path / "e.npz", round(2 * COLUMNS_PER_S), 20)
        any_microphone.plug_in("Scarlett")
        wait_until(lambda: any_microphone.listeners == 0, "the device itself is heard again", 10)
        program.wait_for_columns(tmp_path / "e.npz", round(2 * COLUMNS_PER_S), 20)
        export, stats = end(program, tmp_path)
    assert stats["source"]["name"] == "Scarlett"
    assert len(stats["gaps"]) == 2
    there, back = json.loads((tmp_path / "take.flac.gaps.json").read_text())
    assert [(gap["lost"], gap["cause"]) for gap in (there, back)] == [
        (gap["samples"], "reopened") for gap in stats["gaps"]
    ]
    assert (there["device"], back["device"]) == (any_microphone.description, "Scarlett")
    late = export.played_s() - export.times_s
    assert np.nanmax(late) - np.nanmin(late) < 0.05 + 0.02


def test_a_stream_that_a_person_moves_to_another_input_stays_there_and_is_called_by_its_name(
    any_microphone, start, tmp_path
):
    any_microphone.plug_in("Scarlett")
    with any_microphone.playing(position_chirp(60)):
        program = start(*FILES, environment=any_microphone.environment)
        program.wait_for_columns(tmp_path / "e.npz", round(1.5 * COLUMNS_PER_S))
        any_microphone.move_listener_to("Scarlett")
        program.wait_for_columns(tmp_path / "e.npz", round(2 * COLUMNS_PER_S))
        _, stats = end(program, tmp_path)
    assert stats["source"]["name"] == "Scarlett"


def test_a_new_input_is_announced_in_the_window_and_stands_in_its_list(own_microphone, screen, start):
    program = start("--no-restore", environment=own_microphone.environment | screen.environment)
    window = screen.window_of(program)
    process = psutil.Process(program.process.pid)

    def announced(picture):
        return bool(is_colour(picture[60:130, 60:420], AMBER).sum() > 200)

    wait_until(lambda: has_listed(process), "it has listed the inputs, and watches them", 15)
    capture_when(screen, lambda picture: not announced(picture), "nothing is announced", 12)
    own_microphone.plug_in("Scarlett")
    capture_when(screen, announced, "the new input is announced", 5)
    capture_when(screen, lambda picture: not announced(picture), "and not for ever", 8)
    own_microphone.unplug("Scarlett")
    capture_when(screen, announced, "that it has gone, too", 5)
    window.key("q")
    done = program.end(8)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("sample_format", ["int16", "int32"])
def test_chosen_channels_in_another_sample_format_are_recorded_bit_by_bit(start, tmp_path, sample_format):
    rate, channels = 48_000, 8
    integers = np.random.default_rng(5).integers(-(2**15), 2**15, (5 * rate, channels))
    sound = (integers / 2**15).astype(np.float32)
    with VirtualMicrophone(rate, channels) as microphone:
        program = start(
            *("--view", "none", "--channels", "2,5,7", "--sample-format", sample_format, "--device-latency", "80"),
            *("--record", "take.wav", "--record-format", "float"),
            environment=microphone.environment,
        )
        take = tmp_path / "take.wav"
        wait_until(lambda: take.exists() and take.stat().st_size > 1e4, "it records")
        with microphone.playing(sound):
            time.sleep(3)
        program.send(signal.SIGTERM)
        assert program.end(20).returncode == 0
    heard = soundfile.read(take, dtype="float32", always_2d=True)[0]
    first, last = np.flatnonzero(heard.any(axis=1))[[0, -1]].tolist()
    wanted = sound[:, [1, 4, 6]]
    begins = np.flatnonzero((wanted[: rate // 2] == heard[first]).all(axis=1))
    assert len(begins) == 1
    length = last - first
    assert length > 2 * rate
    np.testing.assert_array_equal(heard[first : first + length], wanted[begins[0] : begins[0] + length])


def test_what_a_device_cannot_do_is_said_with_what_it_can(own_microphone, start):
    for flags, said in (
        (("--channels", "99"), ("channel 99", "it has 2 channels")),
        (("--channels", "0"), ("does not name channels",)),
        (("--samplerate", "44100"), ("runs at 48000 Hz",)),
        (("--exclusive",), ("Windows WASAPI",)),
        (("--sample-format", "int8"), ("int8", "float32, int32, int16")),
        (("--device-latency", "0"), ("is not a latency",)),
        (("--samplerate", "1"), ("out of range",)),
        (("--samplerate", "10000000"), ("out of range",)),
    ):
        done = start("--source", "mic", *flags, "--view", "none", environment=own_microphone.environment).end(20)
        assert done.returncode in (2, 3), (flags, done.stderr)
        assert len(done.stderr.splitlines()) <= 2
        for part in said:
            assert part in done.stderr, (flags, done.stderr)


def test_all_channels_of_a_device_are_one_choice_away_in_the_window(screen, start):
    with VirtualMicrophone(RATE, 4) as microphone:
        program = start("--no-restore", environment=microphone.environment | screen.environment)
        window = screen.window_of(program)
        wait_until(lambda: microphone.listeners == 1, "it captures")
        choose_all_channels(screen, program, window)
        window.key("q")
        done = program.end(8)
        assert (done.returncode, done.stderr) == (0, "")


def test_the_figures_tell_of_every_device_that_was_chosen_on_the_way(screen, start, tmp_path):
    with VirtualMicrophone(RATE, 4) as microphone:
        program = start("--no-restore", "--stats", "s.json", environment=microphone.environment | screen.environment)
        window = screen.window_of(program)
        wait_until(lambda: microphone.listeners == 1, "it captures")
        time.sleep(1)
        microphone.suspend()
        time.sleep(0.7)
        microphone.resume()
        time.sleep(1.5)
        choose_all_channels(screen, program, window)
        wait_until(lambda: program.rings == 1, "the sound of before is given back", 8)
        time.sleep(1)
        window.key("q")
        done = program.end(8)
        assert (done.returncode, done.stderr) == (0, "")
    last = read_stats(tmp_path / "s.json")
    (earlier,) = last.pop("earlier_sessions")
    assert set(earlier) == set(last)
    assert [stats["source"]["channels"] for stats in (earlier, last)] == [[1, 2], [1, 2, 3, 4]]
    (gap,) = earlier["gaps"]
    assert gap["samples"] > 0.5 * RATE
    assert 2 * RATE < gap["position"] + RATE < earlier["captured_samples"]
    assert last["gaps"] == []
    assert 0.2 * RATE < last["captured_samples"] < earlier["captured_samples"]


def has_listed(process):
    """The first list is begun at once after the watch, and made in a process of its own."""
    children = {" ".join(words_of(child)): child.create_time() for child in process.children()}
    watches = [began for words, began in children.items() if "device_events" in words]
    return bool(watches) and time.time() - watches[0] > 1 and not any("device_probe" in words for words in children)


def choose_all_channels(screen, program, window):
    """In the controls; the keys are the picture's again behind it."""
    window.key("d")
    capture_when(screen, lambda picture: is_colour(picture[560:660, 1024:1048], AMBER).any(), "the dock is there")
    below = (slice(150, 195), slice(1100, 1250))  # the device's and the channels' boxes
    before = screen.capture()[below]
    window.click(1175, 136)
    capture_when(screen, lambda picture: (picture[below] != before).mean() > 0.5, "the list is there")
    window.keys("Down", "Return")
    wait_until(lambda: "[0, 1, 2, 3]" in " ".join(orders_of(program)), "another capture has begun", 8)
    wait_until(lambda: len(orders_of(program)) == 1, "in place of the first", 8)
    window.key("Escape")


def orders_of(program):
    """What its capture processes were told."""
    return [line for line in program.left_behind if "livespec.capture.worker" in line]
