"""What can go wrong in the store.

StorageError
├── NotFound        the named thing is not there
├── Conflict        it is there already, or in a state that forbids the change
├── BadRow          one row of an input cannot be taken
├── PullFault       another platform does not answer as it should
├── Unavailable     the database takes nothing at the moment; again later
└── StoreOutdated   the database needs a migration (or a newer Goldloop)
"""


class StorageError(Exception):
    """Base of everything the store raises on purpose."""


class NotFound(StorageError):
    """The named thing does not exist, or not for this person."""

    def __init__(self, kind: str, name: object) -> None:
        super().__init__(f"no {kind} {name!r}")
        self.kind, self.name = kind, name


class Conflict(StorageError):
    """The store is in a state that forbids the change; `code` is stable for machines."""

    def __init__(self, code: str, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.hint = code, message, hint


class BadRow(StorageError):
    """One row of an input: which field, which value, and what would be right."""

    def __init__(self, field: str | None, message: str, hint: str | None = None) -> None:
        super().__init__(f"{field}: {message}" if field else message)
        self.field, self.message, self.hint = field, message, hint

    def to_json(self) -> dict[str, str]:
        """The `error` object of the public contract."""
        found = {"code": "invalid", "message": self.message, "field": self.field, "hint": self.hint}
        return {key: value for key, value in found.items() if value is not None}


class PullFault(StorageError):
    """Another platform does not answer, or not as it should; `status` is of its answer."""

    def __init__(self, message: str, hint: str | None = None, status: int | None = None) -> None:
        super().__init__(message)
        self.message, self.hint, self.status = message, hint, status


class Unavailable(StorageError):
    """The database takes nothing at the moment; sending the same again later is right."""


class StoreOutdated(StorageError):
    """The database is at another schema revision than this program."""
