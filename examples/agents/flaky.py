"""Works for a while, then fails."""

import random
import time


def run(shortest=10, longest=40):
    remaining = random.randint(shortest, longest)
    print("connected")
    while remaining > 0:
        print(f"all is well, {remaining} s to go")
        step = min(5, remaining)
        time.sleep(step)
        remaining -= step
    raise ConnectionError("the far side hung up")
