import pandas as pd
import pytest

from sampling import DrawRecord, Plan, draw, replay, strategy_from


def drawn_from(frame, name="random", params=None, **asked):
    return draw(Plan(strategy_from(name, params or {}), **asked), lambda: [frame])


def test_a_later_candidate_is_judged_by_the_totals_of_the_draw(candidates):
    frame = candidates(500)
    drawn = drawn_from(frame, "mixture", size=50, seed=4)
    later = frame.head(3).assign(interaction=[901, 902, 903], sample_key=[1, 2, 3])
    later["confidence"] = [0.0, 0.5, 1.0]
    said = replay(drawn.record(), later)
    totals = drawn.totals
    expected = [0.5 / totals["random"] + 0.5 * c / totals["confidence"] for c in (1, 0.25, 0)]
    assert said["weight"].tolist() == pytest.approx(expected)
    tau = drawn.strata[0].tau_out
    assert said["pi_not_picked"].tolist() == pytest.approx([min(1, w / tau) for w in expected])


def test_feedback_that_came_later_does_not_matter_when_the_old_frame_is_replayed(candidates):
    frame = candidates(300)
    drawn = drawn_from(frame, "feedback_weighted", size=30)
    before = replay(drawn.record(), frame)
    after = replay(drawn.record(), frame.assign(feedback=0.0))
    assert (before["weight"] != after["weight"]).any()
    assert replay(drawn.record(), frame).equals(before)


def test_a_stratum_that_did_not_exist_has_no_chance(candidates):
    drawn = drawn_from(candidates(300), "stratified", size=30)
    said = replay(drawn.record(), candidates(2).assign(category=["new", "billing"]))
    assert said["eligible"].tolist() == [False, True]
    assert said.loc[0, ["weight", "priority", "pi_not_picked"]].tolist() == [0, 0, 0]
    assert not said.loc[0, "certain"]


def test_flagged_are_certain_and_the_rest_by_chance(candidates):
    drawn = drawn_from(candidates(300), "error_triggered", {"floor_size": 20})
    said = replay(drawn.record(), candidates(2).assign(flagged=[True, False]))
    assert said["certain"].tolist() == [True, False]
    assert said["weight"].isna().tolist() == [True, False]
    assert said["pi_not_picked"].tolist() == pytest.approx([1, 1 / drawn.strata[1].tau_out])


def test_flagged_alone_give_the_rest_no_chance(candidates):
    drawn = drawn_from(candidates(300), "error_triggered")
    said = replay(drawn.record(), candidates(2).assign(flagged=[True, False]))
    assert said["eligible"].tolist() == [True, False]


def test_of_a_ranked_draw_only_what_it_took_was_eligible(candidates):
    frame = candidates(300).assign(confidence=0.5)
    drawn = drawn_from(frame, "confidence", {"mode": "lowest"}, size=40)
    said = replay(drawn.record(), frame)
    assert set(said.loc[said["eligible"], "interaction"]) == set(drawn.picked["interaction"])


def test_the_answer_keeps_the_order_of_the_question(candidates):
    drawn = drawn_from(candidates(300), size=30)
    asked = candidates(50).sample(frac=1, random_state=1)
    assert replay(drawn.record(), asked)["interaction"].tolist() == asked["interaction"].tolist()
    assert replay(drawn.record(), asked.head(0)).empty


def test_replay_names_missing_columns(candidates):
    record = drawn_from(candidates(30), "confidence", size=3).record()
    with pytest.raises(ValueError, match=r"lacks columns \['confidence'\]"):
        replay(record, candidates(3).drop(columns="confidence"))


def test_another_hash_is_refused(candidates):
    stored = drawn_from(candidates(30), size=3).record().to_json()
    with pytest.raises(ValueError, match="hash_version must be 1, got 2"):
        DrawRecord.from_json(stored | {"hash_version": 2})


@pytest.mark.parametrize("stored", [{}, {"strategy": "random"}])
def test_what_is_no_record_is_refused(stored):
    with pytest.raises(ValueError, match="not the record of a draw"):
        DrawRecord.from_json(stored)


def test_replay_says_nothing_of_an_empty_draw():
    record = draw(Plan(strategy_from("random"), size=3), lambda: []).record()
    frame = pd.DataFrame({"interaction": [1], "sample_key": [1]})
    assert not replay(record, frame)["eligible"].any()
