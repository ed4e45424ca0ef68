"""Parts of a deal that have no amount beside one that has, such as the equity of "60m + equity" (MODEL 6.1)."""

import re

_WORDS = r"[a-z][a-z '/-]+[a-z]"
_AND = r"(?:[+&]|\b(?:plus|and)\b)"
_AMOUNT = r"(?P<amount>.*\d.*?)(?:\s*\bin)?(?:\s*\bcash)?"
_FORMS = tuple(
    re.compile(form, re.ASCII)
    for form in (rf"{_AMOUNT}[\s,(]*{_AND}\s*(?P<part>{_WORDS})\s*\)?", rf"(?P<part>{_WORDS})\s*{_AND}\s*{_AMOUNT}")
)
_NO_PARTS = re.compile(r"\b(?:usd|dollars?|m|mn|millions?|k|thousands?|bn|billions?|yrs?|years?|months?)\b")


def split_part(text: str) -> tuple[str, str] | None:
    """Split a value in lower case into its amount and the words for a part without one; None where it has no such part.

    A part is named by words alone: "60m + equity", "60m in cash and stock", "60m (plus api credits)", "equity + 60m".
    """
    found = next((match for form in _FORMS if (match := form.fullmatch(text))), None)
    if found is None or _NO_PARTS.search(found["part"]):
        return None
    return found["amount"], re.sub(r"^(?:and|plus) ", "", found["part"])
