"""Schedules, as Application Auto Scaling reads them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from ecs_workloads._checks import is_token, require

_FORMS = "cron(...) with six fields, rate(...) or at(...)"
_DAY = "(?:0?[1-9]|[12][0-9]|3[01])"
# Each with what one value of it is, what else may stand there, and both in words.
# https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
_FIELDS = (
    ("minutes", "[0-5]?[0-9]", "", "0 to 59"),
    ("hours", "(?:[01]?[0-9]|2[0-3])", "", "0 to 23"),
    ("day-of-month", _DAY, rf"|\?|LW?|{_DAY}W", "1 to 31, L, W or ?"),
    ("month", "(?:0?[1-9]|1[0-2]|JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEP|OCT|NOV|DEC)", "", "1 to 12 or JAN to DEC"),
    (
        "day-of-week",
        "(?:[1-7]|SUN|MON|TUE|WED|THU|FRI|SAT)",
        r"|\?|[1-7]?L|[1-7]#[1-5]",
        "1 to 7, SUN to SAT, L, # or ?",
    ),
    ("year", "(?:19[7-9][0-9]|20[0-9]{2}|21[0-9]{2})", "", "1970 to 2199"),
)

# Of February the longest; what is not here, also a range of months, has 31 days.
_SHORT_MONTHS = {"2": 29, "FEB": 29, "4": 30, "APR": 30, "6": 30, "JUN": 30, "9": 30, "SEP": 30, "11": 30, "NOV": 30}


def check_schedule(subject: str, schedule: str) -> None:
    """Refuse a schedule that never comes, or that nobody can read; a token passes.

    https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PutScheduledAction.html
    """
    if is_token(schedule):
        return
    form = re.fullmatch(r"(cron|rate|at)\((.+)\)", schedule)
    fields = form[2].split(" ") if form else []
    if form is None or (form[1] == "cron" and len(fields) != len(_FIELDS)):
        raise ValueError(f"{subject}: schedule must be {_FORMS}, got {schedule!r}")
    if form[1] == "rate":
        rate = re.fullmatch(r"[1-9]\d* (minutes?|hours?|days?)", form[2])
        require(rate is not None, subject, f"schedule must be as rate(1 hour) or rate(5 minutes), got {schedule!r}")
    elif form[1] == "at":
        require(_is_moment(form[2]), subject, f"schedule must be as at(2026-12-24T18:00:00), got {schedule!r}")
    else:
        for (name, value, also, words), field in zip(_FIELDS, fields, strict=True):
            item = rf"(?:{value}(?:-{value})?|\*)(?:/\d+)?"
            fits = re.fullmatch(rf"(?:{item}(?:,{item})*{also})", field)
            require(fits is not None, subject, f"{name} of the schedule must be {words}, got {field!r} in {schedule!r}")
        _, _, days, months, weekdays, _ = fields
        require(
            (days == "?") != (weekdays == "?"),
            subject,
            "schedule must have a ? in one of day-of-month and day-of-week, and what counts in the other, got "
            f"{schedule!r}{_with_one_question_mark(fields)}",
        )
        require(
            _has_day(months, days), subject, f"schedule never comes: no such month has such a day, got {schedule!r}"
        )


def _with_one_question_mark(fields: Sequence[str]) -> str:
    """Return `` (did you mean 'cron(...)'?)`` where one of the two days says nothing."""
    minutes, hours, days, months, weekdays, year = fields
    if days == "?":
        days = "*"
    elif weekdays == "*":
        weekdays = "?"
    elif days == "*":
        days = "?"
    else:
        return ": say them in two schedules"
    return f" (did you mean 'cron({minutes} {hours} {days} {months} {weekdays} {year})'?)"


def _has_day(months: str, days: str) -> bool:
    """Tell whether one of ``months`` has one of ``days`` in some year."""
    firsts = [int(day) for day in re.findall(r"(?:^|,)(\d+)", days)]
    longest = max(_SHORT_MONTHS.get(month.lstrip("0"), 31) for month in months.split(","))
    return "*" in days or not firsts or min(firsts) <= longest


def _is_moment(text: str) -> bool:
    if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d", text) is None:
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
