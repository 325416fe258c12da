"""Times for people."""


def in_words(seconds: float) -> str:
    """Seconds, minutes or hours, as `4.2 min`."""
    for unit, size in (("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.1f} s"
