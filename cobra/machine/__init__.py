"""The machine: devices, processors, locks, progress, and what all commands of scripts/ share."""
