import pytest
from hypothesis import given
from hypothesis import strategies as st

from livespec.core.notes import NAMES, frequency_of, note_of
from livespec.errors import UsageError


@pytest.mark.parametrize(
    ("hz", "text"),
    [(440, "A4 +0 cents"), (27.5, "A0 +0 cents"), (4186.01, "C8 +0 cents"), (16.3516, "C0 +0 cents"),
     (452.5, "A4 +48 cents"), (427.7, "A4 −49 cents"), (466.16, "A#4 +0 cents"), (8.18, "C-1 +1 cents")],
)  # fmt: skip
def test_the_nearest_note_and_its_cents(hz, text):
    assert str(note_of(hz)) == text


@given(st.floats(1, 100_000), st.floats(400, 480))
def test_note_and_cents_give_the_frequency_back(hz, a4_hz):
    note = note_of(hz, a4_hz)
    assert -50 - 1e-9 <= note.cents <= 50 + 1e-9
    assert frequency_of(f"{note.name}{note.octave}", a4_hz) * 2 ** (note.cents / 1200) == pytest.approx(hz)


@pytest.mark.parametrize("hz", [0.0, -440.0, float("nan"), float("inf")])
def test_what_is_no_frequency_has_no_note(hz):
    with pytest.raises(UsageError, match="is no note"):
        note_of(hz)


@given(st.sampled_from(NAMES), st.integers(-1, 10))
def test_a_note_by_name_is_in_tune(name, octave):
    note = note_of(frequency_of(f"{name}{octave}"))
    assert (note.name, note.octave) == (name, octave)
    assert note.cents == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("word", ["", "H4", "A", "4", "A##4", "A4 "])
def test_what_is_no_note_is_refused(word):
    with pytest.raises(UsageError, match="is not a note"):
        frequency_of(word)
