"""Notes: twelve equal semitones an octave, named as in scientific pitch notation (A4 is 440 Hz)."""

import math
import re
from typing import Final, NamedTuple

from livespec.errors import UsageError

NAMES: Final = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
A4_HZ: Final = 440.0
_A4: Final = 4 * 12 + 9
_CENTS: Final = 100


class Note(NamedTuple):
    """The nearest note, and how far beside it a frequency lies: −50 < cents <= 50."""

    name: str
    octave: int
    cents: float

    def __str__(self) -> str:
        cents = round(self.cents)
        sign = "\N{MINUS SIGN}" if cents < 0 else "+"
        return f"{self.name}{self.octave} {sign}{abs(cents)} cents"


def note_of(hz: float, a4_hz: float = A4_HZ) -> Note:
    """The note of a frequency. Raises `UsageError` where it is not above 0 Hz.

    >>> str(note_of(441.0)), str(note_of(261.63))
    ('A4 +4 cents', 'C4 +0 cents')
    """
    if not 0 < hz < math.inf:
        raise UsageError(f"{hz:g} Hz is no note", "a note has a frequency above 0 Hz")
    semitones = _A4 + 12 * math.log2(hz / a4_hz)
    nearest = math.ceil(semitones - 0.5)
    octave, step = divmod(nearest, 12)
    return Note(NAMES[step], octave, _CENTS * (semitones - nearest))


def frequency_of(note: str, a4_hz: float = A4_HZ) -> float:
    """Frequency in Hz of a note by name and octave. Raises `UsageError` where it is no note.

    >>> frequency_of("A4"), round(frequency_of("C#5"), 2), round(frequency_of("Bb3"), 2)
    (440.0, 554.37, 233.08)
    """
    match = re.fullmatch(r"([A-Ga-g])([#b\N{MUSIC SHARP SIGN}\N{MUSIC FLAT SIGN}]?)(-?\d{1,2})", note)
    if match is None:
        raise UsageError(f"{note!r} is not a note", "a note is a letter, # or b, and an octave: C#4")
    letter, accidental, octave = match.groups()
    shift = {"": 0, "#": 1, "\N{MUSIC SHARP SIGN}": 1, "b": -1, "\N{MUSIC FLAT SIGN}": -1}[accidental]
    semitones = 12 * int(octave) + NAMES.index(letter.upper()) + shift
    return a4_hz * math.exp2((semitones - _A4) / 12)
