"""The service behind both sidebars: one Flask application, one worker, one Redis."""

import os

# Before numpy comes in, which reads it once: its threads wait for each other on a busy machine, and a mail that takes 15 ms of
# one core took 80 ms of four. What somebody has set stays.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# Read by glibc when one of our processes starts another. A click with attachments takes tens of megabytes for a moment; with its own
# moving limit glibc would keep them (700 MB after twelve such clicks at once, instead of 200). Other systems do not know the name.
os.environ.setdefault("MALLOC_MMAP_THRESHOLD_", str(1024 * 1024))
