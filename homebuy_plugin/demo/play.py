"""Play the demonstration from an empty file to the last day."""

from datetime import datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

from homebuy_plugin.clock.calendar import WorkingCalendar
from homebuy_plugin.core import HomeBuy
from homebuy_plugin.demo import landlord
from homebuy_plugin.demo.diary import Diary
from homebuy_plugin.demo.plot import FIRST, LAST
from homebuy_plugin.demo.staff import Staff
from homebuy_plugin.demo.walk import Months
from homebuy_plugin.documents.model import Landlord
from homebuy_plugin.insight.moment import move_simulation
from homebuy_plugin.store import directory
from homebuy_plugin.store.transactions import writing
from homebuy_plugin.types import Settings

END_OF_DAY = time(17, 0)


def play(path: Path, seed: int) -> Months:
    """Live through the months in a fresh database.

    Raises:
        NotOurDatabase: another file is in the way.
    """
    landlord.clear(path)
    settings = Settings()
    zone = ZoneInfo(settings.timezone)
    diary = Diary(today=FIRST)
    hb = HomeBuy.create(landlord.open_engine(path), plugins=[diary], settings=settings, entry_points=False)
    hb.upgrade(datetime.combine(FIRST, time(8, 0), zone))
    people = landlord.officers()
    calendar = _furnish(hb, people, datetime.combine(LAST, END_OF_DAY, zone))
    months = Months(hb, diary, Staff(seed, calendar, people), calendar, landlord.cases())
    months.live(FIRST, LAST)
    return months


def _furnish(hb: HomeBuy, people: Landlord, until: datetime) -> WorkingCalendar:
    """Mark the database, and take over the officers; the landlord's calendar."""
    with writing(hb.engine) as conn:
        move_simulation(conn, until)
        directory.import_landlord(conn, people)
        shelf = hb.desk.library.shelf(conn)
        return hb.desk.library.calendars(conn, shelf.calendars())[hb.settings.default_calendar]
