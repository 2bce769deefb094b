"""Area codes: where they are, and an endless supply of free numbers in each."""

import random
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

import phonenumbers

# One place per code is enough for a search that looks right; overlays share theirs.
_PLACES = {
    "AL": "205 Birmingham 35203|251 Mobile 36602", "AK": "907 Anchorage 99501",
    "AZ": "602 Phoenix 85003|520 Tucson 85701", "AR": "501 Little Rock 72201",
    "CA": "213 Los Angeles 90012|415 San Francisco 94102|916 Sacramento 95814",
    "CO": "303 Denver 80202|719 Colorado Springs 80903", "CT": "203 New Haven 06510",
    "DE": "302 Dover 19901", "DC": "202 Washington 20001",
    "FL": "305 Miami 33130|407 Orlando 32801|850 Tallahassee 32301",
    "GA": "404 Atlanta 30303|912 Savannah 31401", "HI": "808 Honolulu 96813",
    "ID": "208 Boise 83702", "IL": "312 Chicago 60602|217 Springfield 62701",
    "IN": "317 Indianapolis 46204|812 Evansville 47708", "IA": "515 Des Moines 50309",
    "KS": "316 Wichita 67202", "KY": "502 Louisville 40202|270 Paducah 42001",
    "LA": "504 New Orleans 70112", "ME": "207 Portland 04101",
    "MD": "410 Baltimore 21202", "MA": "617 Boston 02108|413 Springfield 01103",
    "MI": "734 Ann Arbor 48104|313 Detroit 48226"
    "|616 Grand Rapids 49503|517 Lansing 48933",
    "MN": "612 Minneapolis 55401|651 Saint Paul 55102", "MS": "601 Jackson 39201",
    "MO": "314 Saint Louis 63101|816 Kansas City 64106", "MT": "406 Helena 59601",
    "NE": "402 Omaha 68102", "NV": "702 Las Vegas 89101", "NH": "603 Concord 03301",
    "NJ": "201 Jersey City 07302|973 Newark 07102", "NM": "505 Albuquerque 87102",
    "NY": "212 New York 10007|585 Rochester 14604|518 Albany 12207|716 Buffalo 14202",
    "NC": "919 Raleigh 27601|704 Charlotte 28202", "ND": "701 Fargo 58102",
    "OH": "614 Columbus 43215|216 Cleveland 44113|419 Toledo 43604",
    "OK": "405 Oklahoma City 73102", "OR": "503 Portland 97204",
    "PA": "215 Philadelphia 19102|412 Pittsburgh 15222", "RI": "401 Providence 02903",
    "SC": "803 Columbia 29201", "SD": "605 Sioux Falls 57104",
    "TN": "615 Nashville 37219",
    "TX": "512 Austin 78701|713 Houston 77002|214 Dallas 75201|210 San Antonio 78205",
    "UT": "801 Salt Lake City 84111", "VT": "802 Montpelier 05602",
    "VA": "804 Richmond 23219", "WA": "206 Seattle 98104|509 Spokane 99201",
    "WV": "304 Charleston 25301", "WI": "414 Milwaukee 53202|608 Madison 53703",
    "WY": "307 Cheyenne 82001", "ON": "416 Toronto M5H|613 Ottawa K1P",
    "QC": "514 Montreal H2Y", "BC": "604 Vancouver V6B", "AB": "403 Calgary T2P",
    "MB": "204 Winnipeg R3B", "NS": "902 Halifax B3J",
}  # fmt: skip
_CANADA = {"ON", "QC", "BC", "AB", "MB", "NS"}


def _read_places() -> dict[str, tuple[str, str, str]]:
    places = {}
    for region, line in _PLACES.items():
        for entry in line.split("|"):
            code, place = entry.split(" ", 1)
            city, postal_code = place.rsplit(" ", 1)
            places[code] = (city, region, postal_code)
    return places


AREA_PLACES = _read_places()  # area code -> city, region, postal code
# Searched in this order when the college names no place.
NATIONAL = [
    "734", "614", "502", "317", "312", "404", "512", "615", "919", "215", "206", "303",
]  # fmt: skip


def region_of(area_code: str) -> str:
    """Two letters, or none for a code that stands in no list."""
    _, region, _ = AREA_PLACES.get(area_code, ("", "", ""))
    return region


def country_of(area_code: str) -> str:
    return "CA" if region_of(area_code) in _CANADA else "US"


def codes_in(region: str) -> list[str]:
    wanted = region.upper()
    return [code for code in AREA_PLACES if region_of(code) == wanted]


def codes_near(phone_number: str) -> list[str]:
    """The area code of this number first, then its neighbors in the same state."""
    own = phone_number.removeprefix("+1")[:3]
    codes = codes_in(region_of(own))
    others = [code for code in codes if code != own]
    return [own, *others]


@lru_cache(maxsize=1000)
def is_area_code(text: str) -> bool:
    if text in ("500", "533"):  # Twilio's test area codes
        return True
    if len(text) != 3 or not text.isdigit():
        return False
    return is_valid(f"+1{text}2345678")


# phonenumbers is thorough, and the same numbers are asked about again and again.
@lru_cache(maxsize=20_000)
def is_valid(phone_number: str) -> bool:
    try:
        number = phonenumbers.parse(phone_number, None)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.is_valid_number(number)


def national_format(phone_number: str) -> str:
    digits = phone_number.removeprefix("+1")
    if len(digits) != 10 or not digits.isdigit():
        return phone_number
    area_code, exchange, line = digits[:3], digits[3:6], digits[6:]
    return f"({area_code}) {exchange}-{line}"


def supply(area_code: str) -> Iterator[str]:
    """Numbers of this area code, the same ones in the same order every time.

    Exchanges are drawn so that every number is valid in form; the fictional 555-01xx
    block holds only a hundred, and a college may need thousands.
    """
    drawn = random.Random(f"numbers in {area_code}")
    exchanges = [number for number in range(220, 990) if _may_be_exchange(number)]
    drawn.shuffle(exchanges)
    for line in drawn.sample(range(1000, 9999), 2000):
        for exchange in islice(exchanges, 40):
            yield f"+1{area_code}{exchange}{line}"


def _may_be_exchange(number: int) -> bool:
    # 211, 311 … 911 are services, and 555 is partly fictional.
    return number % 100 != 11 and number != 555
