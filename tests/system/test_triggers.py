"""Triggers as a person sets them: real runs, real files, a real command and a real web server."""

import csv
import json
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import numpy as np
import pytest
import soundfile

from tests.support.program import wait_until
from tests.support.signals import sine_on_bin, white_noise

RATE = 48_000
BAND = "900-1100:-30"
TOLD = ("begin", "seconds", "level_dbfs", "frequency_hz", "clip")


@pytest.fixture
def sound(tmp_path):
    """sound.wav: noise, and two beeps of 1 kHz at −20 dBFS: from 3 to 4 s and from 8 to 8.5 s."""
    tone = sine_on_bin(85, 4096, 12 * RATE, 0.1)
    out = white_noise(12 * RATE, rms=1e-4)
    for start, stop in ((3, 4), (8, 8.5)):
        out[round(start * RATE) : round(stop * RATE)] += tone[round(start * RATE) : round(stop * RATE)]
    soundfile.write(tmp_path / "sound.wav", out, RATE, subtype="FLOAT")
    return out


def run(start, environment, *flags):
    done = start("sound.wav", "--view", "none", "--trigger", BAND, *flags, environment=environment).end(60)
    assert done.returncode == 0, done.stderr
    return done


@pytest.mark.parametrize("name", ["events.csv", "events.jsonl"])
def test_each_event_is_a_line_and_a_clip_with_what_was_before(start, nothing, tmp_path, sound, name):
    run(start, nothing, "--trigger-log", name, "--trigger-clips", "clips", "--trigger-around", "1")
    with (tmp_path / name).open(newline="") as file:
        events = list(csv.DictReader(file)) if name.endswith("csv") else [json.loads(line) for line in file]
    assert [tuple(event) for event in events] == [TOLD] * 2
    for event, (begin, length) in zip(events, ((3, 1.0), (8, 0.5)), strict=True):
        assert float(event["level_dbfs"]) == pytest.approx(-20, abs=0.2)
        assert float(event["frequency_hz"]) == pytest.approx(85 * RATE / 4096, abs=0.1)
        assert float(event["seconds"]) == pytest.approx(length, abs=0.2)
        clip, _ = soundfile.read(tmp_path / event["clip"], dtype="float32")
        assert len(clip) / RATE == pytest.approx(length + 2, abs=0.3)
        loud = np.flatnonzero(np.abs(clip) > 0.05)
        assert loud[0] / RATE == pytest.approx(1.0, abs=0.1)  # what was before
        at = round(begin * RATE) - int(loud[0])
        assert np.abs(clip[: loud[0] + 1000] - sound[at - 2 : at - 2 + loud[0] + 1000]).min() < 1e-6


def test_others_are_told_when_an_event_begins_and_the_log_when_it_is_over(start, nothing, tmp_path, web):
    tone = sine_on_bin(85, 4096, 60 * RATE, 0.1)
    tone[:RATE] = 0
    soundfile.write(tmp_path / "siren.wav", tone, RATE, subtype="FLOAT")
    (tmp_path / "hear.py").write_text("import os, sys; open('h', 'w').write(sys.argv[1]); os.rename('h', 'heard.json')")
    told = (
        "--trigger-command",
        f"{sys.executable} hear.py",
        "--trigger-url",
        f"http://127.0.0.1:{web.server_port}/heard",
    )
    kept = ("--trigger-log", "e.jsonl", "--trigger-clips", "clips")
    program = start("siren.wav", "--view", "none", "--speed", "1", "--trigger", BAND, *told, *kept, environment=nothing)
    wait_until(lambda: (tmp_path / "heard.json").exists() and web.heard, "both are told", 20)
    assert program.runs
    assert not (tmp_path / "e.jsonl").exists()
    heard = json.loads((tmp_path / "heard.json").read_text())
    assert web.heard == [heard]
    assert tuple(heard) == TOLD
    assert (heard["seconds"], heard["clip"]) == (None, None)
    assert heard["level_dbfs"] >= -30
    program.quit_by(lambda: program.send(signal.SIGINT))
    (line,) = (tmp_path / "e.jsonl").read_text().splitlines()
    logged = json.loads(line)
    assert logged["begin"] == heard["begin"]
    assert logged["seconds"] > 0
    assert (tmp_path / logged["clip"]).exists()
    assert web.heard == [heard]


def test_a_command_gets_the_event_for_its_last_word_and_no_shell_reads_it(start, nothing, tmp_path, sound):
    (tmp_path / "hear.py").write_text(
        "import sys; open('heard.txt', 'a').write(str(len(sys.argv)) + ' ' + sys.argv[1] + ' ' + sys.argv[2] + chr(10))"
    )
    run(start, nothing, "--trigger-command", f"{sys.executable} hear.py '$HOME;x'")
    for line in (tmp_path / "heard.txt").read_text().splitlines():
        number, word, text = line.split(" ", 2)
        assert (number, word) == ("3", "$HOME;x")
        assert tuple(json.loads(text)) == TOLD


