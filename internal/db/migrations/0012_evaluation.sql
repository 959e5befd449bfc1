-- SPDX-FileCopyrightText: The Fengsui Authors
-- SPDX-License-Identifier: Apache-2.0

-- +goose Up
-- evaluation: owner internal/evaluation
-- What a round began with stays with it: its scheme, and how the scores lay when all of them were drafted.
CREATE TABLE evaluation_round ( -- rows: each
	year         BIGINT PRIMARY KEY,
	scheme       TEXT NOT NULL, -- "partner-2021@1.0.0"
	digest       TEXT NOT NULL, -- hex(SHA-256) of the scheme's text
	from_at      TIMESTAMPTZ NOT NULL,
	until_at     TIMESTAMPTZ NOT NULL,
	object_until TIMESTAMPTZ NOT NULL,
	drafted_by   TEXT NOT NULL,
	drafted_at   TIMESTAMPTZ NOT NULL,
	spread       JSONB NOT NULL -- anonymous distribution of the drafted scores
);
CREATE TABLE evaluation ( -- rows: each
	id             TEXT PRIMARY KEY,
	number         TEXT NOT NULL UNIQUE,
	year           BIGINT NOT NULL REFERENCES evaluation_round (year),
	org_id         TEXT NOT NULL REFERENCES org (id),
	state          TEXT NOT NULL,
	rev            BIGINT NOT NULL, -- counts the changes: a signature names the one that was read
	score          BIGINT NOT NULL, -- in thousandths of a point
	computed       BIGINT NOT NULL, -- level that the thresholds give, 0 for none
	before         BIGINT NOT NULL, -- level at the time of the draft
	result         JSONB NOT NULL, -- criteria and rows
	level          BIGINT NOT NULL DEFAULT 0, -- as proposed
	effective_from TIMESTAMPTZ,
	reasons_sealed BYTEA,
	proposed_by    TEXT,
	proposed_at    TIMESTAMPTZ,
	signed_by      TEXT,
	signed_at      TIMESTAMPTZ,
	applied_at     TIMESTAMPTZ, -- the level was entered in the directory of members
	opened_at      TIMESTAMPTZ, -- by a person of the unit
	UNIQUE (year, org_id)
);
CREATE INDEX evaluation_org ON evaluation (org_id, year);
CREATE INDEX evaluation_due ON evaluation (effective_from) WHERE signed_at IS NOT NULL AND applied_at IS NULL;
CREATE TABLE evaluation_objection ( -- rows: each
	id            TEXT PRIMARY KEY,
	evaluation_id TEXT NOT NULL REFERENCES evaluation (id),
	criterion     TEXT NOT NULL,
	ref           TEXT NOT NULL, -- a row of it, or '' for the whole criterion
	text_sealed   BYTEA NOT NULL,
	by_account    TEXT NOT NULL,
	at            TIMESTAMPTZ NOT NULL,
	accepted      BOOLEAN,
	answer_sealed BYTEA,
	answered_by   TEXT,
	answered_at   TIMESTAMPTZ
);
CREATE INDEX evaluation_objection_evaluation ON evaluation_objection (evaluation_id, at);

-- transparency: owner internal/transparency
CREATE TABLE transparency_edition ( -- rows: each
	id           TEXT PRIMARY KEY,
	period       TEXT NOT NULL, -- "2021-Q4", "2021"
	n            BIGINT NOT NULL, -- 1 for the first edition of the period, 0 for a draft
	state        TEXT NOT NULL, -- draft, published, fell
	figures      TEXT NOT NULL, -- JSON, byte by byte as its digest was taken
	blind        BYTEA NOT NULL, -- salt of the digest
	changes      TEXT NOT NULL, -- JSON: against the edition before
	drafted_by   TEXT NOT NULL,
	drafted_at   TIMESTAMPTZ NOT NULL,
	first_by     TEXT,
	first_at     TIMESTAMPTZ,
	second_by    TEXT,
	published_at TIMESTAMPTZ,
	event_id     TEXT,
	fell_by      TEXT,
	fell_why     TEXT
);
CREATE UNIQUE INDEX transparency_edition_n ON transparency_edition (period, n) WHERE state = 'published';
CREATE UNIQUE INDEX transparency_edition_draft ON transparency_edition (period) WHERE state = 'draft';
-- What each organisation contributed to a published breakdown. It never leaves the platform; the next edition of the
-- period is compared with it.
CREATE TABLE transparency_basis ( -- rows: each
	edition_id TEXT NOT NULL REFERENCES transparency_edition (id),
	org_id     TEXT NOT NULL,
	kind       TEXT NOT NULL,
	law        TEXT NOT NULL,
	n          BIGINT NOT NULL,
	late       BIGINT NOT NULL,
	PRIMARY KEY (edition_id, org_id, law)
);
-- Why the platform kept one of its own clocks too late.
CREATE TABLE transparency_reason ( -- rows: each
	duty_id    TEXT PRIMARY KEY,
	reason_zh  TEXT NOT NULL,
	reason_en  TEXT NOT NULL,
	by_account TEXT NOT NULL,
	at         TIMESTAMPTZ NOT NULL
);
