#!/usr/bin/env python3
"""Writes cron_cases.tsv: schedules and their next three times, as croniter and Python's zoneinfo see them.

To make the table again:

    python3 -m venv venv && venv/bin/pip install croniter==7.0.0 tzdata
    venv/bin/python Tests/FleetModelTests/cron_cases.py > Tests/FleetModelTests/cron_cases.tsv

A line is: expression, zone, from, and three times, separated by tabs; times are seconds since 1970.

croniter only ever sees times without a zone here. It answers which minutes of the calendar match; zoneinfo answers
when clocks in the zone show such a minute. So the two rules for changes of the clock are those of the specification,
not croniter's: a local time that does not exist is skipped, a repeated one fires the first time only.

Where croniter differs from crontab(5) it is told otherwise: by default it lets either day field match when both are
restricted, which is right, but takes a field for unrestricted only if it is nothing but `*`; a field that begins with
`*` is unrestricted in crontab(5). So `day_or` is set to what the first letters of the fields say.
It reads a range of one number, as in `4-4`, as every number; crontab(5) reads it as 4. No case has one, the test of
that rule is written by hand. Its rules for steps after a single number (`5/10`), for `L`, `#`, `?`, six fields and
reversed ranges are not crontab(5)'s; no case uses them either.
"""

import random
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

from croniter import croniter

RANDOM = random.Random(20260131)

FIXED = [
    "* * * * *", "*/5 * * * *", "0 * * * *", "30 2 * * *", "0 0 * * 0", "0 0 * * 7", "0 0 * * sun", "0 0 1 1 *",
    "15 10 * * mon-fri", "0 0 29 2 *", "0 0 31 * *", "0 0 30 1,3 *", "0 12 13 * 5", "0 12 13 * fri",
    "0 0 */2 * 1", "0 0 1 * */2", "0 0 1-7 * *", "0 0 * * 5-7", "0 0 * * 0-7", "59 23 31 12 *", "0,30 1-3 * * *",
    "5-59/10 * * * *", "0 */7 * * *", "0 0 1,15 * 3", "10 4 1-31/7 feb,aug *", "0 0 31 jan-mar *",
    "1-10,20-30/5,45 8-18/2 * * *", "0 3 * 3,10 sun", "45 1 * * *", "15 2 * * 0", "0 0 29 feb *", "20 0 * apr,oct *",
    "0 2 * * *", "0 1 * * *", "30 1 * * *", "0 0 */31 * *", "0 0 29 2 */7", "0 0 */10 2 mon",
]
WORDS = {
    "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *",
}
ZONES = [
    "UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "America/St_Johns",
    "Asia/Kathmandu", "Pacific/Auckland", "America/Santiago", "Pacific/Kiritimati",
]
MOMENTS = [
    "2026-01-31T23:59:59", "2026-03-28T23:30:00", "2026-03-29T00:59:00", "2026-03-08T06:59:30", "2026-10-25T00:10:00",
    "2026-10-25T00:45:00", "2026-10-25T01:15:00", "2026-11-01T05:15:00", "2026-11-01T06:15:00", "2026-04-04T14:50:00",
    "2026-10-03T15:20:00", "2028-02-28T23:59:00", "2026-12-31T23:59:00", "2027-06-15T12:00:00", "2096-03-01T00:00:00",
    "2026-09-05T22:00:00", "2026-04-05T03:00:00", "1999-12-31T12:34:56",
]


def field(low, high, names=()):
    def number():
        value = RANDOM.randint(low, high)
        return names[value - low] if names and value - low < len(names) and RANDOM.random() < 0.3 else str(value)

    def part():
        kind = RANDOM.random()
        if kind < 0.55:
            return number()
        a, b = sorted(RANDOM.sample(range(low, high + 1), 2))
        if kind < 0.8:
            return f"{a}-{b}"
        return f"{a}-{b}/{RANDOM.randint(1, max(1, (high - low) // 2))}"

    kind = RANDOM.random()
    if kind < 0.35:
        return "*"
    if kind < 0.5:
        return f"*/{RANDOM.randint(1, max(2, (high - low) // 2))}"
    return ",".join(part() for _ in range(RANDOM.choice((1, 1, 1, 2, 3))))


def expression():
    months = "jan feb mar apr may jun jul aug sep oct nov dec".split()
    days = "sun mon tue wed thu fri sat".split()
    return " ".join((field(0, 59), field(0, 23), field(1, 31), field(1, 12, months), field(0, 6, days)))


def either_day_matches(text):
    fields = text.split()
    return not fields[2].startswith("*") and not fields[4].startswith("*")


def first_moment(local, zone):
    """The first moment at which clocks in the zone show that time; None where they never do."""
    moment = local.replace(tzinfo=zone, fold=0).astimezone(timezone.utc)
    return moment if moment.astimezone(zone).replace(tzinfo=None) == local else None


def next_times(text, zone, start):
    # From a little earlier, since what the clocks show goes back at times.
    local = start.astimezone(zone).replace(tzinfo=None) - timedelta(minutes=1)
    calendar = croniter(text, local, day_or=either_day_matches(text), max_years_between_matches=60)
    times = []
    while len(times) < 3:
        moment = first_moment(calendar.get_next(datetime), zone)
        if moment is not None and moment > start:
            times.append(moment)
    return times


def main():
    cases = [(text, text) for text in FIXED] + list(WORDS.items())
    while len(cases) < 150:
        text = expression()
        try:
            croniter(text, datetime(2026, 1, 1), day_or=either_day_matches(text),
                     max_years_between_matches=60).get_next(datetime)
        except Exception:  # It never fires.
            continue
        cases.append((text, text))
    for text, fields in cases:
        for _ in range(3):
            zone, moment = RANDOM.choice(ZONES), RANDOM.choice(MOMENTS)
            start = datetime.fromisoformat(moment).replace(tzinfo=timezone.utc)
            times = next_times(fields, ZoneInfo(zone), start)
            print(text, zone, int(start.timestamp()), *(int(time.timestamp()) for time in times), sep="\t")
    for text in ("* * * * *", "*/30 * * * *", "30 2 * * *", "30 1 * * *", "0 2 * * 0", "15 0-3 * * *"):
        for zone in ZONES:
            for moment in RANDOM.sample(MOMENTS, 4):
                start = datetime.fromisoformat(moment).replace(tzinfo=timezone.utc)
                times = next_times(text, ZoneInfo(zone), start)
                print(text, zone, int(start.timestamp()), *(int(time.timestamp()) for time in times), sep="\t")


if __name__ == "__main__":
    main()
