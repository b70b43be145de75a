"""What judges said: names, and the latest value of each interaction as of a moment."""

from datetime import UTC, datetime, timedelta

from storage import Store
from storage.queries import scores
from storage.tables import score
from tests import factories

NOW = datetime(2026, 11, 1, tzinfo=UTC)


def say(session, interaction: int, value: float, *, at: int = 0, **more) -> None:
    row = {
        "interaction_id": interaction,
        "fingerprint": int(value * 1000) + at * 7919,
        "name": "judge",
        "kind": "judge",
        "value": value,
        "version": "v1",
        "created_at": NOW,
        "received_at": NOW + timedelta(hours=at),
    }
    factories.add(session, score, row | more)


def test_the_latest_value_counts_as_of_a_moment(store: Store) -> None:
    with store.write() as session:
        one, two, three = (factories.interaction(session) for _ in range(3))
        say(session, one, 0.2)
        say(session, one, 0.9, at=2, version="v2")
        say(session, two, 0.5)
        say(session, three, 0.1, name="length", kind="check")
    with store.read() as session:
        assert scores.judge_names(session) == ["judge"]
        early = scores.latest_of(session, "judge", [one, two, three], NOW + timedelta(hours=1))
        assert dict(zip(early["interaction"], early["value"], strict=True)) == {one: 0.2, two: 0.5}
        late = scores.latest_between(session, "judge", one, two, NOW + timedelta(hours=3))
        assert late["value"].tolist() == [0.9, 0.5]
        assert late["version"].tolist() == ["v2", "v1"]
        assert scores.latest_of(session, "judge", [], NOW).empty
        assert scores.last_score(session) > 0


def test_without_scores_there_is_no_judge(store: Store) -> None:
    with store.read() as session:
        assert scores.judge_names(session) == []
        assert scores.last_score(session) == 0
