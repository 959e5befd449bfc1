-- SPDX-FileCopyrightText: The Fengsui Authors
-- SPDX-License-Identifier: Apache-2.0

-- +goose Up
-- The register counts what is over by state, without touching the rows, and reads it in the order of due times.
CREATE INDEX duty_over ON duty (due_at, id, rule, force, law, org_id) WHERE met_at IS NOT NULL AND void_at IS NULL AND met_at <= due_at;
CREATE INDEX duty_over_late ON duty (due_at, id, rule, force, law, org_id) WHERE met_at IS NOT NULL AND void_at IS NULL AND met_at > due_at;
CREATE INDEX duty_ended ON duty (due_at, id, ended, rule, force, law, org_id) WHERE void_at IS NOT NULL;
CREATE INDEX duty_by_due ON duty (due_at, id);
CREATE INDEX duty_by_anchor ON duty (anchor_at, id);
CREATE INDEX duty_by_record ON duty (created_at, id);

-- duty: owner internal/duty
-- A person's private calendar address: who knows its secret reads when the organisation's duties fall due.
CREATE TABLE duty_calendar ( -- rows: each but used_at
	account_id TEXT PRIMARY KEY REFERENCES account (id),
	org_id     TEXT NOT NULL REFERENCES org (id),
	hash       BYTEA NOT NULL UNIQUE,
	lang       TEXT NOT NULL,
	created_at TIMESTAMPTZ NOT NULL,
	used_at    TIMESTAMPTZ
);

-- filing: owner internal/filing
-- A report was handed in to a receiver that has no interface for programs.
CREATE TABLE filing ( -- rows: each
	id          TEXT PRIMARY KEY,
	report_id   TEXT NOT NULL REFERENCES report (id),
	org_id      TEXT NOT NULL,
	pack        TEXT NOT NULL, -- id of the pack
	version     TEXT NOT NULL, -- of the pack
	stage       BIGINT NOT NULL, -- version of the report
	handed_at   TIMESTAMPTZ NOT NULL,
	number      TEXT NOT NULL, -- that the receiver gave it, or ''
	note_sealed BYTEA,
	proof_name  TEXT NOT NULL,
	proof_blob  TEXT NOT NULL,
	proof_sha   TEXT NOT NULL,
	account_id  TEXT NOT NULL,
	event_id    TEXT NOT NULL,
	recorded_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX filing_report ON filing (report_id, handed_at);
