"""Replies that may say: this is not that student's phone. Only ever a suggestion to a
person; nothing is flagged by it. No database here.
"""

import re

WRONG_NUMBER = re.compile(
    r"\bwrong (number|person|phone|#)"
    r"|\b(not|isn.?t|ain.?t) (his|her|their|\w+.?s) (number|phone|cell)"
    r"|\b(don.?t|do not) know (a|any|who) "
    r"|\bno one (here )?(by|with) that name"
    r"|\bnobody (here )?(by|with|named)"
    r"|\b(i am|i.?m|im|this is|it.?s) not (?!sure|going|able|free|in |at )\w+"
    r"|\bn[uú]mero equivocado|\bequivocad[oa]\b|\bno soy \w+"
    r"|\bmauvais num[eé]ro|\bs[oố] (sai|nhầm)|打错|打錯|رقم (خطأ|غلط)",
    re.IGNORECASE,
)
MOST_CHARACTERS = 400  # of a reply that are looked at


def may_mean_wrong_number(wording: str) -> bool:
    return WRONG_NUMBER.search(wording[:MOST_CHARACTERS]) is not None
