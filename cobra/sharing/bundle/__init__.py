"""Sharing results: what another person needs to check and extend them, in one archive. No torch here."""
