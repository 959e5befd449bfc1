-- SPDX-FileCopyrightText: The Fengsui Authors
-- SPDX-License-Identifier: Apache-2.0
-- Columns named *_sealed hold ciphertext of package seal. Times are UTC. Ids are UUIDv7 text unless said.

-- +goose Up
CREATE TABLE series ( -- rows: each
	name TEXT PRIMARY KEY,
	n    BIGINT NOT NULL
);

-- evidence: owner internal/evidence
CREATE TABLE evidence ( -- rows: none, it is the log: every entry is held against the tree
	id   TEXT PRIMARY KEY,
	leaf BYTEA NOT NULL,
	head TEXT NOT NULL DEFAULT '',
	seq  BIGINT UNIQUE
);
CREATE INDEX evidence_pending ON evidence (id) WHERE seq IS NULL;
CREATE TABLE evidence_hash ( -- rows: none, it is computed from the entries, and is computed again
	idx  BIGINT PRIMARY KEY,
	hash BYTEA NOT NULL
);
CREATE TABLE evidence_checkpoint ( -- rows: none, each is signed and is computed again from the entries
	size BIGINT PRIMARY KEY,
	note TEXT NOT NULL
);
CREATE TABLE evidence_rotation ( -- rows: none, each is signed and has an entry of its own
	n         BIGINT PRIMARY KEY,
	entry_id  TEXT NOT NULL,
	statement TEXT NOT NULL
);

-- event: owner internal/event
CREATE TABLE event ( -- rows: none, each has an entry of its own
	id      TEXT PRIMARY KEY,
	kind    TEXT NOT NULL,
	at      TIMESTAMPTZ NOT NULL,
	by_user TEXT NOT NULL,
	by_org  TEXT NOT NULL,
	via     TEXT NOT NULL,
	payload TEXT NOT NULL,
	salt    BYTEA NOT NULL
);
CREATE INDEX event_kind ON event (kind, id);
CREATE TABLE event_subject ( -- rows: none, the entry of the event covers it
	subject  TEXT NOT NULL,
	event_id TEXT NOT NULL REFERENCES event (id),
	PRIMARY KEY (subject, event_id)
);

-- delivery: owner internal/delivery
CREATE TABLE delivery ( -- rows: each
	id          TEXT PRIMARY KEY,
	purpose     TEXT NOT NULL,
	subject     TEXT NOT NULL,
	org_id      TEXT NOT NULL,
	channel     TEXT NOT NULL,
	destination TEXT NOT NULL,
	state       TEXT NOT NULL,
	attempts    BIGINT NOT NULL,
	next_at     TIMESTAMPTZ,
	last_error  TEXT NOT NULL,
	created_at  TIMESTAMPTZ NOT NULL,
	done_at     TIMESTAMPTZ
);
CREATE INDEX delivery_due ON delivery (next_at) WHERE state = 'queued';
CREATE INDEX delivery_subject ON delivery (purpose, subject);
CREATE TABLE delivery_attempt ( -- rows: each
	delivery_id TEXT NOT NULL REFERENCES delivery (id),
	n           BIGINT NOT NULL,
	at          TIMESTAMPTZ NOT NULL,
	outcome     TEXT NOT NULL,
	status      BIGINT NOT NULL,
	detail      TEXT NOT NULL,
	ms          BIGINT NOT NULL,
	PRIMARY KEY (delivery_id, n)
);

