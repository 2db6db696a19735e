"""Works on blocks of numbers, and on one now and then that is too large for its memory limit."""

import random
import statistics
import time


def run(block=20_000, pause=3.0):
    while True:
        numbers = [random.random() for _ in range(block)]
        print(f"{block} values, mean {statistics.fmean(numbers):.4f}, deviation {statistics.pstdev(numbers):.4f}")
        if random.random() < 0.1:
            oversized()
        time.sleep(pause)


def oversized():
    # Under memory_limit_mb the allocation fails, the process lives on; without a limit it is no trouble either.
    try:
        bytearray(512 << 20)
    except MemoryError:
        print("a block of 512 MiB does not fit into the memory limit; skipped")
