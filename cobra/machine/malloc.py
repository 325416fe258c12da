"""How a job's process keeps its memory: environment variables of glibc, read when a process starts.

glibc gives large freed blocks back to the system and asks for them again at the next step; keeping them saves
15 % of a gradient on a CPU (measured: 14.1 in place of 16.6 ms, 98 images of 16x16, width 8). What is kept
must lie in one arena: the thread that computes gradients would have another, and the memory of an attack
would grow with each block (measured: 3.0 GB for 10,000 images of 224x224, width 64).
"""

ENVIRONMENT = {
    "MALLOC_TRIM_THRESHOLD_": "1000000000",
    "MALLOC_MMAP_THRESHOLD_": "1000000000",
    "MALLOC_ARENA_MAX": "1",
}
