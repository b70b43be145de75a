"""Which key stands for which control of a form: as written, else digits, else a letter of it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from string import ascii_lowercase, digits

AUTO = "auto"
"""In place of a key: choose one."""

SKIP, UNDO, FOCUS_ANSWER, BRIEFING = "x", "z", "e", "b"
RESERVED = (SKIP, UNDO, FOCUS_ANSWER, BRIEFING)
"""Letters that belong to the page: skip, undo, write the answer, show the guideline."""


@dataclass(frozen=True)
class Control:
    """Something on the form that wants a key."""

    name: str
    """Field, or field and option: `issues.refusal`."""
    key: str | None
    """As written; None: it shall have none; AUTO: choose."""
    digit: str = ""
    """The digit to try first, when it is a point of a scale."""
    words: str = ""
    """The text whose letters are tried first."""
    is_answer: bool = False
    """A corrected answer: takes the page's own key for it."""


KeyProblem = Callable[[int, str, str], Exception]
"""Makes the error for a control (its index) from message and hint."""


def assign_keys(controls: Sequence[Control], problem: KeyProblem) -> list[str | None]:
    """One key, or None, per control; written keys first, so that none is taken away by a guess."""
    taken: dict[str, str] = {}
    for index, control in enumerate(controls):
        if control.key in (AUTO, None):
            continue
        _check_written(control, taken, partial(problem, index))
        taken[str(control.key)] = control.name
    chosen = []
    for control in controls:
        key = control.key
        if key == AUTO:
            key = next((one for one in _candidates(control) if one not in taken), None)
        if key is not None:
            taken[key] = control.name
        chosen.append(key)
    return chosen


def _check_written(
    control: Control, taken: dict[str, str], wrong: Callable[[str, str], Exception]
) -> None:
    key = str(control.key)
    own = (FOCUS_ANSWER,) if control.is_answer else ()
    if key not in tuple(ascii_lowercase + digits):
        raise wrong(f"{key!r} cannot be a key", 'one letter a-z or digit 0-9, or "" for none')
    if key in RESERVED and key not in own:
        raise wrong(
            f"key {key!r} of {control.name} belongs to the page",
            f"any letter but {', '.join(RESERVED)}",
        )
    if key in taken:
        raise wrong(
            f"key {key!r} is written for both {taken[key]} and {control.name}", "change one of them"
        )


def _candidates(control: Control) -> Iterator[str]:
    """Keys to try in turn: the digit, first letters of words, other letters, any letter."""
    if control.is_answer:
        yield FOCUS_ANSWER
    yield from control.digit
    words = control.words.lower().split()
    for letter in (*(word[0] for word in words), *"".join(words), *ascii_lowercase):
        if letter in ascii_lowercase and letter not in RESERVED:
            yield letter
