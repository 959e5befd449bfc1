-- SPDX-FileCopyrightText: The Fengsui Authors
-- SPDX-License-Identifier: Apache-2.0

-- +goose Up
-- Whom a reminder is for first, and the number that it names: of the report from which the duty follows.
ALTER TABLE duty ADD COLUMN account_id TEXT NOT NULL DEFAULT '';
ALTER TABLE duty ADD COLUMN number TEXT NOT NULL DEFAULT '';
UPDATE duty SET account_id = COALESCE((SELECT r.account_id FROM report r WHERE r.id = duty.report_id), ''),
	number = COALESCE((SELECT r.number FROM report r WHERE r.id = duty.report_id), '');
ALTER TABLE duty_reminder ADD COLUMN down_from TIMESTAMPTZ; -- of a late one: nothing was noted from then until noted_at
ALTER TABLE duty_reminder ADD COLUMN org_id TEXT NOT NULL DEFAULT '';
UPDATE duty_reminder SET org_id = (SELECT d.org_id FROM duty d WHERE d.id = duty_reminder.duty_id);
CREATE INDEX duty_reminder_org ON duty_reminder (org_id, fell_at, duty_id, step);
CREATE INDEX duty_reminder_late ON duty_reminder (fell_at, duty_id, step) WHERE late;

-- duty: owner internal/duty
-- One row: the sweep's lock, and until when reminders are known to have been noted.
CREATE TABLE duty_sweep ( -- rows: each but swept_at
	id       BIGINT PRIMARY KEY,
	swept_at TIMESTAMPTZ
);
INSERT INTO duty_sweep (id) VALUES (1);
-- A message to one recipient: an account, or an organisation's contact address as "org/ID".
CREATE TABLE duty_letter ( -- rows: each
	id         TEXT PRIMARY KEY,
	recipient  TEXT NOT NULL,
	account_id TEXT NOT NULL,
	org_id     TEXT NOT NULL, -- of the recipient; '' for staff without one
	call_id    TEXT NOT NULL, -- whose written follow-up it is, or ''
	at         TIMESTAMPTZ NOT NULL,
	read_at    TIMESTAMPTZ
);
CREATE INDEX duty_letter_recipient ON duty_letter (recipient, at, id);
-- What a letter reminds of. The key is the promise: nobody is reminded of the same step twice.
CREATE TABLE duty_letter_item ( -- rows: each
	duty_id   TEXT NOT NULL REFERENCES duty (id),
	step      BIGINT NOT NULL,
	recipient TEXT NOT NULL,
	letter_id TEXT NOT NULL REFERENCES duty_letter (id),
	PRIMARY KEY (duty_id, step, recipient)
);
CREATE INDEX duty_letter_items ON duty_letter_item (letter_id);
-- A call that the platform's desk has to make: one open at a time for each organisation.
CREATE TABLE duty_call ( -- rows: each
	id        TEXT PRIMARY KEY,
	org_id    TEXT NOT NULL REFERENCES org (id),
	opened_at TIMESTAMPTZ NOT NULL,
	closed_at TIMESTAMPTZ
);
CREATE UNIQUE INDEX duty_call_open ON duty_call (org_id) WHERE closed_at IS NULL;
CREATE INDEX duty_call_page ON duty_call (opened_at, id);
CREATE TABLE duty_call_item ( -- rows: each
	duty_id TEXT NOT NULL REFERENCES duty (id),
	step    BIGINT NOT NULL,
	call_id TEXT NOT NULL REFERENCES duty_call (id),
	PRIMARY KEY (duty_id, step)
);
CREATE INDEX duty_call_items ON duty_call_item (call_id);
CREATE TABLE duty_call_try ( -- rows: each
	id          TEXT PRIMARY KEY,
	call_id     TEXT NOT NULL REFERENCES duty_call (id),
	at          TIMESTAMPTZ NOT NULL,
	by_account  TEXT NOT NULL,
	recipient   TEXT NOT NULL, -- who was called, as of a letter
	outcome     TEXT NOT NULL,
	note_sealed BYTEA
);
CREATE INDEX duty_call_tries ON duty_call_try (call_id, id);

-- member: owner internal/member
CREATE TABLE roster ( -- rows: each
	org_id     TEXT NOT NULL REFERENCES org (id),
	post       TEXT NOT NULL,
	account_id TEXT NOT NULL REFERENCES account (id),
	phone      TEXT NOT NULL,
	PRIMARY KEY (org_id, post)
);

-- What is open is counted by state without touching the rows.
CREATE INDEX duty_open_states ON duty (due_at, id, latest_at, anchor_at, paused_at, rule, force, law, org_id) WHERE met_at IS NULL AND void_at IS NULL;
DROP INDEX duty_open;
-- The register of a rule or a law, and whether there is anything in it.
CREATE INDEX duty_by_rule ON duty (rule, due_at, id);
CREATE INDEX duty_by_law ON duty (law, due_at, id);
