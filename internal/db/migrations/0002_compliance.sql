-- SPDX-FileCopyrightText: The Fengsui Authors
-- SPDX-License-Identifier: Apache-2.0

-- +goose Up

-- compliance: owner internal/compliance
CREATE TABLE inquiry ( -- rows: each
	id             TEXT PRIMARY KEY,
	number         TEXT NOT NULL UNIQUE,
	org_id         TEXT NOT NULL REFERENCES org (id),
	state          TEXT NOT NULL,
	state_since    TIMESTAMPTZ NOT NULL,
	content_sealed BYTEA NOT NULL,
	opened_by      TEXT NOT NULL,
	opened_at      TIMESTAMPTZ NOT NULL
);
CREATE INDEX inquiry_org ON inquiry (org_id, opened_at);
CREATE TABLE inquiry_notice ( -- rows: each
	inquiry_id   TEXT PRIMARY KEY REFERENCES inquiry (id),
	text_sealed  BYTEA NOT NULL,
	by_account   TEXT NOT NULL,
	sent_at      TIMESTAMPTZ NOT NULL,
	due_at       TIMESTAMPTZ NOT NULL, -- the statement is
	delivered_at TIMESTAMPTZ,
	opened_at    TIMESTAMPTZ,
	opened_by    TEXT
);
CREATE TABLE inquiry_statement ( -- rows: each
	id          TEXT PRIMARY KEY,
	inquiry_id  TEXT NOT NULL REFERENCES inquiry (id),
	text_sealed BYTEA NOT NULL,
	by_account  TEXT NOT NULL,
	at          TIMESTAMPTZ NOT NULL
);
CREATE INDEX inquiry_statement_inquiry ON inquiry_statement (inquiry_id, at);
CREATE TABLE inquiry_decision ( -- rows: each
	id             TEXT PRIMARY KEY,
	inquiry_id     TEXT NOT NULL REFERENCES inquiry (id),
	outcome        TEXT NOT NULL,
	months         BIGINT NOT NULL,
	effective_from TIMESTAMPTZ NOT NULL,
	deferred       BOOLEAN NOT NULL,
	content_sealed BYTEA NOT NULL, -- reasons and annexed duty rows
	proposed_by    TEXT NOT NULL,
	proposed_at    TIMESTAMPTZ NOT NULL,
	signed_by      TEXT,
	signed_at      TIMESTAMPTZ,
	fell_by        TEXT, -- the second person, or who made the statement that came in between
	fell_at        TIMESTAMPTZ,
	fell_sealed    BYTEA, -- why
	applied_at     TIMESTAMPTZ, -- the suspension was entered
	ended_by       TEXT,
	ended_at       TIMESTAMPTZ, -- before its term
	ended_sealed   BYTEA -- why
);
CREATE INDEX inquiry_decision_inquiry ON inquiry_decision (inquiry_id, proposed_at);
CREATE TABLE inquiry_appeal ( -- rows: each
	inquiry_id     TEXT PRIMARY KEY REFERENCES inquiry (id),
	grounds_sealed BYTEA NOT NULL,
	filed_by       TEXT NOT NULL,
	filed_at       TIMESTAMPTZ NOT NULL,
	answer_sealed  BYTEA,
	answered_by    TEXT,
	answered_at    TIMESTAMPTZ
);
