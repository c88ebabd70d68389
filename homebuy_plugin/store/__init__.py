"""Rows: the tables, how cases are kept in them, and who may work on which case.

SQLAlchemy Core only. Every function takes a :class:`~homebuy_plugin.store.connection.StoreConnection`
and works inside the transaction of whoever opened it; none commits.
"""
