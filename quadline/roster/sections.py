"""A section that a student is in, in one line: course, section and term. No database
here.
"""

from collections.abc import Iterable
from typing import NamedTuple

from quadline.roster.cells import MAX_VALUES, CellFault, text_cell

BAR = " | "
MAX_SECTION_PART = 50  # characters of a course, a section or a term: a line has 160


class CourseSection(NamedTuple):
    """``section`` and ``term`` may be empty."""

    course: str
    section: str
    term: str

    @property
    def kept(self) -> str:
        """BIO-101 | 02 | Fall 2026"""
        return BAR.join(self)

    @property
    def words(self) -> str:
        """BIO-101, section 02, Fall 2026"""
        # A class code often begins with the course's: BIO-101-02 of BIO-101.
        number = self.section.removeprefix(self.course).strip(" -_.") or self.section
        of_course = f"section {number}" if number else ""
        return ", ".join(filter(None, (self.course, of_course, self.term)))


def read_sections(cell: str) -> list[str]:
    """“BIO-101 | 02 | Fall 2026; ENG-102 | 01”, each once, in order. Raises
    CellFault.
    """
    words = text_cell(cell, 20_000)
    found: dict[str, None] = {}
    for part in words.split(";"):
        if part.strip():
            found[_read(part).kept] = None
    if len(found) > MAX_VALUES:
        raise CellFault(f"has more than {MAX_VALUES} sections. Keep the current ones.")
    return list(found)


def section_of(kept: str) -> CourseSection:
    """Of CourseSection.kept."""
    parts = [part.strip() for part in kept.split(BAR.strip())]
    course, section, term = (*parts, "", "")[:3]
    return CourseSection(course, section, term)


def terms_of(sections: Iterable[str]) -> list[str]:
    return _each_once(section_of(kept).term for kept in sections)


def courses_of(sections: Iterable[str]) -> list[str]:
    return _each_once(section_of(kept).course for kept in sections)


def _read(part: str) -> CourseSection:
    parts = [" ".join(word.split()) for word in part.split(BAR.strip())]
    if not parts[0] or len(parts) > len(CourseSection._fields):
        raise CellFault("is not written as course | section | term. Correct it.")
    if max(map(len, parts)) > MAX_SECTION_PART:
        raise CellFault(
            f"has a part of more than {MAX_SECTION_PART} characters. Shorten it."
        )
    course, section, term = (*parts, "", "")[:3]
    return CourseSection(course, section, term)


def _each_once(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(filter(None, values)))
