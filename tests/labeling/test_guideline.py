"""A guideline folder: read, checked, identified."""

import pytest

from labeling.errors import GuidelineError, InvalidLabel
from labeling.guideline import load_guideline, load_guidelines, named, shipped_folder

FORM = """version = "1"
title = "Tone"

[[fields]]
name = "tone"
kind = "rating"
label = "How is the tone?"
"""


@pytest.fixture
def write(tmp_path):
    def write(slug="tone", rubric="# Tone\n\nListen.\n", form=FORM, parent="own"):
        folder = tmp_path / parent / slug
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "guideline.md").write_bytes(rubric.encode())
        (folder / "fields.toml").write_bytes(form.encode())
        return folder

    return write


def test_a_folder_is_a_guideline(write):
    found = load_guideline(write())
    assert (found.slug, found.version, found.title) == ("tone", "1", "Tone")
    assert found.markdown == "# Tone\n\nListen.\n"
    assert [field.name for field in found.fields] == ["tone"]
    assert len(found.hash) == 64


def test_layout_does_not_change_the_identity(write):
    first = load_guideline(write()).hash
    assert load_guideline(write(rubric="\ufeff# Tone\r\n\r\nListen.\r\n\r\n")).hash == first
    assert load_guideline(write(form="# a remark\n" + FORM.replace(" = ", "="))).hash == first


@pytest.mark.parametrize(
    ("rubric", "form"),
    [
        ("# Tone\n\nListen well.\n", FORM),
        ("# Tone\n\nListen.\n", FORM.replace("How is", "What is")),
        ("# Tone\n\nListen.\n", FORM.replace('"1"', '"2"')),
        ("# Tone\n\nListen.\n", FORM + 'max = 7\nhelp = "more"\n'),
    ],
)
def test_content_changes_the_identity(write, rubric, form):
    first = load_guideline(write()).hash
    assert load_guideline(write(rubric=rubric, form=form)).hash != first


@pytest.mark.parametrize(
    ("form", "line", "key"),
    [
        (FORM.replace('title = "Tone"\n', ""), 1, "title"),
        (FORM.replace('"1"', "1"), 1, "version"),
        ('colour = "red"\n' + FORM, 1, "colour"),
        ('version = "1"\ntitle = "Empty"\nfields = []\n', 3, "fields"),
        ('version = "1"\ntitle = "Empty"\n', 1, "fields"),
        (FORM + "min = 9\n", 8, "fields[0].max"),
        (FORM.replace("label", "lable"), 7, "fields[0].lable"),
    ],
)
def test_errors_name_the_place(write, form, line, key):
    folder = write(form=form)
    with pytest.raises(GuidelineError) as caught:
        load_guideline(folder)
    error = caught.value
    assert error.file == str(folder / "fields.toml")
    assert error.key == key
    if key != "fields[0].max":
        assert error.line == line


@pytest.mark.parametrize(
    ("form", "meant"),
    [(FORM.replace("label", "lable"), "label?"), (FORM + "failure_bellow = 2\n", "failure_below?")],
)
def test_a_misspelt_key_proposes_the_one_that_was_meant(write, form, meant):
    with pytest.raises(GuidelineError) as caught:
        load_guideline(write(form=form))
    assert caught.value.hint.startswith(meant)


def test_a_folder_that_is_a_guideline_itself_is_used(write):
    folder = write()
    assert set(load_guidelines(folder)) == {"tone"}
    assert set(load_guidelines(folder.parent)) == {"tone"}


def test_missing_files_odd_names_and_encodings(write, tmp_path):
    folder = write("gone")
    (folder / "guideline.md").unlink()
    with pytest.raises(GuidelineError, match=r"guideline\.md: is missing"):
        load_guideline(folder)
    with pytest.raises(GuidelineError, match="slug"):
        load_guideline(write("Not A Slug"))
    folder = write("latin")
    (folder / "guideline.md").write_bytes("one\ntwo ä".encode("latin-1"))
    with pytest.raises(GuidelineError, match="UTF-8") as caught:
        load_guideline(folder)
    assert caught.value.line == 2
    with pytest.raises(GuidelineError, match="no such folder"):
        load_guidelines(tmp_path / "nowhere")


def test_a_later_folder_wins_and_other_folders_are_left_alone(write, tmp_path):
    write()
    write("other")
    write(form=FORM.replace("Tone", "Our tone"), parent="theirs")
    (tmp_path / "own" / "pictures").mkdir()
    found = load_guidelines(tmp_path / "own", tmp_path / "theirs")
    assert sorted(found) == ["other", "tone"]
    assert found["tone"].title == "Our tone"


def test_the_shipped_guidelines_load():
    found = load_guidelines(shipped_folder())
    assert [field.name for field in found["response-quality"].fields if field.required] == [
        "quality"
    ]


def test_an_unknown_slug_names_the_known_ones():
    found = load_guidelines(shipped_folder())
    assert named(found, "response-quality") is found["response-quality"]
    with pytest.raises(InvalidLabel, match="no guideline 'tone'") as caught:
        named(found, "tone")
    assert "response-quality" in caught.value.hint
