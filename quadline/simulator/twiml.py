"""Reading the XML that a webhook answers with."""

import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Verb:
    name: str
    text: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: tuple["Verb", ...] = ()


class BadTwiml(ValueError):
    """Not an XML document with a Response at its root."""


def read_twiml(document: str) -> list[Verb]:
    """The verbs in order; nothing at all for an empty answer."""
    if not document.strip():
        return []
    if "<!DOCTYPE" in document or "<!ENTITY" in document:
        raise BadTwiml("A document type is not allowed.")
    try:
        # Without a document type there are no entities to blow up.
        root = ElementTree.fromstring(document.strip())  # noqa: S314
    except ElementTree.ParseError as error:
        raise BadTwiml(str(error)) from error
    if root.tag != "Response":
        raise BadTwiml(f"The root is {root.tag}, not Response.")
    return [_verb(element) for element in root]


def _verb(element: ElementTree.Element) -> Verb:
    children = tuple(_verb(child) for child in element)
    return Verb(
        element.tag,
        (element.text or "").strip(),
        dict(element.attrib),
        children,
    )


def replies_in(document: str) -> list[str]:
    """The texts of its <Message> verbs."""
    return [
        next((child.text for child in verb.children if child.name == "Body"), verb.text)
        for verb in read_twiml(document)
        if verb.name == "Message"
    ]
