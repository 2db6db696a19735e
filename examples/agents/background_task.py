"""Something that takes a while, in the background, and then is done."""

import time


def run(steps=20):
    for step in range(1, steps + 1):
        total = sum(number * number for number in range(200_000))
        print(f"step {step} of {steps}: {total}")
        time.sleep(1)
    print("done")
