"""How many rows there are."""

from sqlalchemy import Engine, Table, func, select

from homebuy_plugin.store import tables


def count(engine: Engine, table: Table) -> int:
    """The rows of a table."""
    with engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def nothing_of_ours(engine: Engine) -> bool:
    """Whether there is no case, nor anything of one."""
    parts = (tables.case, tables.event, tables.task, tables.wakeup, tables.outbox, tables.case_owner)
    return not any(count(engine, table) for table in parts)