-- member: owner internal/member
CREATE TABLE org ( -- rows: each
	id                    TEXT PRIMARY KEY,
	slug                  TEXT NOT NULL UNIQUE,
	name_zh               TEXT NOT NULL,
	name_en               TEXT NOT NULL,
	roles                 JSONB NOT NULL,
	partner               BOOLEAN NOT NULL,
	partner_level         BIGINT NOT NULL,
	sector                TEXT NOT NULL,
	region                TEXT NOT NULL,
	country               TEXT NOT NULL,
	status                TEXT NOT NULL,
	suspended_until       TIMESTAMPTZ,
	suspension_reason     TEXT NOT NULL,
	email                 TEXT NOT NULL,
	phone                 TEXT NOT NULL,
	webhook_url           TEXT NOT NULL,
	webhook_secret_sealed BYTEA,
	domains               JSONB NOT NULL,
	note                  TEXT NOT NULL,
	created_at            TIMESTAMPTZ NOT NULL
);
CREATE INDEX org_partner ON org (status, partner);
CREATE TABLE account ( -- rows: each
	id            TEXT PRIMARY KEY,
	org_id        TEXT REFERENCES org (id),
	email         TEXT NOT NULL UNIQUE,
	name          TEXT NOT NULL,
	roles         JSONB NOT NULL,
	password_hash TEXT NOT NULL,
	locale        TEXT NOT NULL,
	status        TEXT NOT NULL,
	last_login_at TIMESTAMPTZ,
	created_at    TIMESTAMPTZ NOT NULL
);
CREATE INDEX account_org ON account (org_id);
CREATE TABLE login_failure ( -- rows: none, it counts wrong passwords and is forgotten in minutes
	token  BYTEA PRIMARY KEY,
	failed BIGINT NOT NULL,
	at     TIMESTAMPTZ NOT NULL
);
CREATE INDEX login_failure_at ON login_failure (at);
CREATE TABLE session ( -- rows: each but seen_at
	hash       BYTEA PRIMARY KEY,
	account_id TEXT NOT NULL REFERENCES account (id),
	created_at TIMESTAMPTZ NOT NULL,
	seen_at    TIMESTAMPTZ NOT NULL,
	expires_at TIMESTAMPTZ NOT NULL,
	agent      TEXT NOT NULL
);
CREATE INDEX session_account ON session (account_id);
CREATE INDEX session_end ON session (expires_at);
CREATE TABLE token ( -- rows: each but used_at
	id         TEXT PRIMARY KEY,
	account_id TEXT NOT NULL REFERENCES account (id),
	name       TEXT NOT NULL,
	hash       BYTEA NOT NULL UNIQUE,
	scopes     JSONB NOT NULL,
	created_at TIMESTAMPTZ NOT NULL,
	expires_at TIMESTAMPTZ,
	used_at    TIMESTAMPTZ,
	revoked_at TIMESTAMPTZ
);
CREATE INDEX token_account ON token (account_id);

-- duty: owner internal/duty
CREATE TABLE duty ( -- rows: each
	id         TEXT PRIMARY KEY,
	rule       TEXT NOT NULL,
	force      TEXT NOT NULL,
	org_id     TEXT NOT NULL REFERENCES org (id),
	report_id  TEXT NOT NULL,
	case_id    TEXT,
	anchor     TEXT NOT NULL,
	anchor_at  TIMESTAMPTZ NOT NULL,
	due_at     TIMESTAMPTZ NOT NULL,
	latest_at  TIMESTAMPTZ NOT NULL,
	met_at     TIMESTAMPTZ,
	met_event  TEXT,
	void_at    TIMESTAMPTZ,
	void_why   TEXT,
	created_at TIMESTAMPTZ NOT NULL,
	UNIQUE (report_id, rule)
);
CREATE INDEX duty_org ON duty (org_id, due_at);
CREATE INDEX duty_case ON duty (case_id);
CREATE INDEX duty_open ON duty (due_at) WHERE met_at IS NULL AND void_at IS NULL;

-- report: owner internal/report
CREATE TABLE report ( -- rows: each
	id            TEXT PRIMARY KEY,
	number        TEXT NOT NULL UNIQUE,
	org_id        TEXT,
	account_id    TEXT,
	contact       TEXT NOT NULL,
	secret_hash   BYTEA NOT NULL,
	relation      TEXT NOT NULL,
	flash         BOOLEAN NOT NULL,
	version       BIGINT NOT NULL,
	completeness  BIGINT NOT NULL,
	state         TEXT NOT NULL,
	learned_at    TIMESTAMPTZ NOT NULL,
	received_at   TIMESTAMPTZ NOT NULL,
	event_id      TEXT NOT NULL,
	idempotency   TEXT,
	request_hash  BYTEA
);
CREATE UNIQUE INDEX report_idempotency ON report (idempotency) WHERE idempotency IS NOT NULL;
CREATE UNIQUE INDEX report_secret ON report (secret_hash);
CREATE INDEX report_org ON report (org_id, received_at);
CREATE INDEX report_account ON report (account_id, received_at);
CREATE INDEX report_page ON report (received_at, id);
CREATE TABLE report_version ( -- rows: each
	report_id      TEXT NOT NULL REFERENCES report (id),
	version        BIGINT NOT NULL,
	content_sealed BYTEA NOT NULL,
	digest         TEXT NOT NULL,
	salt           BYTEA NOT NULL,
	event_id       TEXT NOT NULL,
	at             TIMESTAMPTZ NOT NULL,
	PRIMARY KEY (report_id, version)
);
CREATE TABLE report_draft ( -- rows: each
	id             TEXT PRIMARY KEY,
	account_id     TEXT NOT NULL REFERENCES account (id),
	content_sealed BYTEA NOT NULL,
	updated_at     TIMESTAMPTZ NOT NULL
);
CREATE INDEX report_draft_account ON report_draft (account_id, updated_at);
CREATE TABLE attachment ( -- rows: each
	id         TEXT PRIMARY KEY,
	report_id  TEXT NOT NULL REFERENCES report (id),
	name       TEXT NOT NULL,
	media_type TEXT NOT NULL,
	size       BIGINT NOT NULL,
	sha256     TEXT NOT NULL,
	blob       TEXT NOT NULL,
	at         TIMESTAMPTZ NOT NULL
);
CREATE INDEX attachment_report ON attachment (report_id);

