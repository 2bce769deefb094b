"""The one writer of where a message stands.

Nothing else writes ``status``, ``due_at``, ``reason`` or ``detail`` of a message, or a
row of its events. A single message is a set of one. A statement that must change more
with it, such as a claim, is built from the parts in ``sql.py``.
"""

from quadline.conversations.statuses.beginning import save_new as save_new
from quadline.conversations.statuses.climbing import announce as announce
from quadline.conversations.statuses.climbing import climb as climb
from quadline.conversations.statuses.climbing import give_up as give_up
from quadline.conversations.statuses.waiting import due_now as due_now
from quadline.conversations.statuses.waiting import explain as explain
from quadline.conversations.statuses.waiting import wait as wait
