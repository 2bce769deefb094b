"""The contact card a student saves: the system number under the
staff user's name, as "Text Only".
"""

from quadline.accounts.models import User
from quadline.college.current import college_settings
from quadline.numbers.models import SystemNumber
from quadline.sms import phones

FILE_NAME = "text-only-number.vcf"
CONTENT_TYPE = "text/vcard"
MAX_VCARD_LINE = 75  # octets; RFC 2426, section 2.6


def make_contact_card(staff: User, number: SystemNumber) -> bytes:
    """A vCard 3.0 (RFC 2426), which phones read more widely than 4.0."""
    first, _, last = staff.name.rpartition(" ")
    lines = [
        "BEGIN:VCARD",
        "VERSION:3.0",
        f"N:{_escaped(last)};{_escaped(first)};;;{_escaped('(Text Only)')}",
        f"FN:{_escaped(f'{staff.name} (Text Only)')}",
        f"ORG:{_escaped(college_settings().college_name)}"
        + (f";{_escaped(staff.office.name)}" if staff.office else ""),
        *([f"TITLE:{_escaped(staff.title)}"] if staff.title else []),
        f"TEL;TYPE=cell,text:{number.phone}",
        f"NOTE:{_escaped(_note(staff))}",
        "END:VCARD",
    ]
    return b"".join(_folded(line) for line in lines)


def _note(staff: User) -> str:
    if not staff.office_phone:
        return "Text only."
    return f"Text only. For calls: office line {phones.written(staff.office_phone)}"


def _escaped(value: str) -> str:
    """A value that holds what would else end it: backslash,
    comma, semicolon, line break.
    """
    one_line = "\\n".join(value.replace("\\", "\\\\").splitlines())
    return one_line.replace(",", "\\,").replace(";", "\\;")


def _folded(line: str) -> bytes:
    """Lines of 75 octets at most, the later ones begun by a
    space; no character is cut in two.
    """
    parts, room = [b""], MAX_VCARD_LINE
    for character in line:
        encoded = character.encode()
        if len(parts[-1]) + len(encoded) > room:
            parts.append(b"")
            room = MAX_VCARD_LINE - 1
        parts[-1] += encoded
    return b"\r\n ".join(parts) + b"\r\n"
