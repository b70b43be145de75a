"""Files of every kind: rows and faults in order, however damaged the file is."""

import gzip
import io
import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage import BadRow
from storage.interactions import parse_interaction
from storage.sources import SOURCES, FileOptions, file_rows, json_array, json_lines, jsonl

NOW = datetime(2026, 11, 2, tzinfo=UTC)


def rows_of(path: Path, **options) -> list:
    return list(file_rows(path, FileOptions(**options)))


def written(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def parquet(folder: Path, columns: dict) -> Path:
    path = folder / "rows.parquet"
    pq.write_table(pa.table(columns), path)
    return path


def lines(content: bytes) -> list:
    return list(json_lines(io.BytesIO(content)))


def faults(rows: list) -> dict[int, BadRow]:
    return {index: row for index, row in rows if isinstance(row, BadRow)}


# The same interaction from every kind of file.


def made(folder: Path, kind: str, rows: list[dict]) -> Path:
    if kind == "parquet":
        return parquet(folder, {name: [row[name] for row in rows] for name in rows[0]})
    if kind == "csv":
        heads = list(rows[0])
        cells = [[one[name] if isinstance(one[name], str) else json.dumps(one[name])
                  for name in heads] for one in rows]  # fmt: skip
        quoted = [",".join('"' + c.replace('"', '""') + '"' for c in line) for line in cells]
        return written(folder, "rows.csv", "\n".join([",".join(heads), *quoted]))
    return written(folder, "rows.jsonl", "\n".join(json.dumps(one) for one in rows))


@pytest.mark.parametrize("kind", sorted(SOURCES))
def test_every_source_gives_the_same_interaction(tmp_path, kind):
    rows = [
        {
            "id": f"r{number}",
            "messages": [{"role": "user", "content": 'He said "hi"\nand =1+1, twice'}],
            "response": "Hello, you\n🙂",
            "context": ["one", "two"],
            "confidence": 0.25,
            "flags": ["rude"],
            "created_at": "2026-11-01T10:00:00Z",
            "usage": {"prompt_tokens": 3, "completion_tokens": 4},
        }
        for number in range(3)
    ]
    found = rows_of(made(tmp_path, kind, rows))
    assert [index for index, _ in found] == [0, 1, 2]
    for (_, row), sent in zip(found, rows, strict=True):
        assert parse_interaction(row, now=NOW) == parse_interaction(sent, now=NOW)


@pytest.mark.parametrize("kind", sorted(SOURCES))
def test_every_source_tells_how_far_it_is(tmp_path, kind):
    path = made(tmp_path, kind, [{"id": str(number), "query": "Why?"} for number in range(2_500)])
    told: list[int] = []
    assert len(list(file_rows(path, FileOptions(), told.append))) == 2_500
    assert min(told) >= 0
    assert abs(sum(told) - path.stat().st_size) <= 10


def test_the_format_comes_from_the_name_or_is_given(tmp_path):
    path = written(tmp_path, "rows.txt", '{"id": "a"}\n')
    with pytest.raises(BadRow, match=r"the name rows\.txt does not say"):
        rows_of(path)
    assert rows_of(path, format="jsonl") == [(0, {"id": "a"})]
    with pytest.raises(BadRow, match="no format 'xml'") as refused:
        rows_of(path, format="xml")
    assert refused.value.hint.startswith("one of csv, jsonl, parquet, phoenix, mlflow")


def test_a_mapping_to_a_field_that_there_is_not_is_refused(tmp_path):
    path = tmp_path / "rows.jsonl"
    path.write_text('{"key": "a"}')
    assert rows_of(path, mapping={"id": "key"}) == [(0, {"id": "a"})]
    with pytest.raises(BadRow, match="there is no field 'answr'") as refused:
        rows_of(path, mapping={"answr": "key"})
    assert "answer" in refused.value.hint


# JSON


def test_lines_skip_blanks_and_a_byte_order_mark():
    assert lines(b'\xef\xbb\xbf{"a":1}\r\n\n  \n{"a":2}') == [(0, {"a": 1}), (1, {"a": 2})]
    assert lines(b"") == []


@pytest.mark.parametrize(
    "bad",
    [b"{broken", b"[1]", b"null", b'{"a": NaN}', b'{"a": 1e999}', b'{"a": "\xff"}', b"\x00",
     b"[" * 100_000, b'{"a":' * 50_000, b'{"a": ' + b"9" * 5_000 + b"}", b'{"a": "\\ud8"}'],
)  # fmt: skip
def test_a_bad_line_does_not_spoil_its_neighbours(bad):
    found = lines(b'{"a":1}\n' + bad + b'\n{"a":3}\n')
    assert [found[0], found[2]] == [(0, {"a": 1}), (2, {"a": 3})]
    assert faults(found)[1].message


def test_escaped_half_characters_become_replacement_characters():
    line = (
        rb'{"a": "\ud800", "b": "\udc00x", "c": "\ud83d\ude42", "d": "\\ud800",'
        rb' "e": "\ud800\ud83d\ude42"}'
    )
    wanted = {"a": "�", "b": "�x", "c": "🙂", "d": "\\ud800", "e": "�🙂"}
    assert lines(line) == [(0, wanted)]
    assert list(json_array(b"[" + line + b', {"a": 1}]')) == [(0, wanted), (1, {"a": 1})]


@given(st.text(alphabet=st.characters(codec=None, categories=["Cs", "Lu", "Po"])))
def test_any_text_sent_as_json_arrives_with_its_length(text):
    ((_, row),) = lines(json.dumps({"a": text}).encode())
    joined = json.loads(json.dumps(text))
    assert len(row["a"]) == len(joined)


def test_a_line_that_does_not_end_is_refused_without_being_read_whole(monkeypatch):
    monkeypatch.setattr(jsonl, "LONGEST", 100)
    found = lines(b'{"a":1}\n' + b"x" * 1_000 + b'\n{"a":2}\n' + b"y" * 350)
    assert [found[0], found[2]] == [(0, {"a": 1}), (2, {"a": 2})]
    assert sorted(faults(found)) == [1, 3]
    assert "100 bytes" in (faults(found)[1].hint or "")


def test_rows_of_an_array_are_read_one_by_one():
    found = list(json_array(b' [{"a":1}, 7, {"a":1e999}, {"a":"\xff"}, {"a":2}] '))
    assert [found[0], found[4]] == [(0, {"a": 1}), (4, {"a": 2})]
    assert sorted(faults(found)) == [1, 2, 3]
    assert list(json_array(b'{"a":1}')) == [(0, {"a": 1})]
    assert list(json_array(b"[]")) == []


@pytest.mark.parametrize(
    "body",
    [b"", b"[", b"[{]", b"\xff", b"7", b'"x"', b"[1]]", b'{"a":1}{"a":2}', b"{", b"[" * 9**6],
)
def test_a_body_that_is_no_array_is_refused_at_once(body):
    with pytest.raises(BadRow, match="body is no JSON"):
        json_array(body)


def test_an_array_in_a_file(tmp_path):
    rows = json.dumps([{"id": "a"}, {"id": "b"}], indent=2)
    wanted = [(0, {"id": "a"}), (1, {"id": "b"})]
    assert rows_of(written(tmp_path, "rows.json", rows)) == wanted
    assert rows_of(written(tmp_path, "rows.json.gz", gzip.compress(rows.encode()))) == wanted
    assert list(faults(rows_of(written(tmp_path, "bad.json", rows[:-3])))) == [0]


def test_one_object_over_several_lines_is_one_row(tmp_path):
    text = json.dumps({"id": "a", "query": "Why?"}, indent=2)
    assert rows_of(written(tmp_path, "row.json", text)) == [(0, {"id": "a", "query": "Why?"})]
    assert list(faults(rows_of(written(tmp_path, "bad.json", text[:-3])))) == [0]


@pytest.mark.parametrize("name", ["rows.jsonl.gz", "rows.jsonl"])
def test_packed_lines_whatever_the_name(tmp_path, name):
    path = written(tmp_path, name, gzip.compress(b'{"id":"a"}\n{"id":"b"}\n'))
    assert rows_of(path) == [(0, {"id": "a"}), (1, {"id": "b"})]


@pytest.mark.parametrize("name", ["rows.jsonl.gz", "rows.csv.gz"])
def test_a_packed_file_that_ends_early_gives_what_it_held(tmp_path, name):
    text = "id,query\n" if "csv" in name else ""
    text += "".join(f"{n},q\n" if "csv" in name else f'{{"id":"{n}"}}\n' for n in range(20_000))
    packed = gzip.compress(text.encode(), compresslevel=0)
    found = rows_of(written(tmp_path, name, packed[: len(packed) // 2]))
    assert len(found) > 1_000
    assert list(faults(found)) == [len(found) - 1]
    assert "gzip" in faults(found)[len(found) - 1].message
    garbled = rows_of(written(tmp_path, name, packed[:3] + b"\xff" * 50))
    assert list(faults(garbled)) == [0]


# CSV


def test_cells_of_a_spreadsheet(tmp_path):
    text = (
        "\ufeffid,query,response,context,flags,tags,flagged,rating,comment,confidence\r\n"
        '1,"Hello, ""world""\nsecond line",=1+1,"[""a"",""b""]",rude,,yes,5,nice,0.5\r\n'
        "\r\n"
        '2,Hi,,plain text,,"[""x""]",0,,,\r\n'
    )
    assert rows_of(written(tmp_path, "rows.csv", text)) == [
        (0, {"id": "1", "query": 'Hello, "world"\nsecond line', "response": "=1+1",
             "context": ["a", "b"], "flags": ["rude"], "flagged": True, "confidence": "0.5",
             "feedback": {"rating": "5", "comment": "nice"}}),
        (1, {"id": "2", "query": "Hi", "context": ["plain text"], "tags": ["x"],
             "flagged": False}),
    ]  # fmt: skip


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_other_delimiters(tmp_path, delimiter):
    text = f"id{delimiter}query\n1{delimiter}a, b\n"
    assert rows_of(written(tmp_path, "rows.csv", text)) == [(0, {"id": "1", "query": "a, b"})]


def test_a_bad_csv_row_does_not_spoil_its_neighbours(tmp_path):
    text = b"id,messages\n1,hi\n2,too,many\n3\n4,\xff\n5,[{]\n6,hi\n"
    found = rows_of(written(tmp_path, "rows.csv", text))
    assert [found[0], found[5]] == [
        (0, {"id": "1", "messages": "hi"}),
        (5, {"id": "6", "messages": "hi"}),
    ]
    told = {index: fault.message for index, fault in faults(found).items()}
    assert sorted(told) == [1, 2, 3, 4]
    assert told[1] == "3 cells under 2 headings"
    assert told[3] == "not UTF-8"
    assert "no JSON" in told[4]


def test_a_cell_without_end_is_one_bad_row(tmp_path, monkeypatch):
    monkeypatch.setattr("storage.sources.csv.LONGEST", 1_000)
    text = "id,query\n1,hi\n2," + "x" * 2_000 + "\n3,hi\n"
    found = rows_of(written(tmp_path, "rows.csv", text))
    assert list(faults(found)) == [1]
    assert [row["id"] for _, row in found if not isinstance(row, BadRow)] == ["1", "3"]


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "names no columns"), ("\n\n", "names no columns"), ("a,a\n1,2\n", "'a'")],
)
def test_headings_that_cannot_be(tmp_path, text, said):
    found = rows_of(written(tmp_path, "rows.csv", text))
    assert said in faults(found)[0].message


def test_a_rating_in_words_is_no_rating(tmp_path):
    path = written(tmp_path, "rows.csv", "id,query,rating\n1,hi,good\n")
    assert rows_of(path) == [(0, {"id": "1", "query": "hi", "rating": "good"})]


# Parquet


def test_absent_values_and_numbers_of_a_table(tmp_path):
    path = parquet(
        tmp_path,
        {
            "id": [1, 2],
            "query": ["a", "b"],
            "confidence": [0.5, float("nan")],
            "category": ["x", None],
            "cost_usd": [Decimal("0.25"), None],
            "created_at": pa.array([NOW, None], pa.timestamp("ns", tz="UTC")),
        },
    )
    first, second = (parse_interaction(row, now=NOW) for _, row in rows_of(path))
    assert (first.external_id, first.confidence, first.cost_usd) == ("1", 0.5, 0.25)
    assert first.created_at == NOW
    assert (second.confidence, second.category, second.cost_usd) == (None, None, None)


def test_a_bad_parquet_row_does_not_spoil_its_neighbours(tmp_path):
    raw = pa.array([b"a", b"\xff", b"c"], pa.binary()).view(pa.string())
    path = parquet(tmp_path, {"id": ["1", "2", "3"], "query": raw})
    found = rows_of(path)
    assert list(faults(found)) == [1]
    assert [row["query"] for _, row in found if not isinstance(row, BadRow)] == ["a", "c"]


@pytest.mark.parametrize("content", [b"", b"PAR1 and nothing else", b"x" * 5_000])
def test_what_is_no_parquet_is_one_bad_row(tmp_path, content):
    found = rows_of(written(tmp_path, "rows.parquet", content))
    assert list(faults(found)) == [0]
    assert "no Parquet file" in faults(found)[0].message


# Fields and ids


def test_columns_become_fields(tmp_path):
    path = written(
        tmp_path, "rows.csv", 'key,ask,talk,stars,tok\n1,hi,"[{""role"":""user""}]",4,9\n'
    )
    mapping = {"id": "key", "messages": "talk", "feedback.rating": "stars",
               "usage.input_tokens": "tok", "model": "absent"}  # fmt: skip
    assert rows_of(path, mapping=mapping) == [
        (0, {"id": "1", "ask": "hi", "messages": [{"role": "user"}],
             "feedback": {"rating": "4"}, "usage": {"input_tokens": "9"}})
    ]  # fmt: skip


def test_columns_may_change_places(tmp_path):
    path = written(tmp_path, "rows.jsonl", '{"query": "A", "response": "Q"}\n')
    mapping = {"query": "response", "response": "query"}
    assert rows_of(path, mapping=mapping) == [(0, {"query": "Q", "response": "A"})]


def test_a_field_inside_what_is_no_object(tmp_path):
    path = written(tmp_path, "rows.jsonl", '{"id": "1", "usage": 3, "tok": 9}\n')
    found = rows_of(path, mapping={"usage.input_tokens": "tok"})
    assert faults(found)[0].field == "usage"


def test_ids_from_a_field(tmp_path):
    path = written(tmp_path, "rows.jsonl", '{"uuid": "u1"}\n{"query": "x"}\n')
    found = rows_of(path, id_from="uuid")
    assert found[0] == (0, {"uuid": "u1", "id": "u1"})
    assert faults(found)[1].field == "id"
    assert "query" in (faults(found)[1].hint or "")


def test_ids_from_the_content_are_equal_for_equal_rows(tmp_path):
    path = written(tmp_path, "rows.jsonl", '{"a": 1, "b": 2}\n{"b": 2, "a": 1}\n{"a": 2, "b": 1}\n')
    ids = [row["id"] for _, row in rows_of(path, id_from="content")]
    assert ids[0] == ids[1] != ids[2]
    assert all(len(one) == 32 for one in ids)
