-- SPDX-FileCopyrightText: The Fengsui Authors
-- SPDX-License-Identifier: Apache-2.0

-- +goose Up
-- rulebook: owner internal/rulebook
CREATE TABLE law_pack ( -- rows: each
	id           TEXT PRIMARY KEY,
	regime       TEXT NOT NULL,
	version      TEXT NOT NULL,
	text         BYTEA NOT NULL, -- the pack, byte by byte as it was signed
	digest       TEXT NOT NULL,  -- hex(SHA-256(text))
	note         TEXT NOT NULL,  -- the signed note about it
	signers      TEXT NOT NULL,  -- names of the keys that signed it, as checked when it was loaded
	state        TEXT NOT NULL,  -- loaded, active, ending, retired, withdrawn
	revision     BIGINT NOT NULL, -- of the rulebook, when this row last changed
	loaded_by    TEXT NOT NULL,
	loaded_at    TIMESTAMPTZ NOT NULL,
	activated_by TEXT,
	activated_at TIMESTAMPTZ,
	ending_by    TEXT,
	ending_at    TIMESTAMPTZ,
	ended_by     TEXT,
	ended_at     TIMESTAMPTZ,
	ended_why    TEXT
);
CREATE INDEX law_pack_revision ON law_pack (revision);

-- duty: owner internal/duty
-- From which facts the duties of a report were derived, so that another version of a law can be tried on them.
CREATE TABLE duty_derivation ( -- rows: each
	report_id     TEXT NOT NULL,
	facts         TEXT NOT NULL, -- JSON, without the time of learning
	org_id        TEXT NOT NULL,
	learned_at    TIMESTAMPTZ NOT NULL,
	derived_at    TIMESTAMPTZ NOT NULL,
	reconstructed BOOLEAN NOT NULL, -- after the fact, from the report and what was stored
	PRIMARY KEY (report_id, facts)
);
CREATE INDEX duty_derivation_learned ON duty_derivation (learned_at, report_id);
INSERT INTO duty_derivation (report_id, facts, org_id, learned_at, derived_at, reconstructed)
SELECT r.id,
	'{"relation":"' || r.relation || '","partner":' || CASE WHEN o.partner THEN 'true' ELSE 'false' END
		|| ',"upstream":' || CASE WHEN EXISTS (SELECT 1 FROM duty d WHERE d.report_id = r.id AND d.rule = 'rmsv-7-1-upstream') THEN 'true' ELSE 'false' END || '}',
	r.org_id, r.learned_at, r.received_at, TRUE
FROM report r JOIN org o ON o.id = r.org_id;
