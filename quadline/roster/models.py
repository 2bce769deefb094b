"""Students, and who looks after whom."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db import models
from django.db.models import Q

from quadline.accounts.models import TINTS, User, initials_of
from quadline.accounts.rules import May
from quadline.inboxes.models import Departure
from quadline.roster.identity import id_key
from quadline.roster.naming import display_name_of, first_of
from quadline.roster.phones.models import PhoneEvidence
from quadline.roster.phones.rules import OtherPhone, read_kept_phones
from quadline.roster.runs.models import (
    OneRosterRecord,
    RosterChange,
    RosterFile,
    RosterMapping,
    RosterRun,
    RosterRunFault,
    RosterSource,
)
from quadline.roster.searching import search_terms, search_text
from quadline.sms import phones

__all__ = [
    "CaseloadEntry",
    "FormerPhone",
    "OneRosterRecord",
    "OwnTag",
    "PhoneEvidence",
    "PhoneTrouble",
    "RosterChange",
    "RosterFile",
    "RosterMapping",
    "RosterRun",
    "RosterRunFault",
    "RosterSource",
    "Student",
]


class StudentQuerySet(models.QuerySet["Student"]):
    def visible_to(
        self,
        user: User,
    ) -> "StudentQuerySet":
        """The students this person may open. Test students are
        found by everyone who may text.
        """
        if user.may[May.SEE_COLLEGE]:
            return self.all()
        mine = CaseloadEntry.objects.filter(staff=user)
        if user.may[May.SEE_OFFICE] and user.office_id:
            mine = CaseloadEntry.objects.filter(staff__office=user.office_id)
        allowed = Q(pk__in=mine.values("student"))
        if user.may[May.TEXT]:
            allowed |= Q(is_test=True)
        if not user.is_active:
            return self.none()
        return self.filter(allowed)

    def on_caseload_of(self, user: User) -> "StudentQuerySet":
        entries = CaseloadEntry.objects.filter(staff=user)
        return self.filter(pk__in=entries.values("student"))

    def matching(
        self,
        query: str,
    ) -> "StudentQuerySet":
        """Every word of the query begins a word of the
        student's names, id, email or phone.
        """
        ways: list[str] = []
        for words in search_terms(query):
            beginnings = [f"{word}:*" for word in words]
            ways.append(" & ".join(beginnings))
        if not ways:
            return self
        any_way = " | ".join(ways)
        prefixes = SearchQuery(any_way, config="simple", search_type="raw")
        vector = SearchVector("search_text", config="simple")
        return self.annotate(_words=vector).filter(_words=prefixes)

    def by_name(self) -> "StudentQuerySet":
        return self.order_by("last_name", "first_name", "pk")


class Student(models.Model):
    class Status(models.TextChoices):
        ACTIVE = "active"
        LEAVE = "leave"
        WITHDRAWN = "withdrawn"
        GRADUATED = "graduated"

    institutional_id = models.CharField(max_length=40, unique=True)
    first_name = models.CharField(max_length=120)
    last_name = models.CharField(max_length=120)
    preferred_name = models.CharField(max_length=120, blank=True)
    pronouns = models.CharField(max_length=40, blank=True)
    email = models.EmailField(blank=True)  # the institutional account
    mobile = models.CharField(
        max_length=16,
        blank=True,
        db_index=True,
    )  # E.164
    landline = models.CharField(max_length=16, blank=True)  # E.164
    time_zone = models.CharField(max_length=60, blank=True)
    status = models.CharField(
        max_length=20,
        choices=Status.choices,
        default=Status.ACTIVE,
    )
    program = models.CharField(max_length=160, blank=True)
    is_test = models.BooleanField(default=False)
    tags = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    courses = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    # Each “BIO-101 | 02 | Fall 2026” (sections.py); terms: those of the sections.
    sections = ArrayField(
        models.CharField(max_length=160), default=list, db_default=[], blank=True
    )
    terms = ArrayField(
        models.CharField(max_length=60), default=list, db_default=[], blank=True
    )
    risk = models.CharField(max_length=10, blank=True, db_default="")
    language = models.CharField(max_length=60, blank=True, db_default="")
    # Never texted (phones/rules.py), each as OtherPhone.kept.
    other_phones = ArrayField(
        models.CharField(max_length=40), default=list, db_default=[], blank=True
    )
    # What the roster says of consent to texts on the mobile; its entries are kept in
    # PhoneEvidence. Yes, no or nothing; a day as 2026-08-24.
    text_consent = models.CharField(max_length=3, blank=True, db_default="")
    text_consent_date = models.CharField(max_length=10, blank=True, db_default="")
    text_consent_source = models.CharField(max_length=120, blank=True, db_default="")
    text_consent_wording = models.CharField(max_length=500, blank=True, db_default="")
    search_text = models.TextField(editable=False)
    id_key = models.CharField(
        max_length=40,
        editable=False,
        db_default="",
    )
    # Whether the last roster file had them. Who was never in one is not missed there.
    is_listed = models.BooleanField(
        default=False,
        db_default=False,
        editable=False,
    )

    objects = StudentQuerySet.as_manager()

    class Meta:
        indexes = [
            GinIndex(
                SearchVector("search_text", config="simple"), name="student_search"
            ),
            models.Index(fields=["last_name", "first_name", "id"]),
            models.Index(fields=["id_key"], name="student_id_key"),
            models.Index(
                fields=["is_test"],
                condition=Q(is_test=True),
                name="student_test",
            ),
            GinIndex(fields=["tags"], name="student_tags"),
            GinIndex(fields=["courses"], name="student_courses"),
            GinIndex(fields=["sections"], name="student_sections"),
            GinIndex(fields=["terms"], name="student_terms"),
        ]

    def __str__(self) -> str:
        return self.display_name

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.search_text = search_text(self)
        self.id_key = id_key(self.institutional_id)
        super().save(*args, **kwargs)

    @property
    def first(self) -> str:
        return first_of(self)

    @property
    def display_name(self) -> str:
        return display_name_of(self)

    @property
    def name_line(self) -> str:
        """The name on record, when the student goes by another."""
        return (
            f"{self.first_name} {self.last_name}".strip() if self.preferred_name else ""
        )

    @property
    def initials(self) -> str:
        """Of the name as screens show it."""
        return initials_of(self.display_name)

    @property
    def tint(self) -> int:
        return (self.pk or 0) % TINTS

    @property
    def mobile_written(self) -> str:
        return phones.written(self.mobile) if self.mobile else ""

    @property
    def phones_on_file(self) -> list[OtherPhone]:
        """Those beside the mobile."""
        return [
            each
            for each in read_kept_phones(self.other_phones)
            if each.phone != self.mobile
        ]

    @property
    def landline_written(self) -> str:
        return phones.written(self.landline) if self.landline else ""


class CaseloadEntry(models.Model):
    """One student assigned to one staff user."""

    staff = models.ForeignKey(User, on_delete=models.PROTECT, related_name="caseload")
    student = models.ForeignKey(
        Student, on_delete=models.CASCADE, related_name="success_team"
    )
    relation = models.CharField(max_length=80, blank=True)
    # By whose departure it came to this staff user. It stays until a roster says
    # otherwise (assigning.py).
    handed_over = models.ForeignKey(
        Departure,
        null=True,
        on_delete=models.PROTECT,
        related_name="caseload_entries",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["staff", "student"], name="caseload_once")
        ]


class OwnTag(models.Model):
    """A tag that one staff user put on a student for themselves (own_tags.py)."""

    owner = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    student = models.ForeignKey(
        Student, on_delete=models.CASCADE, related_name="own_tags"
    )
    tag = models.CharField(max_length=60)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "tag", "student"], name="own_tag_once"
            )
        ]


class FormerPhone(models.Model):
    """A mobile that a student no longer has. A text from it may still be theirs
    (delivery/inbound/reply_owners.py).
    """

    student = models.ForeignKey(
        Student, on_delete=models.CASCADE, related_name="former_phones"
    )
    phone = models.CharField(max_length=16)  # E.164
    left_at = models.DateTimeField()  # when the roster no longer had it
    # The phone in its place was on file beside it: a STOP from here still counts.
    stop_counts = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["student", "phone"], name="former_phone_once"
            )
        ]
        indexes = [models.Index(fields=["phone", "-left_at"], name="former_phone")]


class PhoneTrouble(models.Model):
    """What sending to a phone has taught us. A phone that is bad gets no
    more texts until it shows signs of life.
    """

    phone = models.CharField(max_length=16, primary_key=True)  # E.164
    failures = models.PositiveSmallIntegerField(default=0)
    is_bad = models.BooleanField(default=False)
    words = models.CharField(max_length=200)  # the last failure, as staff read it
    since = models.DateTimeField()
