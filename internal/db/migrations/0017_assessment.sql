-- SPDX-FileCopyrightText: The Fengsui Authors
-- SPDX-License-Identifier: Apache-2.0

-- +goose Up
-- assessment: owner internal/assessment
-- What a member says of a vulnerability in a product. Rows are added and never changed: the one that was said last counts.
CREATE TABLE assessment ( -- rows: each
	id                TEXT PRIMARY KEY,
	org_id            TEXT NOT NULL REFERENCES org (id),
	product_id        TEXT NOT NULL REFERENCES product (id),
	version           TEXT NOT NULL, -- '' for every version
	vuln              TEXT NOT NULL, -- as it was written
	vuln_key          TEXT NOT NULL, -- as it is compared
	aliases           TEXT NOT NULL, -- further names, as they are compared, one a line
	ecosystem         TEXT NOT NULL, -- of a component; '' with an empty name for the product as a whole
	component         TEXT NOT NULL,
	component_version TEXT NOT NULL, -- '' for every version
	status            TEXT NOT NULL, -- affected, not_affected, fixed, under_investigation
	justification     TEXT NOT NULL, -- of OpenVEX, or ''
	reason_sealed     BYTEA,
	said_at           TIMESTAMPTZ NOT NULL,
	recorded_at       TIMESTAMPTZ NOT NULL,
	account_id        TEXT NOT NULL,
	via               TEXT NOT NULL, -- web, api, cli; system: read from a component list
	document_id       TEXT NOT NULL  -- '' when a person said it here
);
CREATE INDEX assessment_product ON assessment (product_id, said_at, id);

-- A document from which statements were taken.
CREATE TABLE assessment_document ( -- rows: each
	id         TEXT PRIMARY KEY,
	org_id     TEXT NOT NULL REFERENCES org (id),
	format     TEXT NOT NULL, -- OpenVEX, CSAF, CycloneDX
	name       TEXT NOT NULL, -- the document's own id
	author     TEXT NOT NULL,
	sha256     TEXT NOT NULL,
	blob       TEXT NOT NULL,
	account_id TEXT NOT NULL,
	at         TIMESTAMPTZ NOT NULL,
	UNIQUE (org_id, sha256)
);

-- Which component lists carry which serial number, so that BOM-Links are found.
CREATE TABLE assessment_bom ( -- rows: none, it is read from the kept documents and can be read again
	sbom_id  TEXT PRIMARY KEY,
	serial   TEXT NOT NULL, -- '' when the list has none
	revision BIGINT NOT NULL
);

-- product: owner internal/product
-- How many of a product's version an organisation has, as it says: devices in use.
CREATE TABLE product_count ( -- rows: each
	product_id TEXT NOT NULL REFERENCES product (id),
	version    TEXT NOT NULL, -- '' where no version was said
	n          BIGINT NOT NULL,
	at         TIMESTAMPTZ NOT NULL,
	PRIMARY KEY (product_id, version)
);
-- What a product is made of, said in salted hashes (docs/private-inventory.md). Each organisation has a salt of its own.
CREATE TABLE private_salt ( -- rows: each
	org_id      TEXT PRIMARY KEY REFERENCES org (id),
	salt_sealed BYTEA NOT NULL,
	created_at  TIMESTAMPTZ NOT NULL
);
CREATE TABLE private_list ( -- rows: each
	id         TEXT PRIMARY KEY,
	n          BIGINT NOT NULL UNIQUE, -- its short number in private_part
	org_id     TEXT NOT NULL REFERENCES org (id),
	product_id TEXT NOT NULL REFERENCES product (id),
	version    TEXT NOT NULL, -- of the product
	sha256     TEXT NOT NULL, -- of all parts, in order
	parts      BIGINT NOT NULL,
	is_current BOOLEAN NOT NULL,
	account_id TEXT NOT NULL,
	at         TIMESTAMPTZ NOT NULL
);
CREATE INDEX private_list_product ON private_list (product_id, at);
CREATE INDEX private_list_current ON private_list (n) WHERE is_current;
CREATE TABLE private_part ( -- rows: none, private_list.sha256 is the digest of all parts of a list
	list_n  BIGINT NOT NULL,
	name    BYTEA NOT NULL, -- 16 bytes of HMAC-SHA256 by the salt
	version BYTEA NOT NULL, -- the same of name, release and version
	PRIMARY KEY (list_n, name, version)
); -- clustered

-- An upload that is worked on after the answer.
CREATE TABLE sbom_upload ( -- rows: none, it tells how far an upload has come; what it led to is a list with its event
	id         TEXT PRIMARY KEY,
	org_id     TEXT NOT NULL REFERENCES org (id),
	product_id TEXT NOT NULL REFERENCES product (id),
	version    TEXT NOT NULL,
	name       TEXT NOT NULL, -- of the file, or ''
	size       BIGINT NOT NULL, -- bytes
	blob       TEXT NOT NULL,
	state      TEXT NOT NULL, -- waiting, reading, storing, done, failed, cancelled
	done       BIGINT NOT NULL, -- components stored
	total      BIGINT NOT NULL, -- components to store; 0 until they are known
	sbom_id    TEXT NOT NULL, -- what it led to, or ''
	fault      TEXT NOT NULL, -- JSON of what was wrong, or ''
	actor      TEXT NOT NULL, -- JSON of who uploaded it
	created_at TIMESTAMPTZ NOT NULL,
	changed_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX sbom_upload_product ON sbom_upload (product_id, created_at);

-- match: owner internal/match
-- Which private lists contain what a public record claims, as far as it can be told.
CREATE TABLE private_hit ( -- rows: none, it is computed from private lists and public records
	list_n    BIGINT NOT NULL,
	record_id BIGINT NOT NULL,
	ecosystem TEXT NOT NULL, -- what the record claims something of, as vuln_claim names it
	name      TEXT NOT NULL,
	version   TEXT NOT NULL, -- '' when it is none that is known
	verdict   TEXT NOT NULL, -- affected, or check
	held      TEXT NOT NULL, -- the range that holds the version
	note      TEXT NOT NULL, -- of check: what could not be decided
	PRIMARY KEY (list_n, record_id, ecosystem, name, version)
); -- clustered
CREATE INDEX private_hit_record ON private_hit (record_id);
CREATE TABLE private_cursor ( -- rows: none, it says how far private lists were compared, which can be done again
	name TEXT PRIMARY KEY,
	n    BIGINT NOT NULL
);
INSERT INTO private_cursor (name, n) VALUES ('component', 0), ('record', 0);
