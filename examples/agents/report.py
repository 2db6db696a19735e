"""A short run at a set time."""

import os
import time


def run(title):
    print(f"report on the {title}, made at {time.strftime('%Y-%m-%d %H:%M:%S %Z')}")
    usage = os.statvfs("/")
    print(f"free on /: {usage.f_bavail * usage.f_frsize / 1e9:.1f} GB")
