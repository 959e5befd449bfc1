-- SPDX-FileCopyrightText: The Fengsui Authors
-- SPDX-License-Identifier: Apache-2.0

-- +goose Up
-- destination: owner internal/destination
-- Whether somebody is there: the newest test of a target, and what came back. Its messages are deliveries of their own.
CREATE TABLE destination_health ( -- rows: each
	org_id      TEXT NOT NULL REFERENCES org (id),
	target      TEXT NOT NULL,
	test        TEXT NOT NULL UNIQUE,
	asked_at    TIMESTAMPTZ NOT NULL,
	asked_by    TEXT NOT NULL, -- account, '' for the monthly test
	answered_at TIMESTAMPTZ, -- newest answer, of this test or of one before
	failed_at   TIMESTAMPTZ, -- of this test
	PRIMARY KEY (org_id, target)
);
CREATE INDEX destination_health_asked ON destination_health (asked_at);

-- member: owner internal/member
-- Who stands in while the holder of a post is away.
ALTER TABLE roster ADD COLUMN stand_in TEXT NOT NULL DEFAULT ''; -- account
ALTER TABLE roster ADD COLUMN away_from TIMESTAMPTZ;
ALTER TABLE roster ADD COLUMN away_until TIMESTAMPTZ;
