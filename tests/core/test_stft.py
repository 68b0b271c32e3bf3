import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livespec.core.framing import Framer
from livespec.core.ring import AudioRing
from livespec.core.stft import Engine
from livespec.core.window import WINDOWS
from livespec.errors import UsageError
from livespec.settings import Settings
from tests.support.reference_stft import reference_amplitudes, reference_dbfs, to_dbfs
from tests.support.signals import chirp, click, sine_on_bin, tone, white_noise

RATE = 48_000


def engine(n_fft=1024, hop=256, window="hann", precision="single"):
    return Engine(Settings(n_fft=n_fft, hop=hop, window=window, precision=precision), RATE)


def windows_of(samples, n_fft, hop):
    return np.lib.stride_tricks.sliding_window_view(samples, n_fft)[::hop]


@pytest.mark.parametrize("window", [*WINDOWS, "kaiser:14", "tukey:0.5", "bartlett", "chebwin:100"])
@pytest.mark.parametrize("precision", ["single", "double"])
def test_a_full_scale_sine_on_a_bin_centre_reads_0_dbfs(window, precision):
    for n_fft, number in ((4096, 100), (1000, 250), (1023, 400)):
        level = engine(n_fft, n_fft, window, precision).columns(sine_on_bin(number, n_fft, n_fft))
        assert level[number] == pytest.approx(0.0, abs=0.01)


@pytest.mark.parametrize("window", WINDOWS)
def test_dc_and_nyquist_have_no_mirror_image_and_are_not_doubled(window):
    full_scale_dc = np.ones(1024, np.float32)
    full_scale_nyquist = np.tile(np.float32([1, -1]), 512)
    bins = engine(window=window)
    assert bins.columns(full_scale_dc)[0] == pytest.approx(0.0, abs=1e-3)
    assert bins.columns(full_scale_nyquist)[-1] == pytest.approx(0.0, abs=1e-3)


def test_the_last_bin_of_an_odd_window_length_is_no_nyquist_and_is_doubled():
    bins = engine(1023)
    assert bins.bins == 512
    assert bins.columns(sine_on_bin(511, 1023, 1023))[511] == pytest.approx(
        reference_dbfs(sine_on_bin(511, 1023, 1023), 1023, 1023)[0, 511], abs=0.001
    )


def test_frequencies_are_multiples_of_rate_by_n_fft():
    assert engine(1000).frequencies.tolist() == [48.0 * number for number in range(501)]


SIGNALS = {
    "noise": white_noise(20_000, rms=0.2),
    "quiet noise": white_noise(20_000, rms=1e-4, seed=2),
    "tone on a bin": sine_on_bin(37, 1024, 20_000),
    "tone between bins": tone(1234.5, RATE, 20_000, 0.9),
    "two tones 70 dB apart": tone(1000, RATE, 20_000, 0.9) + tone(7777, RATE, 20_000, 3e-4),
    "tone in noise": tone(440, RATE, 20_000, 0.5) + white_noise(20_000, rms=1e-3),
    "chirp": chirp(20, 23_900, RATE, 20_000, 0.99),
    "click": click(20_000, 9_999),
    "square wave": np.sign(tone(997, RATE, 20_000)).astype(np.float32),
    "offset": np.full(20_000, 0.25, np.float32),
}
SIZES = [(512, 128), (1000, 250), (1009, 300), (1023, 256), (4096, 512), (16_384, 1024)]


@pytest.mark.parametrize("signal", SIGNALS)
@pytest.mark.parametrize(("n_fft", "hop"), SIZES)
@pytest.mark.parametrize("window", ["hann", "blackmanharris"])
def test_single_precision_is_exact_to_a_hundredth_of_a_db_down_to_85_db_below_the_strongest(signal, n_fft, hop, window):
    decibels, amplitude = largest_errors(SIGNALS[signal], n_fft, hop, window)
    assert decibels <= 0.01
    assert amplitude < 10 ** (-140 / 20)


