"""What a given row makes of what is known, as SQL: of ``given`` beside ``student``."""

# Consent is one phone's: with another phone, what is not said again is not known.
OF_THE_PHONE = frozenset(
    {
        "text_consent",
        "text_consent_date",
        "text_consent_source",
        "text_consent_wording",
    }
)


def merged(name: str) -> str:
    """The value of a column afterwards. One that is not given stays as it is."""
    stays = f"coalesce(given.{name}, student.{name})"
    if name not in OF_THE_PHONE:
        return stays
    return (
        f"CASE WHEN given.{name} IS NULL AND given.mobile <> student.mobile"
        f" THEN '' ELSE {stays} END"
    )
