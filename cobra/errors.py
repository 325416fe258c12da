"""The one error that is meant for a person."""


class UserError(Exception):
    """Something a person can mend: one sentence saying what is wrong, where, and what to do."""
