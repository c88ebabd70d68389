"""Services that answer questions: how do we stand, why was this decided, what comes next?

Nothing here writes: every answer is read in one read-only snapshot of the database.
"""