-- casework: owner internal/casework
CREATE TABLE casefile ( -- rows: each
	id             TEXT PRIMARY KEY,
	number         TEXT NOT NULL UNIQUE,
	state          TEXT NOT NULL,
	state_since    TIMESTAMPTZ NOT NULL,
	content_sealed BYTEA NOT NULL,
	rev            BIGINT NOT NULL,
	technical      TEXT NOT NULL,
	composite      TEXT NOT NULL,
	exploited      TEXT NOT NULL,
	assignee       TEXT NOT NULL,
	duplicate_of   TEXT NOT NULL,
	opened_at      TIMESTAMPTZ NOT NULL,
	updated_at     TIMESTAMPTZ NOT NULL,
	published_at   TIMESTAMPTZ
);
CREATE INDEX casefile_page ON casefile (opened_at, id);
CREATE INDEX casefile_state ON casefile (state, opened_at);
CREATE TABLE case_report ( -- rows: each
	report_id TEXT PRIMARY KEY REFERENCES report (id),
	case_id   TEXT NOT NULL REFERENCES casefile (id)
);
CREATE INDEX case_report_case ON case_report (case_id);
CREATE TABLE case_fingerprint ( -- rows: each
	token   BYTEA NOT NULL,
	case_id TEXT NOT NULL REFERENCES casefile (id),
	kind    TEXT NOT NULL,
	PRIMARY KEY (token, case_id)
);
CREATE INDEX case_fingerprint_case ON case_fingerprint (case_id);
CREATE TABLE case_party ( -- rows: each
	case_id  TEXT NOT NULL REFERENCES casefile (id),
	org_id   TEXT NOT NULL REFERENCES org (id),
	relation TEXT NOT NULL,
	status   TEXT NOT NULL,
	since    TIMESTAMPTZ NOT NULL,
	why_sealed BYTEA,
	PRIMARY KEY (case_id, org_id)
);
CREATE INDEX case_party_org ON case_party (org_id, case_id);
CREATE TABLE case_reason ( -- rows: each
	event_id   TEXT PRIMARY KEY REFERENCES event (id),
	case_id    TEXT NOT NULL REFERENCES casefile (id),
	why_sealed BYTEA NOT NULL
);
CREATE INDEX case_reason_case ON case_reason (case_id);
CREATE TABLE case_read ( -- rows: each
	id         TEXT PRIMARY KEY,
	case_id    TEXT NOT NULL REFERENCES casefile (id),
	account_id TEXT NOT NULL,
	org_id     TEXT NOT NULL,
	role       TEXT NOT NULL,
	what       TEXT NOT NULL,
	at         TIMESTAMPTZ NOT NULL
);
CREATE INDEX case_read_case ON case_read (case_id, at);
CREATE TABLE verification ( -- rows: each
	id             TEXT PRIMARY KEY,
	case_id        TEXT NOT NULL REFERENCES casefile (id),
	result         TEXT NOT NULL,
	content_sealed BYTEA NOT NULL,
	account_id     TEXT NOT NULL,
	org_id         TEXT NOT NULL,
	at             TIMESTAMPTZ NOT NULL
);
CREATE INDEX verification_case ON verification (case_id, at);
CREATE TABLE grade ( -- rows: each
	id               TEXT PRIMARY KEY,
	case_id          TEXT NOT NULL REFERENCES casefile (id),
	scheme           TEXT NOT NULL,
	vector           TEXT NOT NULL,
	value            TEXT NOT NULL,
	score            TEXT NOT NULL,
	rationale_sealed BYTEA NOT NULL,
	account_id       TEXT NOT NULL,
	org_id           TEXT NOT NULL,
	at               TIMESTAMPTZ NOT NULL
);
CREATE INDEX grade_case ON grade (case_id, at);
CREATE TABLE notice ( -- rows: each
	id             TEXT PRIMARY KEY,
	case_id        TEXT NOT NULL REFERENCES casefile (id),
	report_id      TEXT NOT NULL,
	org_id         TEXT NOT NULL,
	email          TEXT NOT NULL,
	reason         TEXT NOT NULL,
	content_sealed BYTEA NOT NULL,
	by_account     TEXT NOT NULL,
	sent_at        TIMESTAMPTZ NOT NULL,
	delivered_at   TIMESTAMPTZ,
	opened_at      TIMESTAMPTZ,
	acked_at       TIMESTAMPTZ,
	UNIQUE (case_id, org_id, email)
);
CREATE INDEX notice_org ON notice (org_id, sent_at);

