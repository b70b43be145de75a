"""The check digits of national numbers, of letters and digits alone in the right length."""

from storage.redact.digits import luhn, mod_11_10, weighed

_ALNUM = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ODDS = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21)
_ODD_LETTERS = (2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)
_ODD = dict(zip(_ALNUM, (*_ODDS, *_ODDS, *_ODD_LETTERS), strict=True))
_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"


def cpf(digits: str) -> bool:
    """The two check digits of a Brazilian CPF."""
    if len(set(digits)) == 1:
        return False
    ends = [weighed(digits, range(length + 1, 1, -1)) * 10 % 11 % 10 for length in (9, 10)]
    return digits[9:] == f"{ends[0]}{ends[1]}"


def dni(number: str) -> bool:
    """The letter of a Spanish DNI or NIE."""
    return number[-1] == _LETTERS[int(number[:-1].translate(_NIE)) % 23]


_NIE = str.maketrans("XYZ", "012")


def nir(number: str) -> bool:
    """The key of a French NIR, Corsica included."""
    body = number[:13].replace("2A", "19").replace("2B", "18")
    return body.isdigit() and 97 - int(body) % 97 == int(number[13:])


def fiscal_code(code: str) -> bool:
    """The last letter of an Italian codice fiscale."""
    odd = sum(_ODD[char] for char in code[:15:2])
    even = sum(int(char, 36) - 10 if char.isalpha() else int(char) for char in code[1:15:2])
    return chr((odd + even) % 26 + 65) == code[15]


def german_tax(digits: str) -> bool:
    """The check digit and the repeated digit of a German tax id."""
    most = max(digits[:10].count(one) for one in set(digits[:10]))
    return digits[0] != "0" and 2 <= most <= 3 and mod_11_10(digits)


def eleven(digits: str) -> bool:
    """The eleven-test of the Netherlands."""
    last = int(digits[8])
    return len(set(digits)) > 1 and (weighed(digits[:8], range(9, 1, -1)) - last) % 11 == 0


def nif(digits: str) -> bool:
    """The check digit of a Portuguese NIF."""
    return (11 - weighed(digits[:8], range(9, 1, -1)) % 11) % 11 % 10 == int(digits[8])


def pesel(digits: str) -> bool:
    """The check digit of a Polish PESEL."""
    return (10 - weighed(digits[:10], (1, 3, 7, 9) * 3) % 10) % 10 == int(digits[10])


def belgian(digits: str) -> bool:
    """The check digits of a Belgian national number, born before 2000 or since."""
    return any(97 - int(f"{age}{digits[:9]}") % 97 == int(digits[9:]) for age in ("", "2"))


def finnish(code: str) -> bool:
    """The check character of a Finnish personal identity code."""
    body = f"{code[:6]}{code[-4:-1]}"
    return "0123456789ABCDEFHJKLMNPRSTUVWXY"[int(body) % 31] == code[-1]


def swiss(digits: str) -> bool:
    """The check digit of a Swiss AHV number, as in EAN-13."""
    return (10 - weighed(digits[:12], (1, 3) * 6) % 10) % 10 == int(digits[12])


def chinese(code: str) -> bool:
    """The check character of a Chinese resident id (ISO 7064, MOD 11-2)."""
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return "10X98765432"[weighed(code[:17], weights) % 11] == code[17]


def japanese(digits: str) -> bool:
    """The check digit of a Japanese My Number."""
    rest = weighed(digits[:11], (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
    return (0 if rest <= 1 else 11 - rest) == int(digits[11])


def irish(code: str) -> bool:
    """The check letter of an Irish PPS number."""
    more = 9 * (ord(code[8]) - 64) if len(code) > 8 and code[8] != "W" else 0
    return "WABCDEFGHIJKLMNOPQRSTUV"[(weighed(code[:7], range(8, 1, -1)) + more) % 23] == code[7]


def mexican(code: str) -> bool:
    """The check digit of a Mexican CURP."""
    known = "0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ"
    total = sum(known.index(char) * (18 - place) for place, char in enumerate(code[:17]))
    return str((10 - total % 10) % 10) == code[17]


def australian(digits: str) -> bool:
    """The check digit of an Australian tax file number."""
    return weighed(digits, (1, 4, 3, 7, 5, 8, 6, 9, 10)) % 11 == 0


def austrian(digits: str) -> bool:
    """The check digit of an Austrian insurance number."""
    return weighed(digits, (3, 7, 9, 0, 5, 8, 4, 2, 1, 6)) % 11 == int(digits[3])


def norwegian(digits: str) -> bool:
    """The two check digits of a Norwegian fødselsnummer."""
    first = (11 - weighed(digits, (3, 7, 6, 1, 8, 9, 4, 5, 2)) % 11) % 11
    second = (11 - weighed(digits, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11) % 11
    return digits[9:] == f"{first}{second}"


def unchecked(_number: str) -> bool:
    """For numbers without check digits."""
    return True


def swedish(digits: str) -> bool:
    """The Luhn digit of a Swedish personnummer."""
    return luhn(digits[-10:])
