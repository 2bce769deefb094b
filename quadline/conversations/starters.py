"""The templates the college begins with: "Introduce my number",
and a few everyday ones. Words only.
"""

from typing import Any

from quadline.conversations.rules import Channel

INTRODUCTION = "Introduce my number"

STARTERS: tuple[dict[str, Any], ...] = (
    {
        "name": INTRODUCTION,
        "channel": Channel.EMAIL,
        "subject": "New Texting Number for [Your Name]",
        "with_contact_card": True,
        "body": (
            "Hello [Student Name],\n\nFrom now on you can reach me by text. I have a"
            " dedicated number for texting: [System Number].\n\nPlease save it in your"
            " phone under my name, as a “Text Only” contact. The attached card does"
            " that with one tap.\n\nThe first text you get from this number ends with a"
            " sentence about opting out. It is there for everyone: leave it unanswered"
            " and you stay opted in, so that you miss nothing.\n\nThe number is for"
            " texts only. If you would rather talk, call my office line as before:"
            " [Office Phone Number].\n\nBest wishes,\n[Your Name]"
        ),
    },
    {
        "name": "Invite to a meeting",
        "channel": Channel.TEXT,
        "body": (
            "Hi [Student Name], could we meet this week to talk about your plans? Text"
            " me a day and time that suit you."
        ),
    },
    {
        "name": "Remind of an appointment",
        "channel": Channel.TEXT,
        "body": (
            "Hi [Student Name], this is a reminder of our appointment. "
            "If it does not suit you, text me and we'll find another time."
        ),
    },
    {
        "name": "Registration is open",
        "channel": Channel.TEXT,
        "body": (
            "Hi [Student Name], registration is open. Shall we go over your classes"
            " first? Text me when you have 15 minutes."
        ),
    },
    {
        "name": "After a missed meeting",
        "channel": Channel.EMAIL,
        "subject": "We missed each other",
        "body": (
            "Hello [Student Name],\n\nWe missed each other today. I hope all is well."
            " Reply to this email with two or three times that suit you, or call me at"
            " [Office Phone Number],"
            " and we'll find a new time.\n\nBest wishes,\n[Your Name]\n[College]"
        ),
    },
)


def add_starters(model: Any) -> None:
    """Write them as the college's, for everyone. ``model`` is
    MessageTemplate, or a migration's picture of it.
    """
    model.objects.bulk_create(model(**starter) for starter in STARTERS)
