-- SPDX-FileCopyrightText: The Fengsui Authors
-- SPDX-License-Identifier: Apache-2.0

-- +goose Up
-- member: owner internal/member
-- Warnings and restrictions that decisions have led to; a suspension stands in the organisation itself.
CREATE TABLE org_measure ( -- rows: each
	org_id     TEXT NOT NULL REFERENCES org (id),
	number     TEXT NOT NULL, -- of the inquiry
	kind       TEXT NOT NULL, -- warning, restriction
	capability TEXT NOT NULL, -- which a restriction takes away, '' for a warning
	from_at    TIMESTAMPTZ NOT NULL,
	until_at   TIMESTAMPTZ NOT NULL,
	PRIMARY KEY (org_id, number, capability)
);

-- How often the notice was sent, and how else it was served when no channel reached the organisation.
ALTER TABLE inquiry_notice ADD COLUMN tries BIGINT NOT NULL DEFAULT 1;
ALTER TABLE inquiry_notice ADD COLUMN handed_at TIMESTAMPTZ;
ALTER TABLE inquiry_notice ADD COLUMN handed_sealed BYTEA;
ALTER TABLE inquiry_statement ADD COLUMN kind TEXT NOT NULL DEFAULT 'statement';
-- The decision that this one puts in its place after an appeal, and when everybody may know.
ALTER TABLE inquiry_decision ADD COLUMN revises TEXT;
ALTER TABLE inquiry_decision ADD COLUMN publish TEXT NOT NULL DEFAULT 'final';
CREATE INDEX inquiry_decision_public ON inquiry_decision (signed_at, id) WHERE signed_at IS NOT NULL AND publish <> 'never';
CREATE INDEX inquiry_opened ON inquiry (opened_at, id);

-- compliance: owner internal/compliance
CREATE TABLE inquiry_objection ( -- rows: each
	id            TEXT PRIMARY KEY,
	inquiry_id    TEXT NOT NULL REFERENCES inquiry (id),
	about         TEXT NOT NULL, -- anchor, evidence/0, duty/ID, delivery
	text_sealed   BYTEA NOT NULL,
	by_account    TEXT NOT NULL,
	at            TIMESTAMPTZ NOT NULL,
	accepted      BOOLEAN,
	answer_sealed BYTEA,
	answered_by   TEXT,
	answered_at   TIMESTAMPTZ
);
CREATE INDEX inquiry_objection_inquiry ON inquiry_objection (inquiry_id, at);
