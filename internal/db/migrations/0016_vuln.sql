-- SPDX-FileCopyrightText: The Fengsui Authors
-- SPDX-License-Identifier: Apache-2.0

-- +goose Up
-- Publicly known vulnerabilities: copies of what others publish. Numbers of records and vulnerabilities are taken in order.
-- vuln: owner internal/vuln
-- What one public source says of one vulnerability.
CREATE TABLE vuln_record ( -- rows: none, copies of public records that can be imported again
	id          BIGINT PRIMARY KEY,
	source      TEXT NOT NULL, -- osv, cve, csaf, kev
	key         TEXT NOT NULL, -- the source's own: GHSA-…, CVE-…, publisher:document#CVE-…
	document    TEXT NOT NULL, -- of CSAF, whose documents are about several: publisher:document; else ''
	vuln_id     BIGINT NOT NULL, -- records that are joined by their names have one
	state       TEXT NOT NULL, -- published, withdrawn, rejected
	issuer      TEXT NOT NULL, -- who says it
	title       TEXT NOT NULL,
	summary     TEXT NOT NULL,
	cvss        TEXT NOT NULL, -- vector, or ''
	score       BIGINT NOT NULL, -- of the vector, in tenths; 0 without one
	severity    TEXT NOT NULL, -- critical, high, medium, low, none, or '' when nothing is said
	published   TIMESTAMPTZ,
	modified    TIMESTAMPTZ,
	withdrawn   TIMESTAMPTZ,
	seq         BIGINT NOT NULL UNIQUE, -- grows with every record that is new, changed or withdrawn
	reader      BIGINT NOT NULL, -- version of the code that read it
	digest      BYTEA NOT NULL, -- SHA-256 of the document as it came
	origin      TEXT NOT NULL, -- file, entry of an archive, or URL
	run_id      TEXT NOT NULL,
	imported_at TIMESTAMPTZ NOT NULL,
	body        BYTEA NOT NULL, -- the document, compressed; empty when another record of the document has it
	UNIQUE (source, key)
);
CREATE INDEX vuln_record_vuln ON vuln_record (vuln_id);
CREATE INDEX vuln_record_digest ON vuln_record (digest);
CREATE INDEX vuln_record_document ON vuln_record (document) WHERE document <> '';
-- Every name that a record goes by. Those that join make one vulnerability of the records that share them.
CREATE TABLE vuln_alias ( -- rows: none, copies of public records that can be imported again
	name      TEXT NOT NULL, -- in capitals: CVE-2021-44228
	record_id BIGINT NOT NULL,
	vuln_id   BIGINT NOT NULL,
	joins     BOOLEAN NOT NULL,
	written   TEXT NOT NULL, -- as the record spells it
	PRIMARY KEY (name, record_id)
); -- clustered
CREATE INDEX vuln_alias_record ON vuln_alias (record_id);
-- One row for each affected package or product of a live record.
CREATE TABLE vuln_claim ( -- rows: none, copies of public records that can be imported again
	ecosystem TEXT NOT NULL, -- OSV's, without a release; "cpe", "ware"
	name      TEXT NOT NULL, -- folded; part:vendor:product; vendor/product
	record_id BIGINT NOT NULL,
	n         BIGINT NOT NULL,
	kind      TEXT NOT NULL, -- package, cpe, ware
	says      BYTEA NOT NULL,
	PRIMARY KEY (ecosystem, name, record_id, n)
); -- clustered
-- postgres: ALTER TABLE vuln_claim ALTER COLUMN ecosystem TYPE TEXT COLLATE "C", ALTER COLUMN name TYPE TEXT COLLATE "C";
CREATE INDEX vuln_claim_record ON vuln_claim (record_id);
-- What the records of one vulnerability come to.
CREATE TABLE vuln ( -- rows: none, derived from public records that can be imported again
	id         BIGINT PRIMARY KEY,
	place      BIGINT NOT NULL UNIQUE, -- order of lists: day of publication, then id
	name       TEXT NOT NULL, -- the best known
	title      TEXT NOT NULL,
	state      TEXT NOT NULL,
	severity   TEXT NOT NULL, -- the worst that a live record says
	score      BIGINT NOT NULL,
	published  TIMESTAMPTZ,
	modified   TIMESTAMPTZ,
	kev        BOOLEAN NOT NULL,
	records    BIGINT NOT NULL,
	ecosystems TEXT NOT NULL -- separated by "|"
);
-- postgres: CREATE TABLE vuln_word (place BIGINT PRIMARY KEY, words TSVECTOR NOT NULL);
-- postgres: CREATE INDEX vuln_word_words ON vuln_word USING gin (words);
-- sqlite: CREATE VIRTUAL TABLE vuln_word USING fts5 (words, content='', contentless_delete=1, detail=none, tokenize="ascii tokenchars '-_.:/@+'");
-- Vulnerabilities that are known to be exploited (CISA's catalogue).
CREATE TABLE vuln_kev ( -- rows: none, copies of public records that can be imported again
	cve        TEXT PRIMARY KEY,
	added      TEXT NOT NULL, -- a day
	due        TEXT NOT NULL, -- a day
	ransomware TEXT NOT NULL, -- known, unknown
	action     TEXT NOT NULL,
	notes      TEXT NOT NULL
);
-- How probably a vulnerability is exploited within 30 days (FIRST's EPSS), in millionths.
CREATE TABLE vuln_epss ( -- rows: none, copies of public records that can be imported again
	cve        TEXT PRIMARY KEY,
	score      BIGINT NOT NULL,
	percentile BIGINT NOT NULL,
	day        TEXT NOT NULL,
	model      TEXT NOT NULL,
	was        BIGINT NOT NULL, -- score on the day before which it was another, or -1
	was_day    TEXT NOT NULL
);

-- vuln: owner internal/vuln
-- One import: what was read, how far, and what came of it.
CREATE TABLE import_run ( -- rows: none, progress of an import, whose end is an event
	id          TEXT PRIMARY KEY,
	kind        TEXT NOT NULL, -- osv, cve, csaf, kev, epss
	source      TEXT NOT NULL, -- path or URL
	fingerprint TEXT NOT NULL, -- of what lies there
	state       TEXT NOT NULL, -- running, done, cancelled, failed, interrupted
	stop        BOOLEAN NOT NULL, -- somebody asked for its end
	by_account  TEXT NOT NULL,
	started_at  TIMESTAMPTZ NOT NULL,
	beat_at     TIMESTAMPTZ NOT NULL,
	ended_at    TIMESTAMPTZ,
	total       BIGINT NOT NULL, -- documents there, or 0 when nobody can tell
	place       BIGINT NOT NULL, -- documents that were dealt with
	fresh       BIGINT NOT NULL, -- records
	changed     BIGINT NOT NULL,
	same        BIGINT NOT NULL,
	older       BIGINT NOT NULL,
	withdrawn   BIGINT NOT NULL,
	refused     BIGINT NOT NULL,
	digest      TEXT NOT NULL, -- hex(SHA-256) over the digests of what was taken, in order
	error       TEXT NOT NULL
);
CREATE INDEX import_run_started ON import_run (started_at);
-- Documents that were refused; the first of each run.
CREATE TABLE import_refusal ( -- rows: none, progress of an import, whose end is an event
	run_id TEXT NOT NULL,
	n      BIGINT NOT NULL,
	file   TEXT NOT NULL,
	field  TEXT NOT NULL,
	reason TEXT NOT NULL, -- key of a text
	detail TEXT NOT NULL,
	PRIMARY KEY (run_id, n)
);
-- What is known of a place from which records are taken again and again.
CREATE TABLE import_source ( -- rows: none, state of requests that can be made again
	kind      TEXT NOT NULL,
	source    TEXT NOT NULL,
	etag      TEXT NOT NULL,
	modified  TEXT NOT NULL, -- Last-Modified, or the newest entry of changes.csv
	run_id    TEXT NOT NULL, -- the last one
	next_at   TIMESTAMPTZ,
	failures  BIGINT NOT NULL, -- in a row
	PRIMARY KEY (kind, source)
);
