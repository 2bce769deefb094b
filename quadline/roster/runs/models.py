"""Where rosters come from, and each time one came. All of it belongs to the app
``roster``.
"""

from django.db import models
from django.db.models import Q

from quadline.accounts.models import User


class RosterMapping(models.Model):
    """Which column of an export is which of ours, made once on a page."""

    name = models.CharField(max_length=80, unique=True)
    columns = models.JSONField(default=dict)  # ours → the name in the export's header
    statuses = models.JSONField(default=dict)  # their word, in small letters → ours
    header = models.JSONField(default=list)  # every name in it, when it was made
    # The first rows of the file it is made from, only while it is being made.
    sample = models.JSONField(default=list)
    is_ready = models.BooleanField(default=False)
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    changed_at = models.DateTimeField()

    class Meta:
        app_label = "roster"

    def __str__(self) -> str:
        return self.name


class RosterSource(models.Model):
    """A student system that sends files by itself into a folder of its own."""

    name = models.CharField(max_length=80, unique=True)
    folder = models.SlugField(max_length=60, unique=True)
    mapping = models.ForeignKey(
        RosterMapping, null=True, blank=True, on_delete=models.PROTECT
    )
    # On the campus clock; empty: it comes when it comes.
    expected_by = models.TimeField(null=True, blank=True)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField()
    seen = models.JSONField(default=dict)  # file → [bytes, modified], at the last look
    seen_at = models.DateTimeField(null=True)
    arrived_at = models.DateTimeField(null=True)  # the last file, whatever it held
    # What administrators were told, until it is over: a kind of alerts.Trouble.
    trouble = models.CharField(max_length=20, blank=True)
    told_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "roster"

    def __str__(self) -> str:
        return self.name


class RosterRun(models.Model):
    """One roster that came: what it would change or has changed, by whom and whence."""

    class Way(models.TextChoices):
        UPLOAD = "upload"
        FOLDER = "folder"
        API = "api"
        COMMAND = "command"

    class State(models.TextChoices):
        READING = "reading"  # being compared
        SHOWN = "shown"  # compared; waits for a person
        APPLYING = "applying"  # a person has said so
        APPLIED = "applied"
        REPEATED = "repeated"  # the file that was applied last, once more
        FAILED = "failed"  # cannot be read, or nobody can say whose rows they are
        DISCARDED = "discarded"
        UNDOING = "undoing"  # a person has said so
        UNDONE = "undone"

    way = models.CharField(max_length=20, choices=Way.choices)
    state = models.CharField(
        max_length=20, choices=State.choices, default=State.READING
    )
    source = models.ForeignKey(RosterSource, null=True, on_delete=models.PROTECT)
    mapping = models.ForeignKey(RosterMapping, null=True, on_delete=models.PROTECT)
    # Applied without a person when it loses no more than the college allows.
    is_automatic = models.BooleanField(default=False)
    # Who brought it; nobody: a folder, or the command.
    actor = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="+"
    )
    file_names = models.CharField(max_length=300)
    digest = models.CharField(max_length=64)  # of the files
    form = models.CharField(max_length=120, blank=True)  # OneRoster 1.2 (delta) …
    created_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True)
    applied_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="+"
    )
    undone_at = models.DateTimeField(null=True)
    undone_by = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="+"
    )
    counts = models.JSONField(default=dict)
    losses = models.JSONField(default=list)  # in words; each needs a person
    notes = models.JSONField(default=list)
    diff_digest = models.CharField(max_length=64, blank=True)
    has_moved = models.BooleanField(default=False)  # shown again: the roster changed
    why = models.TextField(blank=True)  # it failed
    left = models.JSONField(default=list)  # what an undo left as it is, in words

    class Meta:
        app_label = "roster"
        indexes = [
            models.Index(fields=["state", "-id"], name="roster_run_state"),
            models.Index(fields=["-applied_at"], name="roster_run_applied"),
        ]

    def __str__(self) -> str:
        return f"{self.file_names}, {self.created_at:%Y-%m-%d %H:%M}"

    @property
    def is_open(self) -> bool:
        return self.state in (self.State.READING, self.State.SHOWN, self.State.APPLYING)

    @property
    def is_under_way(self) -> bool:
        """Something is being done about it; its page looks again by itself."""
        return self.state in (
            self.State.READING,
            self.State.APPLYING,
            self.State.UNDOING,
        )


class RosterFile(models.Model):
    """A file of a run as it came, until it is applied or discarded."""

    run = models.ForeignKey(RosterRun, on_delete=models.CASCADE, related_name="files")
    name = models.CharField(max_length=200)
    content = models.BinaryField()  # packed by zlib

    class Meta:
        app_label = "roster"


class RosterChange(models.Model):
    """One thing that a run changes, or has changed: the diff, and what an undo needs.

    ``before`` and ``after``: the fields that differ. Nothing before: it is new;
    nothing after: it is taken away.
    """

    class Kind(models.TextChoices):
        NEW = "new"
        CHANGED = "changed"
        LISTED = "listed"  # was there, and is now on the roster (again)
        LEAVING = "leaving"  # was on the last roster and is not on this one
        CASELOAD = "caseload"

    run = models.ForeignKey(RosterRun, on_delete=models.CASCADE, related_name="changes")
    position = models.PositiveIntegerField()
    kind = models.CharField(max_length=20, choices=Kind.choices)
    # None for those the run itself makes: they are known by their id.
    student = models.ForeignKey(
        "roster.Student", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    institutional_id = models.CharField(max_length=40)
    name = models.CharField(max_length=260)
    staff = models.ForeignKey(
        User, null=True, on_delete=models.PROTECT, related_name="+"
    )
    has_phone = models.BooleanField(default=False)  # the mobile is another
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)

    class Meta:
        app_label = "roster"
        constraints = [
            models.UniqueConstraint(
                fields=["run", "position"], name="roster_change_once"
            )
        ]
        indexes = [
            models.Index(fields=["run", "kind", "position"], name="roster_change_kind"),
            models.Index(
                fields=["run", "position"],
                condition=Q(has_phone=True),
                name="roster_change_phone",
            ),
        ]


class RosterRunFault(models.Model):
    """A fault of a run's files (faults.py), in their order."""

    run = models.ForeignKey(RosterRun, on_delete=models.CASCADE, related_name="faults")
    position = models.PositiveIntegerField()
    file = models.CharField(max_length=200, blank=True)
    row = models.PositiveIntegerField(default=0)
    column = models.CharField(max_length=80, blank=True)
    value = models.TextField(blank=True)
    reason = models.TextField()

    class Meta:
        app_label = "roster"
        constraints = [
            models.UniqueConstraint(
                fields=["run", "position"], name="roster_fault_once"
            )
        ]


class OneRosterRecord(models.Model):
    """What the last OneRoster files say of one thing: a delta names only what is other.

    ``fields``: by our names in sources/oneroster.py.
    """

    kind = models.CharField(max_length=12)
    sourced_id = models.CharField(max_length=255)
    fields = models.JSONField()

    class Meta:
        app_label = "roster"
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "sourced_id"], name="oneroster_record_once"
            )
        ]
