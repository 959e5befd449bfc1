-- SPDX-FileCopyrightText: The Fengsui Authors
-- SPDX-License-Identifier: Apache-2.0

-- +goose Up
-- warning: owner internal/warning
-- What a revision is (original, amendment, raise, lowering, supersede, lift, recall), where it is issued for, and whether
-- it is an exercise.
ALTER TABLE warning ADD COLUMN kind TEXT NOT NULL DEFAULT 'original';
ALTER TABLE warning ADD COLUMN territory TEXT NOT NULL DEFAULT ''; -- a province as org.region names it; '' for the whole country
ALTER TABLE warning ADD COLUMN exercise BOOLEAN NOT NULL DEFAULT FALSE;
-- A case has one warning. Exercises about it do not count.
DROP INDEX warning_case;
CREATE UNIQUE INDEX warning_case ON warning (case_id) WHERE NOT exercise;
CREATE INDEX warning_cases ON warning (case_id, created_at);

ALTER TABLE warning_revision ADD COLUMN kind TEXT NOT NULL DEFAULT 'original';
ALTER TABLE warning_revision ADD COLUMN territory TEXT NOT NULL DEFAULT '';
ALTER TABLE warning_revision ADD COLUMN significant BOOLEAN NOT NULL DEFAULT TRUE; -- else editorial: it goes into the digest, and every answer stands
ALTER TABLE warning_revision ADD COLUMN remind_at TIMESTAMPTZ; -- when silence has to be looked at next
CREATE INDEX warning_revision_remind ON warning_revision (remind_at) WHERE remind_at IS NOT NULL;

ALTER TABLE warning_recipient ADD COLUMN justification TEXT NOT NULL DEFAULT ''; -- of not-affected: one of OpenVEX's five, or ''
ALTER TABLE warning_recipient ADD COLUMN said_in BIGINT NOT NULL DEFAULT 0; -- the revision that was answered; 0 while nothing was
ALTER TABLE warning_recipient ADD COLUMN was TEXT NOT NULL DEFAULT ''; -- the answer that this revision made void
ALTER TABLE warning_recipient ADD COLUMN carried TEXT NOT NULL DEFAULT ''; -- 'stands', or why it is void
ALTER TABLE warning_recipient ADD COLUMN reminded BIGINT NOT NULL DEFAULT 0; -- the step of silence that was noted last, in percent of the time limit
CREATE INDEX warning_recipient_call ON warning_recipient (warning_id, org_id, revision) WHERE reminded = 100 AND answer = '';

-- A step of the time limit that a unit reached without an answer. It is noted once, and never taken back.
CREATE TABLE warning_reminder ( -- rows: each
	warning_id TEXT NOT NULL,
	revision   BIGINT NOT NULL,
	org_id     TEXT NOT NULL,
	step       BIGINT NOT NULL,
	fell_at    TIMESTAMPTZ NOT NULL,
	noted_at   TIMESTAMPTZ NOT NULL,
	late       BOOLEAN NOT NULL,
	PRIMARY KEY (warning_id, revision, org_id, step)
);
CREATE INDEX warning_reminder_step ON warning_reminder (step, noted_at);
-- Somebody of the platform's desk called a unit that is silent.
CREATE TABLE warning_call ( -- rows: each
	id          TEXT PRIMARY KEY,
	warning_id  TEXT NOT NULL,
	revision    BIGINT NOT NULL,
	org_id      TEXT NOT NULL,
	at          TIMESTAMPTZ NOT NULL,
	by_account  TEXT NOT NULL,
	recipient   TEXT NOT NULL, -- who was called: an account, or org/ID
	outcome     TEXT NOT NULL,
	note_sealed BYTEA
);
CREATE INDEX warning_call_of ON warning_call (warning_id, revision, org_id, at);

-- What a unit shows with its answer.
CREATE TABLE warning_proof ( -- rows: each
	id         TEXT PRIMARY KEY,
	warning_id TEXT NOT NULL,
	revision   BIGINT NOT NULL,
	org_id     TEXT NOT NULL,
	name_sealed BYTEA NOT NULL,
	media      TEXT NOT NULL,
	size       BIGINT NOT NULL, -- bytes
	blob       TEXT NOT NULL,
	account_id TEXT NOT NULL,
	at         TIMESTAMPTZ NOT NULL
);
CREATE INDEX warning_proof_of ON warning_proof (warning_id, org_id, at);
