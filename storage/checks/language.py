"""Which language a text is in, told by its letters and its commonest words, or not at all.

Good enough to notice an answer in another language than the question; no more. Text of a few
words, code, and languages that are not listed here give None.
"""

import re

LOOKED_AT = 800
"""Characters from the beginning of a text that are looked at."""
FEWEST_HITS = 3
"""Different common words that a text must have to be called by a language."""
TELLING = 3
"""Letters of the longest of them, at least: `i do to` is Polish and English alike."""
CLEARER = 2.0
"""How many times more of them than of any other language."""
_FEWEST_LETTERS = 6
_SCRIPTS = (
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("ko", re.compile(r"[\uac00-\ud7af]")),
    ("zh", re.compile(r"[\u4e00-\u9fff]")),
    ("cyrillic", re.compile(r"[\u0400-\u04ff]")),
    ("el", re.compile(r"[\u0370-\u03ff]")),
    ("ar", re.compile(r"[\u0600-\u06ff]")),
    ("he", re.compile(r"[\u0590-\u05ff]")),
    ("hi", re.compile(r"[\u0900-\u097f]")),
    ("th", re.compile(r"[\u0e00-\u0e7f]")),
)
"""Letters of one language, or of several that are not told apart (Cyrillic)."""
_OTHER_LETTERS = re.compile(r"[\u0370-\u1cff\u3040-\ud7af]")
_LATIN = re.compile(r"[a-z\u00df-\u024f]+")
_COMMON = {
    "en": "the and is are was you your of that this with for it have not what how can from they "
    "will would please which there been my we about",
    "de": "der die das und ist nicht ich sie mit auf für von ein eine dem den des wie kann wird "
    "auch sich bitte haben sind oder wenn mein ihre",
    "fr": "le la les des et est une vous je pas pour que qui dans sur avec votre nous mon cette "
    "comment être sont plus au aux du ce",
    "es": "el la los las y es una que por para con del no se su mi cómo puede está como más pero "
    "usted son al lo este",
    "it": "il la gli e è una che di per con non si del della sono mio come più può questo nel "
    "anche dei lo alla",
    "pt": "o os as e é uma que de para com não do da em se seu meu como mais você está por são "
    "dos das no na",
    "nl": "de het een en is niet ik je van op voor met dat zijn hoe kan ook wordt aan mijn naar "
    "bij u deze maar",
    "sv": "och är det att inte en ett jag du på för med som av kan hur den har till om min vi de",
    "pl": "i nie jest się na do to w z że jak co o czy dla po mój jestem mogę być są od",
    "tr": "ve bir bu için ne nasıl değil ile mi da de çok var ben benim olarak daha gibi",
}
_WORDS = {name: frozenset(words.split()) for name, words in _COMMON.items()}


def language_of(text: str) -> str | None:
    """Code of the language of a text (a script where several share it), None when unsure.

    Examples
    --------
    >>> language_of("Wie kann ich das Konto kündigen, und was ist mit dem Geld?")
    'de'
    >>> language_of("OK 42") is None
    True
    """
    text = text[:LOOKED_AT]
    if _OTHER_LETTERS.search(text) and (found := _by_script(text)):
        return found
    return _by_words(text)


def _by_script(text: str) -> str | None:
    """The script of most letters; kana decide for Japanese beside Chinese characters."""
    counts = {name: len(pattern.findall(text)) for name, pattern in _SCRIPTS}
    if counts["ja"] and counts["ja"] * 10 >= counts["zh"]:
        counts["ja"] += counts.pop("zh")
    name = max(counts, key=lambda one: counts[one])
    latin = sum(map(len, _LATIN.findall(text.lower())))
    return name if counts[name] >= _FEWEST_LETTERS and counts[name] * 2 > latin else None


def _by_words(text: str) -> str | None:
    words = set(_LATIN.findall(text.lower()))
    best, second = sorted((len(known & words), name) for name, known in _WORDS.items())[:-3:-1]
    hits, name = best
    telling = any(len(word) >= TELLING for word in _WORDS[name] & words)
    return name if telling and hits >= FEWEST_HITS and hits >= CLEARER * second[0] else None
