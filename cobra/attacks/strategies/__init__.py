"""Strategies of attack, one module each: `restart(attempt)` makes one restart on a batch of images.

It returns the signed scores [N, steps + 1] of its start and of all that it tried after it. TRAITS says what
may be asked of the strategy:

    gradient   it follows the score's gradient: white-box to the gates, and source and objective may be set
    l2         it keeps to the attempt's ball, of whichever norm
    step_size  it climbs by the attempt's step size: step_ratios, precision and keep may be set
    stop       its restarts do not depend on each other, so that images may be spared some
"""
