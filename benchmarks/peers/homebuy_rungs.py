"""homebuy_plugin: one case with an exceeded target for each item; ``python homebuy_rungs.py URL ITEMS``."""

import json
import sys
import time

from homebuy_plugin.testing.databases import disposed
from homebuy_plugin.testing.small_documents import escalation, notify, rule
from homebuy_plugin.testing.small_landlord import SmallLandlord, at, small_landlord

OVERDUE = rule(
    "overdue",
    "target_exceeded",
    notify("task_owner", template="passed"),
    applies_to={"tasks": ["log_application"]},
)


def main() -> None:
    """Make the cases, then time the tick: decide, record, write letters, hand them over."""
    url, wanted = sys.argv[1], int(sys.argv[2])
    with disposed(url) as engine:
        small_landlord(engine)
        landlord = SmallLandlord(engine)
        landlord.publish(at(1), escalation=escalation(OVERDUE))
        for number in range(wanted):
            landlord.create(f"HB-{number}", at(2))
        started = time.perf_counter()
        report = landlord.tick(at(5))
        seconds = time.perf_counter() - started
    if (report.escalated, report.delivered) != (wanted, wanted):
        raise SystemExit(f"{report.escalated} escalated and {report.delivered} delivered of {wanted}")
    print(json.dumps({"items": wanted, "seconds": seconds}))


if __name__ == "__main__":
    main()
