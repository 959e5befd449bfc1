# SPDX-FileCopyrightText: The Fengsui Authors
# SPDX-License-Identifier: Apache-2.0

"""webhooks.py FILE: verifies what receivers got with the standard's library for Python."""
import json
import sys

from standardwebhooks.webhooks import Webhook, WebhookVerificationError


def verifies(secret, body, headers):
    try:
        Webhook(secret).verify(body, headers)
    except WebhookVerificationError:
        return False
    return True


with open(sys.argv[1], encoding="utf-8") as file:
    messages = json.load(file)
assert len(messages) >= 6, messages
for m in messages:
    headers, body = m["headers"], m["body"]
    for secret in m["good"]:
        assert verifies(secret, body, headers), f"{headers['webhook-id']} is refused"
        assert not verifies(secret, body + " ", headers), "an altered body passes"
        assert not verifies(secret, body, {**headers, "webhook-id": "other"}), "another id passes"
    for secret in m["bad"]:
        assert not verifies(secret, body, headers), f"{headers['webhook-id']} passes with a wrong secret"
print(f"ok: {len(messages)} messages, while secrets are renewed; altered ones are refused")
