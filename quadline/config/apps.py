"""Registers every job and the timetable, once Django and the job engine are ready."""

from django.apps import AppConfig


class HouseConfig(AppConfig):
    name = "quadline.config"
    label = "config"

    def ready(self) -> None:
        # their jobs stand on no timetable: a worker that has not read them fails them
        import quadline.accounts.codes
        import quadline.accounts.factors
        import quadline.accounts.inviting
        import quadline.accounts.new_browsers
        import quadline.accounts.passwords
        import quadline.accounts.single_sign_on.letters_about
        import quadline.delivery.outbox.held_by_settings
        import quadline.delivery.retiring.acts
        import quadline.numbers.repairing
        import quadline.setup.live_checks
        import quadline.setup.sample_data  # noqa: F401
        from quadline.config.schedule import timetable
        from quadline.jobs import set_timetable

        set_timetable(timetable())
