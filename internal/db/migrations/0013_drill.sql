-- SPDX-FileCopyrightText: The Fengsui Authors
-- SPDX-License-Identifier: Apache-2.0

-- +goose Up

-- The exercise that a platform is. A real platform has none.
-- drill: owner internal/drill
CREATE TABLE drill ( -- rows: each
	id         TEXT PRIMARY KEY,
	scenario   TEXT NOT NULL,
	version    TEXT NOT NULL,
	source     BYTEA NOT NULL, -- the scenario file as it was played
	started_at TIMESTAMPTZ NOT NULL,
	ended_at   TIMESTAMPTZ
);
CREATE TABLE drill_move ( -- rows: each
	drill_id TEXT NOT NULL REFERENCES drill (id),
	move     TEXT NOT NULL,
	due_at   TIMESTAMPTZ NOT NULL,
	done_at  TIMESTAMPTZ NOT NULL,
	how      TEXT NOT NULL, -- played, told, failed
	remark   TEXT NOT NULL,
	PRIMARY KEY (drill_id, move)
);