@pytest.mark.parametrize("signal", SIGNALS)
@pytest.mark.parametrize("n_fft", [16, 32, 64, 128, 256])
def test_windows_too_short_for_music_are_nearly_as_exact(signal, n_fft):
    decibels, amplitude = largest_errors(SIGNALS[signal], n_fft, n_fft // 4, "blackmanharris")
    assert decibels <= 0.015
    assert amplitude < 10 ** (-134 / 20)


def largest_errors(samples, n_fft, hop, window):
    """In dB where a bin is above −100 dBFS and within 85 dB of its column's strongest; of the amplitude elsewhere."""
    got = engine(n_fft, hop, window).columns(windows_of(samples, n_fft, hop)).astype(np.float64)
    amplitudes = reference_amplitudes(samples, n_fft, hop, window)
    exact = to_dbfs(amplitudes)
    loud = (exact > -100) & (exact > exact.max(axis=1, keepdims=True) - 85)
    decibels = np.abs(got - exact)[loud].max(initial=0)
    return decibels, np.abs(10 ** (got / 20) - amplitudes)[~loud].max(initial=0)


@pytest.mark.parametrize("signal", SIGNALS)
@pytest.mark.parametrize(("n_fft", "hop"), SIZES)
def test_double_precision_is_exact_to_a_hundredth_of_a_db_wherever_the_level_is_above_minus_100(signal, n_fft, hop):
    samples = SIGNALS[signal]
    got = engine(n_fft, hop, "blackmanharris", "double").columns(windows_of(samples, n_fft, hop))
    exact = reference_dbfs(samples, n_fft, hop, "blackmanharris")
    assert got.dtype == np.float32
    assert np.abs(got - exact)[exact > -100].max(initial=0) <= 0.01


_SIGNAL_LENGTH = 140_000
_SIGNAL = white_noise(_SIGNAL_LENGTH) + tone(1000, RATE, _SIGNAL_LENGTH, 0.5)


@pytest.mark.parametrize(
    ("n_fft", "hop", "precision"), [(1024, 512, "single"), (1009, 499, "single"), (2048, 777, "double")]
)
def test_the_same_sound_gives_the_same_bits_whatever_the_blocks_and_batches_were(n_fft, hop, precision):
    settled = engine(n_fft, hop, "hann", precision)
    one_by_one = np.stack([settled.columns(window) for window in windows_of(_SIGNAL, n_fft, hop)])

    @settings(max_examples=15)
    @given(st.integers(0, 1 << 32), st.floats(0, 16), st.integers(1, 70))
    def check(seed, octaves, batch):
        # Block sizes from 1 to 2 ** octaves; what the tiny ones leave of the signal comes in large ones.
        sizes = np.random.default_rng(seed).integers(1, 2**octaves, 400, endpoint=True)
        ring = AudioRing.in_memory(1, 140_001, 4096)
        framer = Framer(ring, n_fft, hop, (0,), batch=batch)
        columns, done = [], 0
        for size in (*sizes.tolist(), *[65_536] * 3):
            ring.write(_SIGNAL[done : done + size, None], 0)
            done = ring.end
            columns.extend(settled.columns(frames.samples)[0] for frames in framer)
        assert np.array_equal(np.concatenate(columns), one_by_one)

    check()


def test_channels_are_transformed_as_if_each_were_alone():
    both = np.stack([white_noise(8000, seed=1), white_noise(8000, seed=2)])
    frames = np.stack([windows_of(channel, 1024, 256) for channel in both])
    bins = engine()
    together = bins.columns(frames)
    assert together.shape == (2, frames.shape[1], 513)
    for channel in range(2):
        assert np.array_equal(together[channel], bins.columns(frames[channel]))


@pytest.mark.parametrize("precision", ["single", "double"])
def test_silence_is_minus_200_exactly(precision):
    for level in (0.0, 1e-12):
        columns = engine(precision=precision).columns(np.full((3, 1024), level, np.float32))
        assert np.all(columns == np.float32(-200.0))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("at", [0, 100, 1023])
@pytest.mark.parametrize("precision", ["single", "double"])
def test_a_sample_that_is_no_number_spoils_its_windows_and_no_other(bad, at, precision):
    frames = windows_of(white_noise(20_000), 1024, 256).copy()
    bins = engine(precision=precision)
    clean = bins.columns(frames)
    frames[5, at] = bad
    spoilt = bins.columns(frames)
    assert np.isnan(spoilt[5]).all()  # even at sample 0, where the window is 0
    others = np.arange(len(frames)) != 5
    assert np.array_equal(spoilt[others], clean[others])
    assert np.array_equal(bins.columns(frames[6:7]), clean[6:7])  # nothing is left behind in the work arrays


@given(st.integers(16, 3000))
def test_any_window_length_agrees_with_the_definition(n_fft):
    samples = white_noise(n_fft * 2, seed=n_fft)
    got = engine(n_fft, max(1, n_fft // 3)).columns(windows_of(samples, n_fft, max(1, n_fft // 3)))
    exact = reference_dbfs(samples, n_fft, max(1, n_fft // 3))
    loud = exact > exact.max(axis=1, keepdims=True) - 60
    assert got.shape == exact.shape
    assert np.abs(got - exact)[loud].max() <= 0.01


@pytest.mark.parametrize(("precision", "complex_bytes"), [("single", 8), ("double", 16)])
def test_the_steady_state_makes_no_arrays_but_the_transforms_own(precision, complex_bytes):
    bins = engine(4096, 512, precision=precision)
    frames = windows_of(white_noise(4096 + 31 * 512), 4096, 512)
    out = np.empty((32, bins.bins), np.float32)
    bins.columns_into(frames, out)
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        tracemalloc.reset_peak()
        for _ in range(5):
            bins.columns_into(frames, out)
        after, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    spectrum = 32 * bins.bins * complex_bytes
    casting = 300_000 if precision == "double" else 10_000  # numpy's fixed buffers between float32 and float64
    assert peak - before < spectrum + casting
    assert after - before < 10_000


def test_settings_that_do_not_fit_the_rate_are_refused():
    with pytest.raises(UsageError, match="fmax = 30000 Hz"):
        Engine(Settings(fmax=30_000.0), RATE)


@given(st.lists(st.integers(0, 3000), min_size=1, max_size=12), st.sampled_from([(1024, 300), (512, 512), (1009, 1)]))
@settings(max_examples=30)
def test_pushed_blocks_of_any_size_give_the_columns_of_the_whole(sizes, size):
    n_fft, hop = size
    sound = white_noise(sum(sizes))
    pushed = engine(n_fft, hop)
    parts = [pushed.push(block) for block in np.split(sound, np.cumsum(sizes)[:-1])]
    whole = windows_of(sound, n_fft, hop) if len(sound) >= n_fft else np.empty((0, n_fft), np.float32)
    assert np.array_equal(np.concatenate(parts), engine(n_fft, hop).columns(whole))


def test_pushed_channels_are_columns_each_and_what_was_given_out_stays():
    both = np.stack([white_noise(5000, seed=1), white_noise(5000, seed=2)])
    pushed = engine()
    first = pushed.push(both[:, :3000])
    kept = first.copy()
    second = pushed.push(both[:, 3000:])
    assert first.shape == (2, 8, 513)
    assert np.array_equal(first, kept)
    assert np.array_equal(np.concatenate([first, second], axis=1)[1], engine().push(both[1]))
    with pytest.raises(UsageError, match="after one of 2 channels"):
        pushed.push(both[0])


@pytest.mark.parametrize("padding", [2, 3, 8])
@pytest.mark.parametrize("n_fft", [512, 1009])
def test_zero_padding_interpolates_and_keeps_levels(padding, n_fft):
    bins = Engine(Settings(n_fft=n_fft, hop=256, padding=padding), RATE)
    sound = white_noise(4000, rms=0.2)
    got = bins.columns(windows_of(sound, n_fft, 256))
    assert got.shape[1] == n_fft * padding // 2 + 1
    assert bins.frequencies[padding] == pytest.approx(RATE / n_fft)
    plain = engine(n_fft, 256).columns(windows_of(sound, n_fft, 256))
    inner = slice(1, plain.shape[1] - 1)
    assert got[:, ::padding][:, inner] == pytest.approx(plain[:, inner], abs=0.01)
    half_way = Engine(Settings(n_fft=n_fft, hop=256, padding=padding), RATE).columns(sine_on_bin(100.5, n_fft, n_fft))
    assert half_way.max() >= {2: -0.01, 3: -0.2, 8: -0.01}[padding]


@pytest.mark.parametrize("channels", [1, 2, 5, 32])
@pytest.mark.parametrize("count", [1, 2, 3, 7, 33])
def test_many_channels_with_few_columns_share_batches_and_keep_their_bits(channels, count):
    frames = np.stack([windows_of(white_noise(10_000, seed=n), 1024, 256)[:count] for n in range(channels)])
    bins = engine()
    assert np.array_equal(bins.columns(frames), np.stack([bins.columns(channel) for channel in frames]))
    out = np.empty((channels, count + 3, bins.bins), np.float32)[:, :count]  # not contiguous, as a store may be
    bins.columns_into(frames, out)
    assert np.array_equal(out, bins.columns(frames))


@pytest.mark.parametrize("tiny", [1e-39, 1e-42, -0.0])
def test_samples_too_small_for_normal_floats_are_silence(tiny):
    sound = (white_noise(8000, rms=1.0) * np.float32(tiny)).astype(np.float32)
    assert np.all(engine().columns(windows_of(sound, 1024, 256)) == -200)
