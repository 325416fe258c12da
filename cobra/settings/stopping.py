"""When an attack spares an image further restarts."""

from cobra.settings.base import Section, setting


class StopSettings(Section):
    """When an image gets no further restart (ours): once some of its restarts agree on its worst score."""

    after: int = setting(
        3, "Restarts that must agree; at least one of each of step_ratios.", paper="never", ge=2
    )
    within: float = setting(
        0.001,
        "A restart agrees if its worst score is off the worst of all by at most this share of the image's "
        "gain, from its clean score to that worst.",
        ge=0,
        lt=1,
    )
