"""What experts wrote that fits no form, and what a closed test split shows of itself."""

import json

import pandas

from labeling.datasets.export import Wanted, export_version
from labeling.datasets.versions import Change, add_version, diff
from labeling.datasets.written import from_file
from labeling.webhooks import WebhookSpec, add_webhook
from storage.exports import EXPORTS
from storage.queries import datasets as kept
from storage.queries import webhooks
from storage.sources import FileOptions
from tests import factories

NOW = factories.NOON


def written(bench, rows):
    path = bench.folder / "written.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows))
    return from_file(bench.store, path, FileOptions(source="experts"), NOW).items


def test_answers_of_experts_that_fit_no_field_break_no_format(bench):
    bench.add(needs_expected=True)
    strange = ["five", 5.5, 10**12, True, {"a": 1}, ["x"], '=1+1,"a"\n', -3]
    rows = [
        {"id": f"e{n}", "query": f"{n * 7919} what is {n**5}?", "expected": "It.",
         "values": dict.fromkeys(("quality", "issues", "difficulty", "unknown"), one)}
        for n, one in enumerate(strange)
    ]  # fmt: skip
    add_version(bench.store, "bench", Change(written(bench, rows)), NOW)
    for format_ in sorted(EXPORTS):
        target, wanted = bench.folder / format_, Wanted(format_, unlock="all of it")
        found = export_version(bench.store, "bench", target, wanted, NOW)
        assert found["items"] == 16 + len(strange)
        told = (target / "README.md").read_text()
        assert "24 answers that came with items do not fit the form" in told
    table = pandas.concat(pandas.read_csv(one) for one in (bench.folder / "csv").glob("*.csv"))
    assert set(table["values.quality"].dropna()) <= {1, 2, 3, 4, 5}


def test_answers_of_experts_without_any_form_are_kept_as_they_are(bench):
    row = {"id": "e", "query": "Is it?", "expected": "It is.", "values": {"difficulty": {"a": [1]}}}
    add_version(bench.store, "bench", Change(written(bench, [row])), NOW)
    for format_ in ("goldloop", "inspect", "csv", "parquet"):
        target, wanted = bench.folder / format_, Wanted(format_, unlock="all of it")
        assert export_version(bench.store, "bench", target, wanted, NOW)["items"] == 1


def test_a_closed_test_split_shows_no_text_in_a_comparison(bench):
    before = [{"id": f"q{n}", "query": f"{n * 7919} {n**5}?", "expected": "No."} for n in range(9)]
    add_version(bench.store, "bench", Change(written(bench, before)), NOW)
    after = [one | {"expected": f"Secret {one['id']}"} for one in before]
    add_version(bench.store, "bench", Change(written(bench, after)), NOW)
    with bench.store.read() as session:
        found = diff(session, "bench", 1, 2)["changed"]
        version = kept.version_row(session, kept.dataset_named(session, "bench").id, 2)
        split = {one.key: one.split for one in kept.member_rows(session, version.id)}
    shown = {one["id"]: one["fields"][0] for one in found}
    assert {split[key] for key in shown} == {"dev", "validation", "test"}
    for key, field in shown.items():
        assert field["field"] == "expected_answer"
        assert ("to" in field) == (split[key] != "test") == (field.get("held_out") is None)


def test_a_webhook_hears_of_a_version_that_was_made_and_of_no_item(bench):
    with bench.store.write() as session:
        add_webhook(session, WebhookSpec("bi", "http://127.0.0.1:1/", "bi"), None, NOW)
    made = bench.add()
    assert bench.add()["new"] is False
    with bench.store.read() as session:
        row = webhooks.webhook_named(session, "bi")
        (waiting,) = webhooks.due_deliveries(session, row.id, NOW, 10)
    told = json.loads(waiting.body)
    names = ("dataset", "version", "hash", "items", "splits")
    assert told["type"] == "dataset.version"
    assert {name: told["data"][name] for name in names} == {name: made[name] for name in names}
    assert "req-" not in waiting.body
