"""The words to paste into the registration of a campaign, filled in for this college.
No database here.

Lengths: https://www.twilio.com/docs/messaging/api/usapptoperson-resource (description
40 to 4,096 characters, message flow 40 to 2,048, two to five samples of 20 to 1,024).
The content: CTIA Messaging Principles and Best Practices, May 2023, 5.1 and 5.2.
"""

from dataclasses import dataclass

from quadline.college.rules import CollegeSettings
from quadline.sms import phones

USE_CASE = "Higher Education"
UNKNOWN_LINE = "our main line"


@dataclass(frozen=True)
class PastedWords:
    """``field``: what the carrier's form calls it."""

    field: str
    words: str


def registration_words(college: CollegeSettings) -> list[PastedWords]:
    name = college.college_name
    phone = phones.written(college.college_phone) or UNKNOWN_LINE
    first = _first_text(college)
    return [
        PastedWords("Use case", USE_CASE),
        PastedWords(
            "Campaign description",
            f"Academic advisors, coaches and student services staff of {name} text"
            " their own students, one to one and in small groups, about appointments,"
            " registration, deadlines and support. Students answer the staff member"
            " who wrote to them. There is no marketing, and no list is bought, sold or"
            " shared.",
        ),
        PastedWords(
            "How students consent (message flow)",
            f"Students give {name} their mobile number when they apply or register,"
            " and agree there to texts about their studies: “I agree to receive texts"
            f" from {name} about my enrollment and studies. Message frequency varies."
            " Message and data rates may apply. Reply STOP to opt out, HELP for help."
            " Consent is not a condition of enrollment.” The box is not checked in"
            " advance. The form links to the college's terms and to its privacy"
            " policy, which says that mobile numbers and consent are not shared with"
            " third parties for marketing. The first text of each staff member says"
            " who writes and how to opt out.",
        ),
        PastedWords("Sample message 1", first),
        PastedWords(
            "Sample message 2",
            "Hi Jordan, registration for spring opens Monday at 8 AM. Do you want to"
            f" look at your plan together before then? – Sam Rivera, advisor at {name}",
        ),
        PastedWords(
            "Sample message 3",
            "Hi Jordan, your appointment is tomorrow at 2 PM in the Advising Center,"
            f" room 210. Reply here if you need another time. – Sam Rivera, {name}",
        ),
        PastedWords(
            "Opt-out message",
            f"You have opted out of texts from this number of {name}. No more texts"
            " will be sent. Reply START to opt back in.",
        ),
        PastedWords(
            "Opt-in message",
            f"{name}: you will get texts from this number again. Message frequency"
            " varies. Message and data rates may apply. Reply HELP for help, STOP to"
            " opt out.",
        ),
        PastedWords("HELP message", _help(college, phone)),
    ]


def _first_text(college: CollegeSettings) -> str:
    """As Quadline itself ends a first text."""
    # Reviewers compare the sample with what students really get.
    notice = college.opt_out_notice.replace("{sender}", "Sam Rivera")
    notice = notice.replace("{college}", college.college_name)
    return f"Hi Jordan, do you have a minute to talk about your classes? {notice}"


def _help(college: CollegeSettings, phone: str) -> str:
    """What the settings say, so that both are the same."""
    if college.help_answer:
        return college.help_answer.replace("{college}", college.college_name).replace(
            "{phone}", phones.written(college.college_phone)
        )
    return (
        f"{college.college_name}: texts from your advisors and student services. For"
        f" help call {phone}. Message and data rates may apply. Reply STOP to opt out."
    )
