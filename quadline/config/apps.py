"""Registers every job and the timetable, once Django and the job engine are ready."""

from django.apps import AppConfig


class HouseConfig(AppConfig):
    name = "quadline.config"
    label = "config"

    def ready(self) -> None:
        import quadline.accounts.sign_in  # noqa: F401  # its one job stands on no timetable
        from quadline.config.schedule import timetable
        from quadline.jobs import set_timetable

        set_timetable(timetable())
