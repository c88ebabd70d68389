"""django-helpdesk: ``escalate_tickets`` over tickets that are all due.

``python helpdesk_tickets.py FILE ITEMS``
"""
# ruff: noqa: E402 - Django's own modules can be imported only after its setup

import json
import sys
import time
from datetime import timedelta

import django
from django.conf import settings

file, wanted = sys.argv[1], int(sys.argv[2])
settings.configure(
    SECRET_KEY="a benchmark",
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": file}},
    INSTALLED_APPS=[
        "django.contrib.admin",
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "django.contrib.messages",
        "django.contrib.sites",
        "django.contrib.humanize",
        "helpdesk",
        "rest_framework",
    ],
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
    EMAIL_BACKEND="django.core.mail.backends.dummy.EmailBackend",
    ROOT_URLCONF=__name__,
    SITE_ID=1,
    USE_TZ=True,
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    HELPDESK_TEAMS_MODE_ENABLED=False,
    HELPDESK_ACTIVATE_API_ENDPOINT=False,
)
django.setup()

from django.contrib.auth.models import User
from django.core.management import call_command
from django.urls import include, path
from django.utils import timezone
from helpdesk.models import Queue, Ticket

urlpatterns = [path("helpdesk/", include("helpdesk.urls", namespace="helpdesk"))]
"""Its letters link to the ticket."""


def main() -> None:
    """Make the tickets, then time the command."""
    call_command("migrate", verbosity=0)
    call_command("loaddata", "emailtemplate", verbosity=0)
    owner = User.objects.create_user("owner", "owner@example.org")
    queue = Queue.objects.create(title="Home buy", slug="homebuy", escalate_days=1)
    created = timezone.now() - timedelta(days=9)
    Ticket.objects.bulk_create(
        Ticket(title=f"Task {n}", queue=queue, created=created, priority=3, assigned_to=owner, status=1)
        for n in range(wanted)
    )
    Ticket.objects.update(created=created)
    started = time.perf_counter()
    call_command("escalate_tickets")
    seconds = time.perf_counter() - started
    moved = Ticket.objects.filter(priority=2).count()
    if moved != wanted:
        raise SystemExit(f"only {moved} of {wanted} escalated")
    print(json.dumps({"items": wanted, "seconds": seconds}))


main()
