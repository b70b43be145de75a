"""What comes in, what is kept, what goes out: the only room that speaks SQL."""

from storage.engine import Session, Store, open_store
from storage.errors import (
    BadRow,
    Conflict,
    NotFound,
    PullFault,
    StorageError,
    StoreOutdated,
    Unavailable,
)
from storage.migrate import ensure_current, upgrade

__all__ = [
    "BadRow",
    "Conflict",
    "NotFound",
    "PullFault",
    "Session",
    "StorageError",
    "Store",
    "StoreOutdated",
    "Unavailable",
    "ensure_current",
    "open_store",
    "upgrade",
]
