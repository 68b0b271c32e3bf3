"""The choice of a device by what a person may call it, and where PortAudio has it after it was plugged in again."""

import pytest

from livespec.capture.devices import InputDevice, default_microphone, find_device
from livespec.capture.worker import CaptureOrder, Opening, host_options, index_of
from livespec.errors import DeviceError


def device(index, name, description, host_api="PulseAudio", **more):
    given = {"channels": 2, "samplerate": 48_000, "rates": (), "latency_ms": None, "default": False, "monitor": False}
    return InputDevice(index, name, description, host_api, **given | more, open_with=("ALSA", "pulse"))


INTERFACE = device(0, "alsa_input.usb-Focusrite", "Scarlett 2i2", default=True)
WEBCAM = device(1, "alsa_input.usb-Cam", "Webcam")
HEADPHONES = device(
    2, "alsa_output.usb.monitor", "Monitor of Headphones", monitor=True
)  # the default output's is first
SPEAKERS = device(3, "alsa_output.hdmi.monitor", "Monitor of HDMI", monitor=True)
JACK = device(4, "system", "system", "JACK Audio Connection Kit")
DIRECT = device(5, "Webcam: USB Audio (hw:1,0)", "Webcam: USB Audio (hw:1,0)", "ALSA")
ALL = [INTERFACE, WEBCAM, HEADPHONES, SPEAKERS, JACK, DIRECT]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ("1", WEBCAM),
        ("scarlett", INTERFACE),
        ("alsa_input.usb-cam", WEBCAM),
        ("webcam", WEBCAM),  # a whole name goes before a part of another
        ("jack", JACK),
        ("jack system", JACK),
        ("alsa usb (hw:1,0)", DIRECT),
        ("loopback", HEADPHONES),  # what is played on the output of now
    ],
)
def test_a_device_is_found_by_index_name_part_and_host(wanted, found):
    assert find_device(ALL, wanted) is found


def test_where_several_fit_or_none_that_is_said():
    with pytest.raises(DeviceError, match="fits several devices: 2 Monitor of Headphones, 3 Monitor of HDMI"):
        find_device(ALL, "monitor")
    with pytest.raises(DeviceError, match="no input device 'Scarlet 3i3'"):
        find_device(ALL, "Scarlet 3i3")
    with pytest.raises(DeviceError, match="no input for what the computer plays"):
        find_device([INTERFACE, JACK], "loopback")


def test_the_default_microphone_is_never_what_the_computer_plays():
    assert default_microphone(ALL) is INTERFACE
    assert default_microphone([SPEAKERS, HEADPHONES]) is None
    assert default_microphone([SPEAKERS, WEBCAM]) is WEBCAM


def listed(*entries):
    """As PortAudio lists them: (name, host API's number, input channels)."""
    return [
        {"index": n, "name": name, "hostapi": api, "max_input_channels": channels}
        for n, (name, api, channels) in enumerate(entries)
    ]


@pytest.mark.parametrize(
    ("wanted", "api", "at"),
    [
        ("USB Audio: - (hw:2,0)", "ALSA", 1),  # plugged into another socket
        ("HDA Intel PCH: ALC (hw:0,0)", "ALSA", 2),
        ("Microphone (USB Audio Device)", "Windows WASAPI", 4),  # Windows numbers what is plugged in again
    ],
)
def test_a_device_that_was_plugged_in_again_is_found_where_it_is_now(wanted, api, at):
    devices = listed(
        ("USB Audio: - (hw:1,0)", 0, 0),  # its output
        ("USB Audio: - (hw:1,0)", 0, 2),
        ("HDA Intel PCH: ALC (hw:0,0)", 0, 2),
        ("Microphone (2- USB Audio Device)", 1, 2),
        ("Microphone (2- USB Audio Device)", 2, 2),
    )
    assert index_of(wanted, api, devices, ["ALSA", "MME", "Windows WASAPI"]) == at


def test_one_of_two_that_are_alike_is_the_one_that_was_chosen_while_it_is_there():
    twins = listed(("USB Audio: - (hw:1,0)", 0, 2), ("USB Audio: - (hw:2,0)", 0, 2))
    assert index_of("USB Audio: - (hw:2,0)", "ALSA", twins, ["ALSA"]) == 1
    with pytest.raises(ValueError, match="is not there"):
        index_of("Scarlett", "ALSA", twins, ["ALSA"])
    with pytest.raises(ValueError, match="is not there"):
        index_of("USB Audio: - (hw:2,0)", "JACK", twins, ["ALSA"])


def test_an_order_reaches_the_capture_process_as_it_was_given():
    opening = Opening(0.02, "int16", exclusive=True)
    order = CaptureOrder("name", 2, 1 << 20, 65_536, "ALSA", "pulse", 8, [0, 6], 96_000, 512, opening)
    assert CaptureOrder.from_argument(order.to_argument()) == order


def test_a_host_is_told_of_exclusive_use_where_it_knows_that():
    assert host_options("ALSA", exclusive=True, pick=[0]) is None
    assert host_options("Windows WASAPI", exclusive=False, pick=[0]) is None
    assert type(host_options("Windows WASAPI", exclusive=True, pick=[0])).__name__ == "WasapiSettings"
    asio = host_options("ASIO", exclusive=False, pick=[0, 6])
    assert [asio._selectors[n] for n in range(2)] == [0, 6]
