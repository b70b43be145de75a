"""The pages of docs/sources and docs/exports as tests walk them: every command is executed."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)


def blocks(page: str, language: str) -> list[str]:
    """The fenced blocks of a page in one language, such as `python` or `toml`."""
    text = (ROOT / "docs" / page).read_text("utf-8")
    return [body for kind, body in _BLOCK.findall(text) if kind == language]


def commands(page: str) -> list[str]:
    """The commands of a page: the lines of its `sh` blocks, continued ones joined."""
    lines = "\n".join(blocks(page, "sh")).replace("\\\n", " ").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]
