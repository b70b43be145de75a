"""Further labels while a task is unsure: as good as five each with a third fewer, unbiased."""

import numpy as np

from bench.overlap import APART, FEWER, FIXED, Crowd, adaptive, fixed


def test_fewer_labels_do_as_well_and_agreement_reads_the_planned_ones() -> None:
    crowds = [Crowd.of(seed, 2000) for seed in range(2)]
    five = np.mean([fixed(crowd, FIXED) for crowd in crowds], axis=0)
    labels, right, agreed, pooled = np.mean([adaptive(crowd, 0.9, 7) for crowd in crowds], axis=0)
    true = np.mean([crowd.chance_corrected for crowd in crowds])
    assert labels <= (1 - FEWER) * FIXED
    assert right >= five[1] - 0.005
    assert abs(agreed - true) <= APART
    assert abs(pooled - true) > 3 * APART  # what reading the extra labels would have made of it
