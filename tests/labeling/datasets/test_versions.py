"""Versions: what comes in by which filter, with which chance; nothing changes behind one's back."""

import json
from collections import Counter
from datetime import timedelta

import msgspec
import pytest

from labeling.datasets.export import Wanted, export_version
from labeling.datasets.items import canonical
from labeling.datasets.recipe import Recipe
from labeling.datasets.versions import (
    Change,
    DatasetSpec,
    add_from_queues,
    add_version,
    create_dataset,
    diff,
    find,
    show,
)
from labeling.datasets.written import from_file, from_template
from labeling.errors import InvalidLabel
from labeling.redaction import decide
from storage import Conflict, NotFound
from storage.queries import accounts
from storage.queries import datasets as kept
from storage.redact.policy import policy_of
from storage.sources import FileOptions
from tests import factories

NOW = factories.NOON + timedelta(days=1)


def contents(bench, version: str = "bench"):
    with bench.store.read() as session:
        _, found = find(session, version)
        return [(one, msgspec.json.decode(one.body)) for one in kept.members(session, found.id)]


def test_the_same_content_is_the_same_version(store, make_bench):
    bench = make_bench(store)
    first = bench.add()
    again = bench.add(now=NOW + timedelta(days=1))
    assert (first["version"], first["new"], first["items"]) == (1, True, 24)
    assert (again["version"], again["new"], again["hash"]) == (1, False, first["hash"])
    assert first["leaking_clusters"] == 0
    less = bench.add(only=True, tags=("vip",))
    assert (less["version"], less["items"]) == (2, 6)
    with store.read() as session:
        told = diff(session, "bench", 1, 2)
        assert [len(told[key]) for key in ("added", "removed", "changed")] == [0, 18, 0]
        before = {row.key: row.split for row in kept.member_rows(session, 1)}
        assert all(before[row.key] == row.split for row in kept.member_rows(session, 2))
        assert [one["version"] for one in show(session, "bench")["versions"]] == [2, 1]
        audit = accounts.count_audit(session, "dataset_version", "bench", factories.NOON)
    assert audit == 2


@pytest.mark.parametrize(
    ("recipe", "items"),
    [
        ({"outcome": "failures"}, 8),
        ({"outcome": "passes"}, 16),
        ({"values": ("quality>=5",)}, 8),
        ({"values": ("quality=3", "issues=hallucination")}, 0),
        ({"values": ("issues=hallucination",), "min_agreement": 1.0}, 4),
        ({"min_agreement": 1.0}, 20),
        ({"needs_expected": True}, 16),
        ({"tags": ("vip",)}, 6),
        ({"purposes": ("import",)}, 0),
        ({"verdicts_only": True}, 1),
        ({"size": 5}, 5),
        ({"where": {"source": "bot"}}, 24),
    ],
)
def test_filters(bench, recipe, items):
    """Of 24 tasks every third is rated 1 or 2, 3 or 4, and 5; people differ on every sixth."""
    with bench.store.write() as session:
        task = session.exec_driver_sql("SELECT min(task_id) FROM label").scalar_one()
        label = session.exec_driver_sql("SELECT min(id) FROM label").scalar_one()
        if "verdicts_only" in recipe:
            factories.verdict(session, task, "quality", 3, [label])
    if not items:
        with pytest.raises(Conflict, match="no labelled task fits"):
            bench.add(**recipe)
        return
    assert bench.add(**recipe)["items"] == items


def test_the_chance_of_each_item_is_that_of_both_draws(bench):
    bench.add(size=6, strategy="confidence", seed=3)
    pairs = [(one.pi, one.draw_pi) for one, _ in contents(bench)]
    assert all(pi == draw_pi for pi, draw_pi in pairs)  # everything was drawn into the queue
    assert all(0 < pi < 1 for pi, _ in pairs)
    assert len({round(pi, 6) for pi, _ in pairs}) > 1


