"""A command and a web address that take for ever: what comes after them is told."""

import contextlib
import socket
import sys
import threading
import time

import psutil
import pytest

from livespec.session import messengers
from livespec.session.messengers import CommandMessenger, WebMessenger
from tests.support.program import wait_until, words_of


def finish(messenger, seconds=20.0):
    messenger.close()
    messenger.finish(time.monotonic() + seconds)


@pytest.fixture
def dripping():
    """A server whose first answer never ends: a line of its head every 50 ms. The others are as they should be."""
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def drip(client):
        with client, contextlib.suppress(OSError):
            client.sendall(b"HTTP/1.1 200 OK\r\n")
            while not over.wait(0.05):
                client.sendall(b"X-Word: more\r\n")

    def serve():
        first = True
        while not over.is_set():
            client, _ = listener.accept()
            if first:
                threading.Thread(target=drip, args=[client], daemon=True).start()
            else:
                with client:
                    client.recv(65_536)
                    client.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
            first = False

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    over.set()
    socket.create_connection(listener.getsockname()).close()
    thread.join()
    listener.close()


def test_an_answer_that_never_ends_is_given_up(monkeypatch, dripping):
    monkeypatch.setattr(messengers, "_ADDRESS_S", 3.0)
    web = WebMessenger(dripping)
    for number in range(3):
        web.tell(f'{{"number": {number}}}')
    finish(web)
    assert web.trouble == f"{dripping}: no answer within 3 s (1 event was not told)"
    assert not [child for child in psutil.Process().children() if "livespec.session.post" in words_of(child)]


def test_a_command_beyond_its_time_is_ended_with_what_it_began_and_the_next_one_runs(monkeypatch, tmp_path):
    monkeypatch.setattr(messengers, "_COMMAND_S", 3.0)
    began = tmp_path / "began.txt"
    (tmp_path / "hang.py").write_text(
        "import subprocess, sys, time\n"
        "if sys.argv[-1] == 'first':\n"
        "    child = subprocess.Popen(['sleep', '300'])\n"
        f"    open({str(began)!r}, 'w').write(str(child.pid))\n"
        "    time.sleep(300)\n"
        f"open({str(tmp_path / 'ran.txt')!r}, 'w').close()\n"
    )
    command = CommandMessenger((sys.executable, str(tmp_path / "hang.py")))
    command.tell("first")
    command.tell("second")
    finish(command)
    assert (tmp_path / "ran.txt").exists()
    assert command.trouble == f"{sys.executable}: did not end within 3 s"
    grandchild = int(began.read_text())
    wait_until(lambda: not runs(grandchild), "what it began is gone")


def runs(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_what_comes_faster_than_it_can_be_told_is_counted():
    command = CommandMessenger(("sleep", "300"))
    began = time.monotonic()
    for number in range(1000):
        command.tell(str(number))
    finish(command, 0.5)
    assert time.monotonic() - began < 5
    assert command.trouble == "sleep: still ran at the end, and was ended (999 events were not told)"