@pytest.fixture
def web():
    """A server on this machine; `web.heard`: what was posted to it."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            if self.path == "/hangs":
                self.server.go_on.wait(30)
            self.server.heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    server.heard, server.go_on = [], threading.Event()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.go_on.set()
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_address_is_told(start, nothing, sound, web):
    run(start, nothing, "--trigger-url", f"http://127.0.0.1:{web.server_port}/heard")
    assert [tuple(event) for event in web.heard] == [TOLD] * 2


def test_an_address_that_hangs_holds_up_neither_the_command_nor_the_end(start, nothing, tmp_path, sound, web):
    (tmp_path / "hear.py").write_text("open('heard.txt', 'a').write('1')")
    url = f"http://127.0.0.1:{web.server_port}/hangs"
    flags = ("--trigger-url", url, "--trigger-log", "e.csv", "--trigger-command", f"{sys.executable} hear.py")
    done, took_s = start("sound.wav", "--view", "none", "--trigger", BAND, *flags, environment=nothing).quit_by(
        lambda: None
    )
    assert done.returncode == 0
    assert done.stderr == f"livespec: {url}: no answer (2 events were not told)\n"
    assert took_s < 8
    assert len((tmp_path / "e.csv").read_text().splitlines()) == 3
    assert (tmp_path / "heard.txt").read_text() == "11"


def test_a_command_that_still_runs_at_the_end_is_ended_with_what_it_began(start, nothing, tmp_path, sound):
    (tmp_path / "sleep.sh").write_text("sleep 300 & sleep 300")
    done = run(start, nothing, "--trigger-command", "sh sleep.sh")  # nothing may be left: the fixture looks
    assert done.stderr == "livespec: sh: still ran at the end, and was ended (1 event was not told)\n"


def test_what_fails_is_said_and_the_run_goes_on(start, nothing, tmp_path, sound):
    done = run(start, nothing, "--trigger-command", "false", "--stats", "s.json")
    assert done.stderr == "livespec: false: ended with code 1\n"
    assert json.loads((tmp_path / "s.json").read_text())["captured_samples"] == 12 * RATE
    done = run(start, nothing, "--trigger-url", "http://127.0.0.1:9/")
    assert done.stderr == "livespec: http://127.0.0.1:9/: Connection refused (2 events were not told)\n"


def test_a_clip_or_a_log_that_cannot_be_written_takes_nothing_else_with_it(start, nothing, tmp_path, sound):
    """Between the beeps a file takes the place of the folder of clips; in another run a folder that of the log."""
    (tmp_path / "hear.py").write_text("import sys; open('heard.txt', 'a').write(sys.argv[1] + chr(10))")
    flags = ("--trigger-log", "e.csv", "--trigger-clips", "clips", "--trigger-around", "0.1")
    heard = ("--trigger-command", f"{sys.executable} hear.py")
    program = start(
        "sound.wav", "--view", "none", "--speed", "4", "--trigger", BAND, *flags, *heard, environment=nothing
    )
    log, clips = tmp_path / "e.csv", tmp_path / "clips"
    wait_until(log.exists, "the first event is logged", 30)
    clips.rename(tmp_path / "away")
    clips.write_text("no folder")
    done = program.end()
    assert done.stderr == "livespec: clips is no folder: nothing can be recorded there\n"
    with log.open(newline="") as file:
        assert [bool(event["clip"]) for event in csv.DictReader(file)] == [True, False]
    assert len((tmp_path / "heard.txt").read_text().splitlines()) == 2

    (tmp_path / "heard.txt").unlink()
    log.unlink()
    clips.unlink()
    program = start(
        "sound.wav", "--view", "none", "--speed", "4", "--trigger", BAND, *flags, *heard, environment=nothing
    )
    wait_until(clips.exists, "the run has begun", 30)
    log.mkdir()
    assert program.end().stderr == "livespec: e.csv: events are not written (Is a directory)\n"
    assert len(list(clips.iterdir())) == 2
    assert len((tmp_path / "heard.txt").read_text().splitlines()) == 2


def test_what_can_be_known_to_fail_is_said_before_the_run(start, nothing, tmp_path, sound):
    (tmp_path / "file").write_text("no folder")
    for flags, code, said in (
        (("--trigger-clips", "file/clips"), 4, "cannot be written"),
        (("--trigger-log", "file/log.csv"), 4, "cannot be written"),
        (("--trigger-log", "log.txt"), 2, "CSV or JSON Lines"),
        (("--trigger-command", "no-such-command"), 2, "there is no program 'no-such-command'"),
        (("--trigger-command", "unclosed 'x"), 2, "no closing quotation"),
    ):
        done = start("sound.wav", "--view", "none", "--trigger", BAND, *flags, environment=nothing).end(20)
        assert done.returncode == code, done.stderr
        assert said in done.stderr
        assert len(done.stderr.splitlines()) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "sound.wav"]


def test_a_recording_that_cannot_begin_is_still_what_is_said(start, nothing, tmp_path):
    (tmp_path / "there.wav").write_text("dear to me")
    flags = ("demo", "--view", "none", "--duration", "1", "--trigger", BAND, "--record", "there.wav")
    done = start(*flags, environment=nothing).end(20)
    assert done.returncode == 4
    assert "is there already" in done.stderr


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--trigger", "loud"), "is not understood"),
        (("--trigger", "8000-2000:-40"), "is not understood"),
        (("--trigger", "900-99000:-40"), "99000 Hz is above the highest frequency of 48000 Hz sound, 24000 Hz"),
        (("--trigger", "1000-1001:-40"), "no bin"),
        (("--trigger-log", "log.csv"), "is for --trigger"),
        (("--trigger", BAND, "--trigger-url", "file:///etc/passwd"), "no web address"),
    ],
)
def test_wrong_triggers_are_refused(start, nothing, sound, flags, said):
    done = start("sound.wav", "--view", "none", *flags, environment=nothing).end(20)
    assert done.returncode == 2
    assert said in done.stderr