def test_what_several_queues_have_is_one_item(bench):
    """Drawn wins over imported, the first queue over the others; agreement is told of each."""
    with bench.store.write() as session:
        other = factories.queue(session, "other", 1)
        again = session.exec_driver_sql("SELECT min(id), max(id) FROM interaction").one()
        queue = session.exec_driver_sql("SELECT id FROM queue WHERE name = 'support'").scalar_one()
        person = accounts.account_named(session, "ada").id
        for queue_id, number in ((other, again[0]), (queue, again[1])):
            task = factories.task(session, queue_id, number, purpose="import", position=None)
            factories.label(session, task, person, {"quality": 5}, role="import")
    made = add_from_queues(bench.store, "bench", Recipe(("support", "other")), NOW)
    assert made["items"] == 24
    told = contents(bench)
    assert {one["origin"]["queue"] for _, one in told} == {"support"}
    assert {one["row"]["purpose"] for _, one in told} == {"sample"}
    first = add_from_queues(bench.store, "bench", Recipe(("other", "support")), NOW)
    assert (first["items"], first["new"]) == (24, True)
    assert Counter(one["origin"]["queue"] for _, one in contents(bench)) == {
        "other": 1, "support": 23,
    }  # fmt: skip


def test_a_corrected_answer_is_a_change_that_is_named(bench):
    create_dataset(bench.store, DatasetSpec("open", "CC0", splits={"dev": 1.0}), NOW)
    path = bench.folder / "experts.jsonl"
    rows = [{"id": "q1", "query": "May I?", "expected": "No."}, {"id": "q2", "query": 7},
            {"id": "q3", "query": "=cmd()|' !A1", "target": "<b>", "user_id": "u"}]  # fmt: skip
    path.write_text("\n".join(json.dumps(row) for row in rows))
    first = from_file(bench.store, path, FileOptions(source="experts"), NOW)
    assert [one["index"] for one in first.rejected] == [1]
    add_version(bench.store, "open", Change(first.items), NOW)
    path.write_text(json.dumps(rows[0] | {"expected": "Yes."}))
    second = from_file(bench.store, path, FileOptions(source="experts"), NOW)
    made = add_version(bench.store, "open", Change(second.items), NOW)
    with bench.store.read() as session:
        found = diff(session, "open", 1, 2)
    assert found["changed"] == [
        {"id": "experts:q1", "fields": [{"field": "expected_answer", "from": "No.", "to": "Yes."}]}
    ]
    assert (made["items"], found["unchanged"]) == (2, 1)
    assert {one["origin"]["kind"] for _, one in contents(bench, "open")} == {"expert"}


def test_what_is_written_is_redacted_as_its_source_is_and_the_version_tells(bench):
    path = bench.folder / "experts.jsonl"
    rows = [
        {"id": "q1", "query": "I am bob@example.com", "expected": "Hello bob@example.com",
         "values": {"note": "call +49 30 901820"}},
        {"id": "q2", "query": "x", "values": "anna@example.com"},
        {"id": "q3", "query": "I am bob@example.com", "source": "open"},
    ]  # fmt: skip
    path.write_text("\n".join(json.dumps(row) for row in rows))
    decide(bench.store, "open", policy_of("off"), by=None, now=NOW)
    found = from_file(bench.store, path, FileOptions(source="experts"), NOW)
    kept_row, open_row = (msgspec.json.decode(one.body)["row"] for one in found.items)
    asked = kept_row["interaction"]["messages"][0]["content"]
    assert asked.startswith("I am <EMAIL_")
    assert kept_row["expected_answer"] == asked.replace("I am", "Hello")
    assert kept_row["values"]["note"].startswith("call <PHONE_")
    assert open_row["interaction"]["messages"][0]["content"] == "I am bob@example.com"
    assert "anna" not in str(found.rejected)
    told = found.made_from["redaction"]["sources"]
    assert told["experts"]["found"] == {"email": 2, "phone": 1}
    assert (told["experts"]["policy"], told["open"]["policy"]) == ("mask", "off")
    add_version(bench.store, "bench", Change(found.items, made_from=found.made_from), NOW)
    bench.add()
    out = bench.folder / "out"
    export_version(bench.store, "bench", out, Wanted("jsonl", unlock="a test"), NOW)
    manifest = json.loads((out / "manifest.json").read_bytes())["redaction"]
    assert set(manifest["sources"]) == {"experts", "open", "bot"}
    assert "redaction: mask, off; 3 finds replaced" in (out / "README.md").read_text()


