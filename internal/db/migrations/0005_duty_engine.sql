-- SPDX-FileCopyrightText: The Fengsui Authors
-- SPDX-License-Identifier: Apache-2.0

-- +goose Up
-- duty: owner internal/duty
-- A row holds what the duty comes to now. What it came to before an act changed it stands in duty_past, so that the
-- register can say what it said then.
ALTER TABLE duty ADD COLUMN owed_to TEXT NOT NULL DEFAULT ''; -- 'reporter': a clock of the platform itself
ALTER TABLE duty ADD COLUMN since TIMESTAMPTZ;                -- the row holds from then on; NULL: from created_at on
ALTER TABLE duty ADD COLUMN met_noted_at TIMESTAMPTZ;         -- when the evidence was recorded; NULL: with the row, or at met_at
ALTER TABLE duty ADD COLUMN ended TEXT NOT NULL DEFAULT '';   -- of void_at: 'waived', or '' for void
ALTER TABLE duty ADD COLUMN paused_at TIMESTAMPTZ;            -- the clock stands still from then on

CREATE TABLE duty_past ( -- rows: each
	duty_id   TEXT NOT NULL REFERENCES duty (id),
	n         BIGINT NOT NULL,
	from_at   TIMESTAMPTZ NOT NULL,
	until_at  TIMESTAMPTZ NOT NULL,
	anchor    TEXT NOT NULL,
	anchor_at TIMESTAMPTZ NOT NULL,
	due_at    TIMESTAMPTZ NOT NULL,
	latest_at TIMESTAMPTZ NOT NULL,
	paused_at TIMESTAMPTZ,
	ended     TEXT NOT NULL,
	void_at   TIMESTAMPTZ,
	void_why  TEXT,
	event_id  TEXT NOT NULL, -- of what changed it
	PRIMARY KEY (duty_id, n)
);
CREATE INDEX duty_past_until ON duty_past (until_at, from_at);

-- Assertions of when something happened. Row n of a name takes the place of row n - 1, which stays.
CREATE TABLE duty_anchor ( -- rows: each
	report_id   TEXT NOT NULL,
	name        TEXT NOT NULL,
	n           BIGINT NOT NULL,
	at          TIMESTAMPTZ, -- NULL: taken back
	zone        TEXT NOT NULL,
	by_account  TEXT NOT NULL,
	by_org      TEXT NOT NULL,
	via         TEXT NOT NULL,
	why_sealed  BYTEA,
	event_id    TEXT NOT NULL, -- that asserted it
	recorded_at TIMESTAMPTZ NOT NULL,
	PRIMARY KEY (report_id, name, n)
);
INSERT INTO duty_anchor (report_id, name, n, at, zone, by_account, by_org, via, event_id, recorded_at)
	SELECT report_id, anchor, 1, MIN(anchor_at), 'Asia/Shanghai', '', MIN(org_id), '', '', MIN(created_at) FROM duty GROUP BY report_id, anchor;

-- What people decided about a duty.
CREATE TABLE duty_act ( -- rows: each
	id           TEXT PRIMARY KEY,
	duty_id      TEXT NOT NULL REFERENCES duty (id),
	kind         TEXT NOT NULL,
	from_at      TIMESTAMPTZ, -- of a pause
	to_at        TIMESTAMPTZ,
	why_sealed   BYTEA NOT NULL,
	by_account   TEXT NOT NULL,
	by_org       TEXT NOT NULL,
	at           TIMESTAMPTZ NOT NULL,
	signed_by    TEXT,
	signed_at    TIMESTAMPTZ, -- it counts from then on
	fell_by      TEXT,
	fell_at      TIMESTAMPTZ,
	fell_sealed  BYTEA,
	ended_by     TEXT, -- who let the clock run again, or signed that a waiver counts no more
	ended_at     TIMESTAMPTZ,
	later        BOOLEAN NOT NULL DEFAULT FALSE, -- it moved a due time later, or ended the duty: the supervisor looks at it
	seen_by      TEXT,
	seen_at      TIMESTAMPTZ
);
CREATE INDEX duty_act_duty ON duty_act (duty_id, at);
CREATE INDEX duty_act_open ON duty_act (at) WHERE signed_at IS NULL AND fell_at IS NULL;
CREATE INDEX duty_act_later ON duty_act (signed_at) WHERE later AND seen_at IS NULL;

-- Two duties that pull in different directions, and what a person decided about it.
CREATE TABLE duty_clash ( -- rows: each
	id            TEXT PRIMARY KEY,
	clash         TEXT NOT NULL,
	org_id        TEXT NOT NULL REFERENCES org (id),
	report_id     TEXT NOT NULL,
	one           TEXT NOT NULL, -- duties by stored name and version of their pack: "rmsv-7-2-report cn-rmsv-2021@1.0.0"
	two           TEXT NOT NULL,
	due_at        TIMESTAMPTZ, -- the earlier of both clocks, as far as one is known
	opened_by     TEXT NOT NULL,
	opened_at     TIMESTAMPTZ NOT NULL,
	answer_sealed BYTEA,
	answered_by   TEXT,
	answered_at   TIMESTAMPTZ,
	UNIQUE (report_id, clash)
);
CREATE INDEX duty_clash_org ON duty_clash (org_id, opened_at);
