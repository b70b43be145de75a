"""What the words beside digits say of them: a telephone number, or surely none."""

import re


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


YES = _listed(
    "phone phones telephone cellphone cell mobile mobiles tel tél call calls called calling caller "
    "callers ring rings dial dialled dialed text sms fax whatsapp whats signal telegram contact "
    "reach reachable hotline helpline landline handy handynummer téléphone portable joindre móvil "
    "celular telemóvel teléfono telefone telefono ligar ligue liga cellulare bel bellen gsm mobiel "
    "zadzwoń"
)
NO = _listed(
    "order orders invoice invoices ticket tickets sku ref refs reference account accounts acct id "
    "ids isbn issn ean upc tracking parcel shipment serial part parts case cases version build "
    "policy customer member membership confirmation booking po claim timestamp epoch unix zip plz "
    "aktenzeichen commande facture colis dossier pedido factura fatura ordine fattura bestelling "
    "factuur transaction txn batch sn function functions method methods api imei doi pmid size "
    "weight total sum amount price coordinate coordinates lat lon longitude latitude commit hash "
    "uuid iban bic blz created updated expires exp iat nbf ts"
)
_OF_PEOPLE = _listed("account accounts acct id ids customer member membership policy")
YES_HEADS = ("telefon", "mobil", "appel", "llam", "llám", "chiam", "anruf", "ruf")
NO_HEADS = ("bestell", "auftrag", "rechnung", "kunden", "sendung", "artikel", "steuer", "konto")
_THINGS = ("bestell", "auftrag", "rechnung", "sendung", "artikel")
SPOKEN = ("電話", "携帯", "电话", "手机", "전화")
_OURS = re.compile(
    r"my (?:\w{1,20} )?number|meine nummer|mon numéro|mi número|meu número|mio numero"
)
_WORD = re.compile(r"[^\W\d_]+")
_BEFORE, _AFTER = 45, 25


def said(text: str, start: int, end: int) -> str:
    """What the nearest word says of the digits: yes, no, or nothing."""
    before = text[max(0, start - _BEFORE) : start].lower()
    for word in reversed(_WORD.findall(before)):
        if told := _meant(word):
            return told
    if _OURS.search(before):
        return "yes"
    after = (_meant(word) for word in _WORD.findall(text[end : end + _AFTER].lower()))
    return "yes" if next((one for one in after if one), "") == "yes" else ""


def names_thing(text: str, start: int) -> bool:
    """Whether the two words before digits say that they are of an order or another thing."""
    words = _WORD.findall(text[max(0, start - _AFTER) : start].lower())[-2:]
    return any(word in NO - _OF_PEOPLE or word.startswith(_THINGS) for word in words)


def _meant(word: str) -> str:
    if word in YES or word.startswith(YES_HEADS) or any(one in word for one in SPOKEN):
        return "yes"
    return "no" if word in NO or word.startswith(NO_HEADS) else ""
