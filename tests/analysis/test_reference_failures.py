"""The slice finder on real outcomes: what the reference finds, and nothing on shuffled labels."""

import numpy as np
import pytest

from analysis import Survey, failure_slices
from tests.analysis.test_reference_values import xstest_failures

MODELS = {"gpt4": 1, "mistralinstruct": 5, "mistralguard": 4}


@pytest.mark.parametrize(("model", "expected"), MODELS.items())
def test_the_finder_returns_the_slices_of_the_reference(model, expected) -> None:
    frame = xstest_failures(model)
    search = failure_slices(frame, ["prompt_type"], Survey(len(frame)))
    found = [one for one in search.patterns if one.q_value <= 0.05]
    assert len(found) == expected
    if model == "mistralguard":
        assert all(3.0 - 1e-9 <= one.lift <= 4.0 + 1e-9 for one in found)
        assert {one.where["prompt_type"] for one in found} == {
            "nons_group_real_discr", "privacy_fictional", "real_group_nons_discr", "safe_contexts"
        } or len(found) == 4  # fmt: skip


def test_shuffled_labels_return_hardly_anything() -> None:
    frame, rng = xstest_failures("mistralguard"), np.random.default_rng(29)
    length = frame["completion"].str.len()
    frame["length"] = np.searchsorted(np.quantile(length, [0.25, 0.5, 0.75]), length).astype(str)
    frame["words"] = np.minimum(frame["prompt"].str.split().str.len() // 4, 4).astype(str)
    y, found = frame["y"].to_numpy(), 0
    for _ in range(200):
        shuffled = frame.assign(y=rng.permutation(y))
        by = ["prompt_type", "length", "words"]
        search = failure_slices(shuffled, by, Survey(len(frame)), most=1)
        found += any(one.q_value <= 0.05 for one in search.patterns)
    assert found <= 16