def test_a_template_gives_the_same_for_the_same_seed_and_never_one_twice(bench):
    path = bench.folder / "t.toml"
    path.write_text(
        '[slots]\na = ["x", "y"]\nb = ["1", "2", "{a}"]\n'
        '[[items]]\nquery = "{a} and {b} {0} %s {{b}}"\nexpected = "{a}"\n'
    )
    one, two = (
        from_template(bench.store, path, 50, 4, NOW),
        from_template(bench.store, path, 50, 4, NOW),
    )
    assert [item.hash for item in one.items] == [item.hash for item in two.items]
    rows = [msgspec.json.decode(item.body)["row"] for item in one.items]
    texts = {row["interaction"]["messages"][0]["content"]: row["expected_answer"] for row in rows}
    assert len(texts) == len(rows) == 6
    assert texts["x and {a} {0} %s {{a}}"] == "x"  # what a slot brings is not filled again
    assert Counter(row["purpose"] for row in rows) == {"synthetic": 6}


@pytest.mark.parametrize(
    "text", ["[[items]]\nquery = '{nowhere}'", "items = 3", "x = 1", "[slots]\na = 1\n", "a = ["]
)
def test_a_template_that_cannot_be_is_refused(bench, text):
    path = bench.folder / "t.toml"
    path.write_text(text)
    with pytest.raises(InvalidLabel, match=r"t\.toml"):
        from_template(bench.store, path, 5, 0, NOW)


def test_what_cannot_be_is_refused(bench):
    with pytest.raises(Conflict, match="there is a dataset"):
        create_dataset(bench.store, DatasetSpec("bench", "CC0"), NOW)
    for spec in (DatasetSpec("a@1", "CC0"), DatasetSpec("a", " "), DatasetSpec("", "CC0")):
        with pytest.raises(InvalidLabel):
            create_dataset(bench.store, spec, NOW)
    for wrong in (
        {"values": ("quality",)},
        {"values": ("nothing=1",)},
        {"values": ("issues>=1",)},
        {"size": 3, "strategy": "magic"},
        {"agreement_on": "notes", "min_agreement": 0},
    ):
        with pytest.raises(InvalidLabel):
            bench.add(**wrong)
    for wrong in ({"size": 0}, {"outcome": "some"}, {"purposes": ("gold",)}, {"min_agreement": 2}):
        with pytest.raises(InvalidLabel):
            Recipe(("support",), **wrong)
    with pytest.raises(InvalidLabel, match="there is no such key"):
        Recipe.from_json({"queues": ["a"], "sql": "x"})
    with pytest.raises(InvalidLabel):
        Recipe.from_json({"queues": 3})
    bench.add()
    with pytest.raises(InvalidLabel, match="there is no item"):
        add_version(bench.store, "bench", Change(remove=["nobody"]), NOW)
    with pytest.raises(Conflict, match="no item would be left"):
        add_version(bench.store, "bench", Change(only=True), NOW)
    with bench.store.read() as session:
        for told in ("bench@9", "other"):
            with pytest.raises(NotFound):
                find(session, told)
        with pytest.raises(InvalidLabel):
            find(session, "bench@x")


def test_canonical_json_does_not_depend_on_the_order_of_keys():
    assert canonical({"b": {"d": 1, "c": 2}, "a": 0.1}) == '{"a":0.1,"b":{"c":2,"d":1}}'
