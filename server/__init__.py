"""The service behind both sidebars: one Flask application, one worker, one Redis."""

import os

# Before numpy comes in, which reads it once: its threads wait for each other on a busy machine, and a mail that takes 15 ms of
# one core took 80 ms of four. What somebody has set stays.
os.environ.setdefault("OMP_NUM_THREADS", "1")
