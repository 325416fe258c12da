"""Files of results: identity, digests, whole-or-absent writing, resumable state, archives."""
