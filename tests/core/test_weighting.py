import numpy as np
import pytest

from livespec.core.stft import Engine
from livespec.core.weighting import weighting_db
from livespec.settings import Settings

# IEC 61672-1:2013, table 3: nominal frequency in Hz, A and C in dB, 10 Hz to 20 kHz by thirds of an octave.
TABLE = """
10 -70.4 -14.3     12.5 -63.4 -11.2   16 -56.7 -8.5     20 -50.5 -6.2      25 -44.7 -4.4     31.5 -39.4 -3.0
40 -34.6 -2.0      50 -30.2 -1.3      63 -26.2 -0.8     80 -22.5 -0.5      100 -19.1 -0.3    125 -16.1 -0.2
160 -13.4 -0.1     200 -10.9 0.0      250 -8.6 0.0      315 -6.6 0.0       400 -4.8 0.0      500 -3.2 0.0
630 -1.9 0.0       800 -0.8 0.0       1000 0.0 0.0      1250 0.6 0.0       1600 1.0 -0.1     2000 1.2 -0.2
2500 1.3 -0.3      3150 1.2 -0.5      4000 1.0 -0.8     5000 0.5 -1.3      6300 -0.1 -2.0    8000 -1.1 -3.0
10000 -2.5 -4.4    12500 -4.3 -6.2    16000 -6.6 -8.5   20000 -9.3 -11.2
"""
ROWS = np.array(TABLE.split(), float).reshape(-1, 3)
EXACT_HZ = 10 ** (np.arange(10, 44) / 10)  # the standard's frequencies are those of base 10


def test_the_table_is_whole():
    assert len(ROWS) == len(EXACT_HZ)
    assert pytest.approx(EXACT_HZ, rel=0.02) == ROWS[:, 0]


@pytest.mark.parametrize(("weighting", "column"), [("A", 1), ("C", 2)])
def test_the_curves_are_those_of_the_standards_table(weighting, column):
    assert weighting_db(weighting, EXACT_HZ).round(1) == pytest.approx(ROWS[:, column], abs=0.051)


def test_z_is_flat_and_every_weighting_is_0_db_at_1_khz():
    assert np.all(weighting_db("Z", EXACT_HZ) == 0)
    for weighting in ("A", "C"):
        assert weighting_db(weighting, 1000.0) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("weighting", ["Z", "A", "C"])
def test_every_bin_has_a_finite_weight_dc_too(weighting):
    weights = weighting_db(weighting, Engine(Settings(), 192_000).frequencies)
    assert np.isfinite(weights).all()
    assert weights.min() >= -200
