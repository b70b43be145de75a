"""Automated checks: what each says of a text, how rules are read, what they leave behind."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from storage import BadRow
from storage.checking import check_stored, set_rules
from storage.checks import VERSIONS, language_of, read_rules
from storage.ingest import ingest_rows
from storage.queries.pool import Filter
from storage.tables import interaction, score

ALL = "[checks]\n" + "\n".join(
    f"{name} = {20 if name == 'too_short' else 100 if name == 'too_long' else 'true'}"
    for name in VERSIONS
)


def flags(answer: str, *, question: str = "", rules: str = ALL) -> list[str]:
    asked = [{"role": "system", "content": "Be kind."}, {"role": "user", "content": question}]
    return read_rules(rules).flags(asked, [{"id": "1", "text": answer}])


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (" \n", ["empty"]),
        ("Yes.", ["too_short"]),
        ("The parcel arrives on Monday at the latest.", []),
        ("I'm sorry, but I can't help with that request.", ["refusal"]),
        ("I’m unable to assist with this, dear customer.", ["refusal"]),
        ("As an AI language model, I have no opinion on that.", ["refusal"]),
        ("Das kann ich nicht beantworten, leider.", ["refusal"]),
        ("I'm sorry to hear that! You can send it back for free.", []),
        ("You can't return opened software, sorry about that.", []),
        ("It loops and " + "it goes round and round again " * 20, ["too_long", "repetition"]),
    ],
)
def test_each_check_says_what_it_is_for(answer, expected):
    assert flags(answer) == expected


def test_a_list_with_many_common_words_is_no_repetition():
    rows = [f"Step {n}: open the menu, choose item {n * 7}, and save it." for n in range(30)]
    assert flags("\n".join(rows), rules="[checks]\nrepetition = true") == []


def test_an_answer_in_another_language_is_noticed_and_doubt_is_not():
    asked = "How can I change the address of my order, and what will it cost?"
    german = "Die Adresse kann nicht geändert werden, wenn das Paket unterwegs ist."
    rules = "[checks]\nlanguage_mismatch = true"
    assert flags(german, question=asked, rules=rules) == ["language_mismatch"]
    assert flags("The address can be changed, and it is free for you.", question=asked,
                 rules=rules) == []  # fmt: skip
    assert flags("OK 42", question=asked, rules=rules) == []
    assert flags(german, question="SELECT 1", rules=rules) == []
    assert flags("これは住所の変更についての答えです。", question=asked, rules=rules) != []


def test_short_words_that_many_languages_share_tell_none():
    asked = "What do I need to do to set up a lemonade stand?"
    answer = "You can begin with the lemons that you have, and ask which of them are good."
    rules = "[checks]\nlanguage_mismatch = true"
    assert flags(answer, question=asked, rules=rules) == []
    assert language_of("A B C D E F G H I J K L M N O P Q R S T U V W X Y Z") is None


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("¿Cómo puedo cambiar la contraseña de mi cuenta? No se puede", "es"),
        ("Como posso mudar a senha? Não sei, você está com uma conta", "pt"),
        ("Bonjour, comment est-ce que je peux changer les horaires pour vous ?", "fr"),
        ("Как я могу это сделать завтра?", "cyrillic"),
        ("请问我可以怎么退货呢谢谢", "zh"),
        ("def f(x): return x + 1", None),
    ],
)
def test_languages_are_told_by_letters_and_common_words(text, language):
    assert language_of(text) == language


def test_rules_of_the_user_flag_words_patterns_and_forms():
    rules = """
        [[rules]]
        flag = "legal"
        words = ["lawyer", "small claims"]
        [[rules]]
        flag = "no_ticket"
        regex = "TICKET-[0-9]+"
        must = true
        [[rules]]
        flag = "asks_for_card"
        words = ["credit card"]
        in = "question"
        [[rules]]
        flag = "bad_form"
        json_schema = { type = "object", required = ["status"] }
    """
    assert flags('{"status": "TICKET-7"}', rules=rules) == []
    found = flags("Ask a LAWYER.", question="my credit card?", rules=rules)
    assert found == ["legal", "no_ticket", "asks_for_card", "bad_form"]
    assert flags("lawyers TICKET-7", rules=rules) == ["bad_form"]


def test_any_of_several_responses_sets_the_flag_and_a_call_of_a_tool_is_not_empty():
    rules = read_rules("[checks]\nempty = true")
    assert rules.flags("[]", '[{"id": "a", "text": "x"}, {"id": "b", "text": ""}]') == ["empty"]
    assert rules.flags([], [{"id": "a", "text": "", "tool_calls": [{"id": "c"}]}]) == []
    assert rules.flags([], []) == ["empty"]


@pytest.mark.parametrize(
    ("toml", "field"),
    [
        ("[checks", "checks"),
        ("[check]\nempty = true", "check"),
        ("[checks]\nemtpy = true", "checks.emtpy"),
        ("[checks]\ntoo_short = true", "checks.too_short"),
        ("[checks]\nrefusal = 3", "checks.refusal"),
        ('[[rules]]\nflag = "x"', "rules[0]"),
        ('[[rules]]\nwords = ["a"]', "rules[0].flag"),
        ('[[rules]]\nflag = "empty"\nwords = ["a"]', "rules[0].flag"),
        ('[[rules]]\nflag = "x"\nregex = "(?=a)"', "rules[0].regex"),
        ('[[rules]]\nflag = "x"\nregex = "a{1000}{1000}"', "rules[0].regex"),
        ('[[rules]]\nflag = "x"\nregex = "(?:[x-z]{1,100}){1,100}[a-c]1"', "rules[0].regex"),
        ('[[rules]]\nflag = "x"\nwords = []', "rules[0].words"),
        ('[[rules]]\nflag = "x"\nwords = ["a"]\nin = "tool"', "rules[0]"),
        ('[[rules]]\nflag = "x"\njson_schema = { type = "objekt" }', "rules[0].json_schema"),
        ('[[rules]]\nflag = "x"\njson_schema = { "$ref" = "file:///etc/passwd" }',
         "rules[0].json_schema"),
        ('[[rules]]\nflag = "x"\nwords = ["a"]\n[[rules]]\nflag = "x"\nwords = ["b"]', "rules"),
    ],
)  # fmt: skip
def test_a_rule_that_cannot_be_is_named(toml, field):
    with pytest.raises(BadRow) as caught:
        read_rules(toml)
    assert caught.value.field == field
    assert caught.value.hint


@given(st.text(max_size=300), st.text(max_size=300))
def test_no_text_upsets_a_check(question, answer):
    rules = ALL + '\n[[rules]]\nflag = "loop"\nregex = "(a+)+$"\n[[rules]]\nflag = "deep"\n' \
        'json_schema = { type = "array" }'  # fmt: skip
    assert isinstance(flags(answer, question=question, rules=rules), list)


def test_a_text_made_against_a_pattern_does_not_hold_anything_up():
    rules = '[[rules]]\nflag = "loop"\nregex = "^(a+)+$"'
    assert flags("a" * 200_000 + "!", rules=rules) == []
    deep = '[[rules]]\nflag = "deep"\njson_schema = { type = "array" }'
    assert flags("[" * 200_000, rules=deep) == ["deep"]


def test_a_list_of_many_words_is_one_rule():
    words = ", ".join(f'"word{number}s and {number} more"' for number in range(300))
    rules = f'[[rules]]\nflag = "said"\nwords = [{words}]'
    assert flags("So WORD77s and 77 more.", rules=rules) == ["said"]
    assert flags("So word77s and 78 more.", rules=rules) == []


NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
ROWS = [
    {"id": "a", "source": "bot", "query": "Hi", "response": ""},
    {"id": "b", "source": "bot", "query": "Hi", "response": "Hello!", "flags": ["sent"]},
    {"id": "c", "source": "shop", "query": "Hi", "response": "Ask a lawyer.", "flags": ["sent"]},
]


def kept(store):
    with store.read() as session:
        rows = session.execute(select(interaction.c.external_id, interaction.c.flags))
        return {row.external_id: row.flags for row in rows}


def test_flags_are_set_at_the_first_write_by_the_rules_of_the_source(store):
    with store.write() as session:
        set_rules(session, "shop", '[[rules]]\nflag = "legal"\nwords = ["lawyer"]', NOON)
    ingest_rows(store, enumerate(ROWS), clock=lambda: NOON)
    assert kept(store) == {"a": ["empty"], "b": ["sent"], "c": ["sent", "legal"]}
    with store.write() as session:
        set_rules(session, "", "[checks]\n", NOON)
        set_rules(session, "shop", "[checks]\nempty = true", NOON)
    more = [{"id": "d", "source": "bot", "query": "Hi", "response": ""},
            {"id": "e", "source": "shop", "query": "Hi", "response": ""}]  # fmt: skip
    ingest_rows(store, enumerate([*ROWS, *more]), clock=lambda: NOON)
    was = {"a": ["empty"], "b": ["sent"], "c": ["sent", "legal"]}
    assert kept(store) == {**was, "d": None, "e": ["empty"]}


def test_what_is_stored_gets_scores_once_per_version_and_keeps_its_flags(store):
    ingest_rows(store, enumerate(ROWS), clock=lambda: NOON)
    before = kept(store)
    with store.write() as session:
        set_rules(session, "", "[checks]\ntoo_short = 10", NOON)
    done = check_stored(store, Filter(source=("bot",)), clock=lambda: NOON)
    assert (done.interactions, done.scores, done.failed) == (2, 2, {"too_short": 1})
    assert check_stored(store, Filter(), clock=lambda: NOON).scores == 1
    with store.write() as session:
        set_rules(session, "", "[checks]\ntoo_short = 2", NOON)
    assert check_stored(store, Filter(), clock=lambda: NOON).scores == 3
    assert kept(store) == before
    with store.read() as session:
        told = {(one.name, one.kind, one.value, one.version)
                for one in session.execute(select(score))}  # fmt: skip
    assert ("check.too_short", "check", 0.0, "too_short/1:10") in told
    assert ("check.too_short", "check", 1.0, "too_short/1:2") in told


def test_what_has_no_response_for_a_reason_is_not_checked_later_either(store):
    rows = [{"id": one, "source": "bot", "query": "Hi", "flags": [one]}
            for one in ("error", "content_missing", "slow")]  # fmt: skip
    ingest_rows(store, enumerate(rows), clock=lambda: NOON)
    assert [name for name, found in kept(store).items() if "empty" in found] == ["slow"]
    done = check_stored(store, Filter(), clock=lambda: NOON)
    assert (done.interactions, done.failed["empty"]) == (3, 1)
