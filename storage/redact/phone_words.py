"""What the words beside digits say of them: a telephone number, or surely none."""

import re


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


YES = _listed(
    "phone phones telephone cellphone cell mobile mobiles tel tél call calls called calling caller "
    "callers ring rings dial dialled dialed text sms fax whatsapp whats signal telegram contact "
    "reach reachable hotline helpline landline handy handynummer téléphone portable joindre móvil "
    "celular telemóvel teléfono telefone telefono ligar ligue liga cellulare bel bellen gsm mobiel "
    "zadzwoń dzwoń numer ph mob cel fon fono tfno tlf tlfn tfn tfnr telf telef teléf tél tph hp wa "
    "ligação ligam ligo fijo fixe fixo fisso vast mobilnr mobiltlf telefonnr telnr faks ring ringa "
    "ringe soita puh puhelin matkapuhelin zavolejte volejte hívjon telefonszám тел моб звоните "
    "телефон мобильный hubungi ara arayın cep zap faxnummer voicemail sms appelez rappeler "
    "rappelez contacter bereikbaar erreichbar erreichen joignable raggiungere ricontattare "
    "ricontattami reached contato contacto contatto kontakt"
)
NO = _listed(
    "order orders invoice invoices ticket tickets sku ref refs reference account accounts acct id "
    "ids isbn issn ean upc tracking parcel shipment serial part parts case cases version build "
    "policy customer member membership confirmation booking po claim timestamp epoch unix zip plz "
    "aktenzeichen commande facture colis dossier pedido factura fatura ordine fattura bestelling "
    "factuur transaction txn batch sn function functions method methods api imei doi pmid size "
    "weight total sum amount price coordinate coordinates lat lon longitude latitude commit hash "
    "uuid iban bic blz created updated expires exp iat nbf ts zamówienie zamówienia zamówieniem "
    "faktura faktury fakturę faktur ordernr ordernummer order-id beställning bestilling tilaus "
    "pedidos commandes ordini ordre protocolo protocole protokoll spedizione envío envio "
    "referência referencia référence riferimento referentie référence"
)
COMPANY = _listed(
    "siren siret rcs cnpj cnpjs iva piva kvk kvknummer vat vatin ust ustid ustidnr umsatzsteuer "
    "umsatzsteuernummer tva btw btwnr mwst hrb hra handelsregister handelsregisternummer "
    "registergericht abn acn arbn gstin nip regon krs ičo dič orgnr organisationsnummer "
    "organisasjonsnummer cvr cif nipc cuit crn duns firmennummer handelsregisternr "
    "unternehmensnummer ondernemingsnummer ytunnus tunnus momsnr momsregistreringsnummer inn огрн "
    "инн 法人番号 統一編號 统一社会信用代码 사업자등록번호"
)
_IN_CAPITALS = _listed("EIN FEIN RUT CHE UID HST GST MOMS ICO DIC NIT CUI LEI REA ORG APE")
"""What the numbers of companies are called: they point at nobody."""
_OF_PEOPLE = _listed("account accounts acct id ids customer member membership policy")
YES_HEADS = ("telefon", "mobil", "appel", "llam", "llám", "chiam", "anruf", "ruf")
NO_HEADS = ("bestell", "auftrag", "rechnung", "kunden", "sendung", "artikel", "steuer", "konto")
_THINGS = ("bestell", "auftrag", "rechnung", "sendung", "artikel")
SPOKEN = ("電話", "携帯", "电话", "手机", "전화")
_OURS = re.compile(
    r"my (?:\w{1,20} )?number|meine nummer|mon numéro|mi número|meu número|mio numero"
)
_WORD = re.compile(r"[^\W\d_]+")
_LABEL = re.compile(
    r"(?:(?<![^\W_])(?<!\.)(?:[fhmoptw]\s?:|[fmot]\.:?)"
    r"|\((?:[cdfhmoptw]|m[oó]b|tel|cel|fax|home|work)\):?|[☎☏📞📱✆]\ufe0f?)\s{0,2}\Z",
    re.I,
)
_BEFORE, _AFTER = 45, 25


def said(text: str, start: int, end: int) -> str:
    """What the nearest word says of the digits: yes, no, or nothing."""
    before = text[max(0, start - _BEFORE) : start]
    if _LABEL.search(before):
        return "yes"
    if _is_company_behind(text, end):
        return "no"
    for away, word in enumerate(reversed(_WORD.findall(before))):
        if away < _CLOSE and _of_company(word):
            return "no"
        if told := _meant(word.lower()):
            return told
    if _OURS.search(before.lower()):
        return "yes"
    after = (_meant(word) for word in _WORD.findall(text[end : end + _AFTER].lower()))
    return "yes" if next((one for one in after if one), "") == "yes" else ""


def names_no_person(text: str, start: int, end: int) -> bool:
    """Whether the words beside digits say that they are of an order, a company, another thing."""
    if names_company(text, start, end):
        return True
    words = _WORD.findall(text[max(0, start - _AFTER) : start].lower())[-2:]
    return any(word in NO - _OF_PEOPLE or word.startswith(_THINGS) for word in words)


def names_company(text: str, start: int, end: int) -> bool:
    """Whether the words right before or behind digits say that a company has that number."""
    words = _WORD.findall(text[max(0, start - _AFTER) : start])[-_CLOSE:]
    return any(map(_of_company, words)) or _is_company_behind(text, end)


def _is_company_behind(text: str, end: int) -> bool:
    behind = _BEHIND.match(text, end)
    return behind is not None and _of_company(behind[1])


def _of_company(word: str) -> bool:
    return word in _IN_CAPITALS or word.lower() in COMPANY


_BEHIND = re.compile(r"\s?\(?([^\W\d_]{2,12})")
_CLOSE = 3


def _meant(word: str) -> str:
    if word in YES or word.startswith(YES_HEADS) or any(one in word for one in SPOKEN):
        return "yes"
    return "no" if word in NO or word.startswith(NO_HEADS) else ""
