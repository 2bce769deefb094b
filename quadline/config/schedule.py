"""Every queue and every timed job, on one page.

Times are UTC; the sixth field is seconds.
"""

from quadline.accounts import throttles
from quadline.api import idempotency
from quadline.broadcasts import finishing
from quadline.delivery.failsafe import mailing
from quadline.delivery.inbound import kept_sources, word_order
from quadline.delivery.opting import carrier_opt_outs, confirmations
from quadline.delivery.outbox import deadlines, holding, out_of_reach
from quadline.delivery.outcomes import far_ahead, lost_news, reconcile, stuck
from quadline.delivery.sending import sender
from quadline.jobs import Timed
from quadline.numbers import alerts, probing, provisioning
from quadline.webhooks import events, gaps

QUEUES = {
    "texts": "hand texts over, settle unknown outcomes",
    "broadcasts": "follow those that run",
    "receipts": "apply what the carrier says of them",
    "numbers": "rent numbers and register them",
    "letters": "emails to staff",
    "emails": "hand emails to students over to the mail server",
}

EVERY_10_SECONDS = "* * * * * */10"
EVERY_MINUTE = "* * * * *"
EVERY_15_MINUTES = "*/15 * * * *"
NIGHTLY = "20 7 * * *"


def timetable() -> list[Timed]:
    return [
        Timed(sender.send_overdue_texts, EVERY_10_SECONDS),
        Timed(reconcile.settle_unknown_attempts, EVERY_10_SECONDS),
        Timed(finishing.follow_broadcasts, EVERY_10_SECONDS),
        Timed(events.apply_forgotten_receipts, EVERY_10_SECONDS),
        Timed(mailing.send_overdue_emails, EVERY_10_SECONDS),
        Timed(word_order.settle_pairs_in_doubt, EVERY_10_SECONDS),
        Timed(deadlines.email_overdue_texts, EVERY_MINUTE),
        Timed(far_ahead.bring_back_what_lies_too_far_ahead, EVERY_MINUTE),
        Timed(out_of_reach.keep_what_is_out_of_reach, EVERY_MINUTE),
        Timed(holding.let_go_on_what_nobody_asks_about, EVERY_MINUTE),
        Timed(lost_news.ask_for_lost_news, EVERY_MINUTE),
        Timed(gaps.fetch_missed_replies, EVERY_MINUTE),
        Timed(provisioning.take_up_numbers, EVERY_MINUTE),
        Timed(alerts.find_late_numbers, EVERY_MINUTE),
        Timed(stuck.find_stuck_texts, EVERY_15_MINUTES),
        Timed(probing.probe_quiet_registrations, EVERY_15_MINUTES),
        Timed(events.drop_old_events, NIGHTLY),
        Timed(kept_sources.drop_old_sources, NIGHTLY),
        Timed(idempotency.drop_old_answers, NIGHTLY),
        Timed(carrier_opt_outs.compare_with_carrier, NIGHTLY),
        Timed(confirmations.check_confirmations, NIGHTLY),
        Timed(throttles.drop_ended_throttles, NIGHTLY),
    ]
