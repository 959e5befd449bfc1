-- SPDX-FileCopyrightText: The Fengsui Authors
-- SPDX-License-Identifier: Apache-2.0

-- +goose Up
-- Names by which an organisation is known beside its own two. A removed one stays, with who removed it and why.
-- member: owner internal/member
CREATE TABLE org_name ( -- rows: each
	id          TEXT PRIMARY KEY,
	org_id      TEXT NOT NULL REFERENCES org (id),
	kind        TEXT NOT NULL, -- alias, former, team, domain
	name        TEXT NOT NULL,
	added_by    TEXT NOT NULL,
	added_at    TIMESTAMPTZ NOT NULL,
	removed_by  TEXT NOT NULL,
	removed_at  TIMESTAMPTZ,
	removed_why TEXT NOT NULL
);
CREATE INDEX org_name_org ON org_name (org_id, added_at);
-- What public records say of who works where. Of a removed one the person and the source are erased.
CREATE TABLE org_affiliation ( -- rows: each
	id           TEXT PRIMARY KEY,
	org_id       TEXT NOT NULL REFERENCES org (id),
	person       TEXT NOT NULL,
	source       TEXT NOT NULL,
	from_at      TIMESTAMPTZ,
	until_at     TIMESTAMPTZ,
	added_by     TEXT NOT NULL,
	added_at     TIMESTAMPTZ NOT NULL,
	disputed_by  TEXT NOT NULL,
	disputed_at  TIMESTAMPTZ,
	disputed_why TEXT NOT NULL,
	removed_by   TEXT NOT NULL,
	removed_at   TIMESTAMPTZ,
	removed_why  TEXT NOT NULL
);
CREATE INDEX org_affiliation_org ON org_affiliation (org_id, added_at);

-- A find is one flaw under all its numbers; a record is what one source says of it; a version is one state of that source.
-- credit: owner internal/credit
CREATE TABLE credit_find ( -- rows: each
	id       TEXT PRIMARY KEY,
	seen_at  TIMESTAMPTZ NOT NULL,
	moved_to TEXT -- the find that it turned out to be
);
CREATE TABLE credit_ident ( -- rows: each
	ident   TEXT PRIMARY KEY, -- in one spelling: CVE-2021-44228
	find_id TEXT NOT NULL REFERENCES credit_find (id)
);
CREATE INDEX credit_ident_find ON credit_ident (find_id);
CREATE TABLE credit_record ( -- rows: each
	id           TEXT PRIMARY KEY,
	format       TEXT NOT NULL, -- cve, osv, csaf
	name         TEXT NOT NULL, -- the source's own name for it
	find_id      TEXT NOT NULL REFERENCES credit_find (id),
	url          TEXT NOT NULL,
	sha256       TEXT NOT NULL, -- of the newest version
	withdrawn_at TIMESTAMPTZ,
	public_at    TIMESTAMPTZ,
	modified_at  TIMESTAMPTZ,
	thanks       BOOLEAN NOT NULL, -- it names somebody
	content      JSONB NOT NULL,
	imported_at  TIMESTAMPTZ NOT NULL,
	UNIQUE (format, name)
);
CREATE INDEX credit_record_find ON credit_record (find_id);
CREATE TABLE credit_version ( -- rows: each
	record_id   TEXT NOT NULL REFERENCES credit_record (id),
	sha256      TEXT NOT NULL,
	source      TEXT NOT NULL, -- file name, as the importer gave it
	by_account  TEXT NOT NULL,
	imported_at TIMESTAMPTZ NOT NULL,
	body        BYTEA, -- compressed; kept where a lead rests on it
	PRIMARY KEY (record_id, sha256)
);
CREATE TABLE credit_lead ( -- rows: each
	id             TEXT PRIMARY KEY,
	number         TEXT NOT NULL UNIQUE,
	find_id        TEXT NOT NULL REFERENCES credit_find (id),
	org_id         TEXT NOT NULL REFERENCES org (id),
	state          TEXT NOT NULL,
	state_since    TIMESTAMPTZ NOT NULL,
	confidence     TEXT NOT NULL,
	rev            BIGINT NOT NULL,
	content_sealed BYTEA NOT NULL,
	inquiry_id     TEXT,
	report_id      TEXT,
	found_at       TIMESTAMPTZ NOT NULL,
	UNIQUE (find_id, org_id)
);
CREATE INDEX credit_lead_org ON credit_lead (org_id, found_at);
CREATE INDEX credit_lead_state ON credit_lead (state, found_at);
-- What a member said about a lead, and what was decided about it, in the order in which it was said.
CREATE TABLE credit_word ( -- rows: each
	id             TEXT PRIMARY KEY,
	lead_id        TEXT NOT NULL REFERENCES credit_lead (id),
	kind           TEXT NOT NULL,
	by_account     TEXT NOT NULL,
	by_org         TEXT NOT NULL,
	at             TIMESTAMPTZ NOT NULL,
	content_sealed BYTEA NOT NULL
);
CREATE INDEX credit_word_lead ON credit_word (lead_id, at);
-- A spelling in credits that was found not to mean an organisation.
CREATE TABLE credit_stranger ( -- rows: each
	org_id  TEXT NOT NULL REFERENCES org (id),
	party   TEXT NOT NULL, -- orgname.Key of what the credit says
	lead_id TEXT NOT NULL,
	at      TIMESTAMPTZ NOT NULL,
	PRIMARY KEY (org_id, party)
);
-- Files of the directory that is watched, so that each state of one is read once.
CREATE TABLE credit_file ( -- rows: each
	path     TEXT PRIMARY KEY,
	size     BIGINT NOT NULL,
	modified TEXT NOT NULL,
	read_at  TIMESTAMPTZ NOT NULL,
	outcome  TEXT NOT NULL
);
