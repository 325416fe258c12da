"""Results for others: bundles to verify and extend, and the leaderboard."""
