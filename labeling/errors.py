"""What can go wrong in labeling.

LabelingError
├── GuidelineError   a guideline's files cannot be used: file, line, key and fix
├── InvalidLabel     one field of an answer: field, message and fix
├── JudgeError       a model that judges did not do its part; its run takes note of it
├── NotAllowed       this account may not enter the queue
└── NotAssigned      no such assignment, or not this account's
"""


class LabelingError(Exception):
    """Base of everything labeling raises on purpose."""


class GuidelineError(LabelingError):
    """A guideline cannot be used; says in which file, on which line, at which key, and the fix."""

    def __init__(
        self, file: str | None, line: int | None, key: str | None, message: str, hint: str
    ) -> None:
        place = ":".join(str(part) for part in (file, line) if part is not None)
        self.told = ": ".join(part for part in (place, key, message) if part)
        super().__init__(f"{self.told} ({hint})")
        self.file, self.line, self.key, self.message, self.hint = file, line, key, message, hint


class InvalidLabel(LabelingError):
    """A value that the form does not take."""

    def __init__(self, field: str, message: str, hint: str | None = None) -> None:
        super().__init__(f"{field}: {message}")
        self.field, self.message, self.hint = field, message, hint


class JudgeError(LabelingError):
    """A model that judges, or its endpoint, did not do its part; what it was is kept by its run."""


class NotAllowed(LabelingError):
    """The account may not do this here, such as enter a queue it was not invited to."""


class NotAssigned(LabelingError):
    """No such assignment, or another person's: the two are told apart to nobody."""

    def __init__(self, assignment_id: object) -> None:
        super().__init__(f"no assignment {assignment_id!r} of yours")
        self.assignment_id = assignment_id
