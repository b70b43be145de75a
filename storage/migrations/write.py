"""Write the next migration: what the tables have and the last schema has not.

`make migration m="what changes"`; read the file before you commit it.
"""

import sys
import tempfile
from pathlib import Path
from typing import Any, Literal

from alembic import command
from alembic.autogenerate.api import AutogenContext

from storage.engine import open_store
from storage.migrate import _config, upgrade
from storage.tables import metadata
from storage.types import Json, UtcTime

VERSIONS = Path(__file__).with_name("versions")


def rendered(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Our own column types by their names; everything else as Alembic writes it."""
    if kind == "type" and isinstance(item, UtcTime | Json):
        return f"{type(item).__name__}()"
    if kind == "type" and type(item).__name__ == "AutoString":
        return "sa.String()"
    return False


def write(message: str) -> Path:
    """Compare a fresh store with the tables; the new migration's file."""
    number = f"{len(list(VERSIONS.glob('*.py'))) + 1:04}"
    with tempfile.TemporaryDirectory() as folder:
        store = open_store(f"sqlite:///{folder}/fresh.db")
        upgrade(store)
        with store.write() as session:
            config = _config()
            config.attributes |= {"connection": session, "metadata": metadata, "render": rendered}
            script = command.revision(config, message, autogenerate=True, rev_id=number)
            return Path(script.path)  # type: ignore[union-attr]


if __name__ == "__main__":
    said = " ".join(sys.argv[1:]).strip()
    if not said:
        sys.exit('say what changes: make migration m="what changes"')
    sys.stdout.write(f"{write(said)}\n")
