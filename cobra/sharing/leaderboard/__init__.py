"""The leaderboard: records of judged AUROCs, made here or elsewhere, checked before they are ranked."""