-- product: owner internal/product
CREATE TABLE product ( -- rows: each
	id         TEXT PRIMARY KEY,
	org_id     TEXT NOT NULL REFERENCES org (id),
	vendor     TEXT NOT NULL,
	name       TEXT NOT NULL,
	name_en    TEXT NOT NULL,
	model      TEXT NOT NULL,
	kind       TEXT NOT NULL,
	cpe        TEXT NOT NULL,
	purl       TEXT NOT NULL,
	purl_key   TEXT NOT NULL,
	vendor_key TEXT NOT NULL,
	name_key   TEXT NOT NULL,
	name_en_key TEXT NOT NULL DEFAULT '',
	model_key  TEXT NOT NULL,
	created_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX product_org ON product (org_id, created_at);
CREATE INDEX product_name ON product (vendor_key, name_key);
CREATE INDEX product_purl ON product (purl_key);
CREATE INDEX product_names ON product (name_key);
CREATE INDEX product_names_en ON product (name_en_key);
CREATE INDEX product_model ON product (model_key);
CREATE TABLE product_version ( -- rows: each
	product_id TEXT NOT NULL REFERENCES product (id),
	version    TEXT NOT NULL,
	at         TIMESTAMPTZ NOT NULL,
	PRIMARY KEY (product_id, version)
);
CREATE TABLE sbom ( -- rows: each
	id           TEXT PRIMARY KEY,
	product_id   TEXT NOT NULL REFERENCES product (id),
	version      TEXT NOT NULL,
	format       TEXT NOT NULL,
	spec_version TEXT NOT NULL,
	sha256       TEXT NOT NULL,
	blob         TEXT NOT NULL,
	components   BIGINT NOT NULL,
	edges        BIGINT NOT NULL,
	is_current   BOOLEAN NOT NULL,
	account_id   TEXT NOT NULL,
	at           TIMESTAMPTZ NOT NULL
);
CREATE INDEX sbom_product ON sbom (product_id, at);
CREATE UNIQUE INDEX sbom_current ON sbom (product_id, version) WHERE is_current;
CREATE TABLE component ( -- rows: each
	id        BIGINT PRIMARY KEY,
	ecosystem TEXT NOT NULL,
	name      TEXT NOT NULL,
	version   TEXT NOT NULL,
	purl      TEXT NOT NULL,
	UNIQUE (ecosystem, name, version)
);
CREATE TABLE sbom_component ( -- rows: by sbom_id of sbom
	component_id BIGINT NOT NULL,
	sbom_id      TEXT NOT NULL,
	root         BOOLEAN NOT NULL,
	PRIMARY KEY (component_id, sbom_id)
);
CREATE INDEX sbom_component_sbom ON sbom_component (sbom_id);
CREATE TABLE sbom_edge ( -- rows: by sbom_id of sbom
	sbom_id TEXT NOT NULL,
	parent  BIGINT NOT NULL,
	child   BIGINT NOT NULL,
	PRIMARY KEY (sbom_id, child, parent)
);

-- match: owner internal/match
CREATE TABLE match_run ( -- rows: each
	case_id TEXT PRIMARY KEY REFERENCES casefile (id),
	run     TEXT NOT NULL,
	basis   TEXT NOT NULL,
	at      TIMESTAMPTZ NOT NULL
);
CREATE TABLE match_target ( -- rows: each
	token   BYTEA NOT NULL,
	case_id TEXT NOT NULL REFERENCES match_run (case_id),
	PRIMARY KEY (token, case_id)
);
CREATE INDEX match_target_case ON match_target (case_id);
CREATE TABLE finding ( -- rows: each
	case_id      TEXT NOT NULL REFERENCES casefile (id),
	product_id   TEXT NOT NULL REFERENCES product (id),
	component_id BIGINT NOT NULL,
	org_id       TEXT NOT NULL,
	version      TEXT NOT NULL,
	verdict      TEXT NOT NULL,
	why_sealed   BYTEA NOT NULL,
	run          TEXT NOT NULL,
	at           TIMESTAMPTZ NOT NULL,
	PRIMARY KEY (case_id, product_id, component_id, version)
);
CREATE INDEX finding_org ON finding (org_id, case_id);
CREATE INDEX finding_product ON finding (product_id, case_id);

-- warning: owner internal/warning
CREATE TABLE warning ( -- rows: each
	id             TEXT PRIMARY KEY,
	number         TEXT NOT NULL UNIQUE,
	case_id        TEXT NOT NULL REFERENCES casefile (id),
	revision       BIGINT NOT NULL,
	rev            BIGINT NOT NULL, -- counts the changes of the text
	level          TEXT NOT NULL,
	tlp            TEXT NOT NULL,
	state          TEXT NOT NULL,
	content_sealed BYTEA NOT NULL,
	respond_by     TIMESTAMPTZ,
	drafted_by     TEXT NOT NULL,
	approved_by    TEXT NOT NULL,
	released_by    TEXT NOT NULL,
	created_at     TIMESTAMPTZ NOT NULL,
	released_at    TIMESTAMPTZ
);
CREATE UNIQUE INDEX warning_case ON warning (case_id);
CREATE INDEX warning_page ON warning (created_at, id);
CREATE TABLE warning_revision ( -- rows: each
	warning_id     TEXT NOT NULL REFERENCES warning (id),
	revision       BIGINT NOT NULL,
	level          TEXT NOT NULL,
	tlp            TEXT NOT NULL,
	content_sealed BYTEA NOT NULL,
	respond_by     TIMESTAMPTZ NOT NULL,
	approved_by    TEXT NOT NULL,
	released_by    TEXT NOT NULL,
	released_at    TIMESTAMPTZ NOT NULL,
	PRIMARY KEY (warning_id, revision)
);
-- No foreign keys: its rows are made by INSERT … SELECT from org, and checking 100 000 of them twice costs as much as the rest.
CREATE TABLE warning_recipient ( -- rows: each
	warning_id TEXT NOT NULL,
	revision   BIGINT NOT NULL,
	org_id     TEXT NOT NULL,
	wave       BIGINT NOT NULL,
	products   BIGINT NOT NULL,
	at         TIMESTAMPTZ NOT NULL,
	read_at    TIMESTAMPTZ,
	acked_at   TIMESTAMPTZ,
	answer     TEXT NOT NULL,
	comment    TEXT NOT NULL,
	assets     BIGINT NOT NULL,
	answered_by TEXT NOT NULL,
	answered_via TEXT NOT NULL,
	fixed_at   TIMESTAMPTZ,
	PRIMARY KEY (warning_id, revision, org_id)
);
CREATE INDEX warning_recipient_org ON warning_recipient (org_id, at);

-- advisory: owner internal/advisory
CREATE TABLE advisory ( -- rows: each
	id           TEXT PRIMARY KEY,
	case_id      TEXT NOT NULL UNIQUE REFERENCES casefile (id),
	number       TEXT NOT NULL UNIQUE,
	state        TEXT NOT NULL,
	revision     BIGINT NOT NULL,
	rev          BIGINT NOT NULL, -- counts the changes of the text
	content_sealed BYTEA NOT NULL,
	drafted_by   TEXT NOT NULL,
	reviewed_by  TEXT NOT NULL,
	created_at   TIMESTAMPTZ NOT NULL,
	updated_at   TIMESTAMPTZ NOT NULL,
	published_at TIMESTAMPTZ
);
CREATE INDEX advisory_published ON advisory (published_at, id);
CREATE TABLE advisory_revision ( -- rows: each
	advisory_id TEXT NOT NULL REFERENCES advisory (id),
	revision    BIGINT NOT NULL,
	content     JSONB NOT NULL,
	summary     TEXT NOT NULL,
	words       TEXT NOT NULL, -- titles and products in lower case, for searches
	at          TIMESTAMPTZ NOT NULL,
	PRIMARY KEY (advisory_id, revision)
);
CREATE TABLE advisory_alias ( -- rows: each
	alias       TEXT NOT NULL,
	advisory_id TEXT NOT NULL REFERENCES advisory (id),
	PRIMARY KEY (alias, advisory_id)
);
