import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from livespec.core.pooling import loudest_of_runs


@given(
    channels=st.sampled_from([(), (1,), (3,)]),
    lengths=st.lists(st.integers(1, 5), min_size=1, max_size=8),
    broken=st.booleans(),
    seed=st.integers(0, 99),
)
def test_of_neighbouring_columns_the_loudest_counts_in_each_bin(channels, lengths, broken, seed):
    columns = np.random.default_rng(seed).normal(size=(*channels, sum(lengths), 7)).astype(np.float32)
    if broken:
        columns[..., -1, 3] = np.nan
    starts = np.cumsum([0, *lengths[:-1]])
    np.testing.assert_array_equal(loudest_of_runs(columns, starts), np.maximum.reduceat(columns, starts, axis=-2))


def test_what_lies_before_the_first_start_is_left_out():
    columns = np.arange(12, dtype=np.float32)[::-1].reshape(4, 3)
    np.testing.assert_array_equal(loudest_of_runs(columns, np.array([2])), columns[2:3])
