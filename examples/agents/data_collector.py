"""Reads sensors that do not exist: each wanders around its usual value."""

import random
import time

USUAL = {"temperature": (21.0, 0.3), "humidity": (48.0, 1.0), "pressure": (1013.0, 0.4)}


def run(site, sensors, interval=2.0):
    values = {name: USUAL.get(name, (0.0, 1.0))[0] for name in sensors}
    while True:
        for name in sensors:
            usual, step = USUAL.get(name, (0.0, 1.0))
            # Pulled back towards the usual value, so that it wanders but never leaves.
            values[name] += random.gauss(0, step) + (usual - values[name]) * 0.1
        print(site, " ".join(f"{name}={value:.1f}" for name, value in values.items()))
        time.sleep(interval)
