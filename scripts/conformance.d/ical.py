# SPDX-FileCopyrightText: The Fengsui Authors
# SPDX-License-Identifier: Apache-2.0

"""ical.py DIRECTORY: reads calendar.ics with icalendar and holds it to calendar.json, which says what was meant."""
import json
import sys

import icalendar

out = sys.argv[1]
calendar = icalendar.Calendar.from_ical(open(f"{out}/calendar.ics", "rb").read())
meant = json.load(open(f"{out}/calendar.json"))
events = calendar.walk("VEVENT")


def text(s):
    return s.replace("\r\n", "\n")


def instant(t):
    return t.isoformat().replace("+00:00", "Z")


assert len(events) == len(meant["Events"]) > 0, len(events)
assert str(calendar["NAME"]) == meant["Name"]
for got, want in zip(events, meant["Events"]):
    assert (str(got["UID"]), int(got["SEQUENCE"]), str(got["STATUS"])) == (want["UID"], want["Sequence"], want["Status"])
    assert str(got["SUMMARY"]) == text(want["Summary"]), str(got["SUMMARY"])
    assert str(got["DESCRIPTION"]) == text(want["Description"]), str(got["DESCRIPTION"])
    assert instant(got.decoded("DTSTART")) == want["At"]
    assert str(got["URL"]) == want["URL"]
    assert [str(c) for c in got["CATEGORIES"].cats] == want["Categories"]
    alarms = got.walk("VALARM")
    assert [(str(a["DESCRIPTION"]), instant(a.decoded("TRIGGER"))) for a in alarms] == [(text(a["Text"]), a["At"]) for a in want["Alarms"]]
print(f"ok: {len(events)} events, icalendar {icalendar.__version__}")
