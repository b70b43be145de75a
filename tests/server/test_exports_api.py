"""Exports over REST: every format, streamed, refused before the first byte."""

import io
import json
import zipfile
from urllib.parse import unquote

import pyarrow.parquet
import pytest

from storage.exports import EXPORTS


def labelled(town, name: str = "q") -> None:
    town.queue(name, tasks=3)
    ann = town.client("ann")
    for quality in (1, 3, 5):
        number = ann.post(f"/v1/queues/{name}/assignments").json()["assignment_id"]
        values = {"quality": quality, "expected_answer": f'=HYPERLINK("{quality}")'}
        ann.post(f"/v1/assignments/{number}/label", json={"values": values})


def take(town, format_: str, name: str = "q", **query: str):
    client = town.client("eng")
    return client.get(f"/v1/queues/{name}/export", params={"format": format_, **query})


@pytest.mark.parametrize("labels", ["raw", "settled"])
def test_lines_hold_every_label(town, labels: str) -> None:
    labelled(town)
    answer = take(town, "jsonl", labels=labels)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/x-ndjson"
    told = "q-raw.jsonl" if labels == "raw" else "q.jsonl"
    named = f"attachment; filename=\"{told}\"; filename*=UTF-8''{told}"
    assert answer.headers["content-disposition"] == named
    assert len([json.loads(line) for line in answer.text.splitlines()]) == 3


def test_a_spreadsheet_computes_nothing(town) -> None:
    labelled(town)
    answer = take(town, "csv", labels="raw")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "\"'=HYPERLINK" in answer.text
    assert '"=HYPERLINK' not in answer.text


def test_parquet(town) -> None:
    labelled(town)
    answer = take(town, "parquet", labels="raw")
    assert pyarrow.parquet.read_table(io.BytesIO(answer.content)).num_rows == 3


@pytest.mark.parametrize("format_", ["goldloop", "huggingface", "inspect"])
def test_a_folder_comes_as_a_zip(town, format_: str) -> None:
    labelled(town)
    answer = take(town, format_)
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"].endswith(f"''q-{format_}.zip")
    assert f'filename="q-{format_}.zip"' in answer.headers["content-disposition"]
    good = take(town, format_, expected="response-if-quality>=1")
    assert f'"q-{format_}-good-responses.zip"' in good.headers["content-disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        assert len(archive.namelist()) > 1


@pytest.mark.parametrize("format_", sorted(EXPORTS))
def test_every_format_on_a_queue_without_labels(town, format_: str) -> None:
    town.queue(tasks=0)
    assert take(town, format_).status_code in (200, 409)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"format_": "docx"}, "format"),
        ({"format_": "jsonl", "labels": "some"}, "labels"),
        ({"format_": "jsonl", "expected": "all"}, "expected"),
        ({"format_": "inspect", "labels": "raw"}, "labels"),
        ({"format_": "trl", "labels": "raw"}, "labels"),
    ],
)
def test_refused_before_the_first_byte(sqlite_town, query: dict[str, str], field: str) -> None:
    sqlite_town.queue(tasks=0)
    answer = take(sqlite_town, **query)
    assert answer.status_code == 422
    assert answer.json()["error"]["field"] == field


def test_the_formats_stand_in_the_description(sqlite_town) -> None:
    paths = sqlite_town.client("root").get("/openapi.json").json()["paths"]
    told = paths["/v1/queues/{queue}/export"]["get"]["parameters"]
    [named] = [one["schema"]["enum"] for one in told if one["name"] == "format"]
    assert set(named) == set(EXPORTS)


def test_no_such_queue(sqlite_town) -> None:
    assert take(sqlite_town, "jsonl", "none").status_code == 404


def test_the_name_of_a_queue_in_the_name_of_the_file(sqlite_town) -> None:
    name = 'Fragen "ä"; x=y'
    labelled(sqlite_town, name)
    disposition = take(sqlite_town, "csv", name).headers["content-disposition"]
    assert disposition.startswith('attachment; filename="Fragen-x-y.csv"; filename*=')
    assert disposition.count(";") == 2
    assert unquote(disposition.split("''")[1]) == f"{name}.csv"


def test_the_cookie_of_a_page_is_enough(sqlite_town) -> None:
    labelled(sqlite_town)
    path = "/v1/queues/q/export?format=csv"
    assert sqlite_town.browser("lee").get(path).status_code == 200
    assert sqlite_town.browser("ann").get(path).status_code == 403
