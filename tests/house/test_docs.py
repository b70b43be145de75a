"""Docs that cannot rot: what exists is documented, what is documented exists."""

import re
from pathlib import Path

import click
import pytest

from server.cli import goldloop

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "docs" / "reference"


def commands(group: click.Group, prefix: str = "goldloop"):
    for name, command in sorted(group.commands.items()):
        if isinstance(command, click.Group):
            yield from commands(command, f"{prefix} {name}")
        else:
            yield f"{prefix} {name}"


def test_every_command_is_in_the_reference():
    text = (REFERENCE / "commands.md").read_text()
    assert [one for one in commands(goldloop) if f"## {one}\n" not in text] == []


def test_every_setting_is_in_the_reference():
    from server.settings import Settings

    text = (REFERENCE / "settings.md").read_text()
    names = [f"GOLDLOOP_{name.upper()}" for name in Settings.model_fields]
    assert [name for name in names if f"`{name}`" not in text] == []


def test_the_reference_is_what_the_program_says():
    from docs.generate import pages

    for name, text in pages().items():
        assert (REFERENCE / name).read_text() == text, f"run: python docs/generate.py ({name})"


def test_every_strategy_is_explained():
    from sampling import STRATEGIES

    text = (ROOT / "docs" / "sampling.md").read_text()
    assert [name for name in STRATEGIES if f"`{name}`" not in text] == []


def test_every_kind_of_field_is_explained_with_an_example_that_loads():
    from labeling.fields import KINDS, fields_from_toml

    text = (ROOT / "docs" / "guidelines.md").read_text()
    examples = re.findall(r"```toml\n(.*?)```", text, re.S)
    shown = {
        field.kind
        for example in examples
        for field in fields_from_toml(example.replace('version = "1"\ntitle = "Tone of voice"', ""))
    }
    assert shown == set(KINDS)
    assert [kind for kind in KINDS if f"\n### {kind}\n" not in text] == []


def test_every_key_of_the_labeling_page_is_told_to_annotators():
    scripts = (ROOT / "labeling" / "ui" / "static").glob("*.js")
    code = "\n".join(path.read_text() for path in scripts)
    listed = code[code.index("gl.PAGE_KEYS = [") :].split("];")[0]
    added = "".join(re.findall(r"gl\.PAGE_KEYS\.splice\((.*)\);\n", code))
    keys = re.findall(r"\[\"([^\"]+)\", \"[^\"]+\"\]", listed + added)
    told = re.findall(r"^\| (.+?) \|", (ROOT / "docs" / "annotating.md").read_text(), re.M)
    assert sorted(set(told) - {"key", "---"}) == sorted(set(keys))


def test_decisions_are_numbered_without_gaps():
    names = sorted(path.name for path in (ROOT / "docs" / "decisions").glob("*.md"))
    assert [int(name[:4]) for name in names] == list(range(1, len(names) + 1))


PAGES = [
    "README.md",
    "CONTRIBUTING.md",
    *(str(path.relative_to(ROOT)) for path in sorted((ROOT / "docs").rglob("*.md"))),
]


def _inside(page: str) -> list[Path]:
    """What a page links to inside the repository."""
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", (ROOT / page).read_text())
    inside = [link for link in links if not link.startswith(("http", "mailto"))]
    return [((ROOT / page).parent / link).resolve() for link in inside]


@pytest.mark.parametrize("page", PAGES)
def test_links_inside_the_repository_lead_somewhere(page):
    assert [str(link) for link in _inside(page) if not link.exists()] == []


def test_the_index_leads_to_every_page_and_the_readme_to_the_index():
    docs = {path for path in (ROOT / "docs").rglob("*.md") if path.parent.name != "decisions"}
    led = set(_inside("docs/README.md"))
    assert sorted(path.name for path in docs - led - {ROOT / "docs" / "README.md"}) == []
    assert ROOT / "docs" / "README.md" in _inside("README.md")


def test_every_export_is_named_in_the_docs_and_the_help():
    from storage.exports import EXPORTS, FolderFormat

    text = (ROOT / "docs" / "exports.md").read_text()
    told = (REFERENCE / "commands.md").read_text()
    assert [name for name in EXPORTS if name not in told] == []
    assert [name for name in EXPORTS if f"`{name}`" not in text and f"### {name}" not in text] == []
    pages = {path.stem for path in (ROOT / "docs" / "exports").glob("*.md")}
    folders = {name for name, one in EXPORTS.items() if isinstance(one, FolderFormat)}
    assert pages == folders - {"goldloop"}


def test_the_changelog_has_what_is_unreleased_first():
    text = (ROOT / "CHANGELOG.md").read_text()
    assert re.findall(r"^## (.+)$", text, re.M)[0] == "Unreleased"
    assert "### Added" in text


def test_every_page_of_a_source_or_an_export_is_walked_by_a_test():
    pages = [
        path for folder in ("sources", "exports") for path in (ROOT / "docs" / folder).glob("*.md")
    ]
    tests = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    assert [path.name for path in pages if f'"{path.parent.name}/{path.name}"' not in tests] == []
