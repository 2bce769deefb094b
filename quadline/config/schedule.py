"""Every queue and every timed job, on one page.

Times are UTC; the sixth field is seconds.
"""

from quadline.accounts import session_store, throttles
from quadline.api import idempotency
from quadline.broadcasts import finishing
from quadline.delivery.failsafe import email_sender
from quadline.delivery.inbound import source_retention, stop_start_order
from quadline.delivery.opting import carrier_opt_outs, confirmations
from quadline.delivery.outbox import deadlines, holding, out_of_reach
from quadline.delivery.outcomes import (
    future_times,
    missing_receipts,
    reconciliation,
    stuck_texts,
)
from quadline.delivery.rosters import alerts as roster_alerts
from quadline.delivery.rosters import retention, watching
from quadline.delivery.sending import sender
from quadline.jobs import ScheduledJob
from quadline.numbers import alerts, probing, provisioning
from quadline.webhooks import events, missed_replies

QUEUES = {
    "texts": "hand texts over, settle unknown outcomes",
    "broadcasts": "follow those that run",
    "receipts": "apply what the carrier says of them",
    "numbers": "rent numbers and register them",
    "rosters": "compare rosters, apply them, take them back",
    "letters": "emails to staff",
    "emails": "hand emails to students over to the mail server",
}

EVERY_10_SECONDS = "* * * * * */10"
EVERY_MINUTE = "* * * * *"
EVERY_15_MINUTES = "*/15 * * * *"
NIGHTLY = "20 7 * * *"  # in summer 3:20 in New York, 0:20 in Los Angeles


def timetable() -> list[ScheduledJob]:
    return [
        ScheduledJob(sender.send_overdue_texts, EVERY_10_SECONDS),
        ScheduledJob(reconciliation.settle_unknown_attempts, EVERY_10_SECONDS),
        ScheduledJob(finishing.follow_broadcasts, EVERY_10_SECONDS),
        ScheduledJob(events.apply_overdue_receipts, EVERY_10_SECONDS),
        ScheduledJob(email_sender.send_overdue_emails, EVERY_10_SECONDS),
        ScheduledJob(stop_start_order.settle_pairs_in_doubt, EVERY_10_SECONDS),
        ScheduledJob(deadlines.email_overdue_texts, EVERY_MINUTE),
        ScheduledJob(future_times.fix_future_times_job, EVERY_MINUTE),
        ScheduledJob(out_of_reach.hold_texts_out_of_reach_job, EVERY_MINUTE),
        ScheduledJob(holding.release_texts_without_question, EVERY_MINUTE),
        ScheduledJob(missing_receipts.look_up_missing_receipts, EVERY_MINUTE),
        ScheduledJob(missed_replies.fetch_missed_replies, EVERY_MINUTE),
        ScheduledJob(provisioning.provision_waiting_numbers, EVERY_MINUTE),
        ScheduledJob(alerts.find_late_numbers, EVERY_MINUTE),
        ScheduledJob(watching.look_into_folders_job, EVERY_MINUTE),
        ScheduledJob(roster_alerts.find_late_files, EVERY_15_MINUTES),
        ScheduledJob(stuck_texts.find_stuck_texts, EVERY_15_MINUTES),
        ScheduledJob(probing.probe_quiet_registrations, EVERY_15_MINUTES),
        ScheduledJob(events.drop_old_events, NIGHTLY),
        ScheduledJob(source_retention.drop_old_sources, NIGHTLY),
        ScheduledJob(idempotency.drop_old_answers, NIGHTLY),
        ScheduledJob(carrier_opt_outs.compare_with_carrier, NIGHTLY),
        ScheduledJob(confirmations.check_confirmations, NIGHTLY),
        ScheduledJob(retention.drop_old_rosters, NIGHTLY),
        ScheduledJob(throttles.drop_ended_throttles, NIGHTLY),
        ScheduledJob(session_store.drop_ended_sessions, NIGHTLY),
    ]
