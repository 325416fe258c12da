"""The leaderboard: records of judged figures, made here or elsewhere, checked before they are ranked."""
