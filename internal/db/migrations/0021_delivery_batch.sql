-- SPDX-FileCopyrightText: The Fengsui Authors
-- SPDX-License-Identifier: Apache-2.0

-- +goose Up
-- delivery: owner internal/delivery
-- Deliveries of one subject that wait together for their first attempt. Each is durable, known by name and in the journal,
-- and gets a row of its own in delivery when something has become of it; a batch of which all have one is deleted.
CREATE TABLE delivery_batch ( -- rows: each
	id         TEXT PRIMARY KEY,
	purpose    TEXT NOT NULL,
	subject    TEXT NOT NULL,
	channel    TEXT NOT NULL,
	state      TEXT NOT NULL, -- queued, or superseded: whoever has no row by then was overtaken
	first_org  TEXT NOT NULL, -- of items
	last_org   TEXT NOT NULL,
	items      TEXT NOT NULL, -- one recipient a line, in the order of organisations: organisation, TAB, destination
	waiting    BIGINT NOT NULL, -- how many of them have no row of their own
	claims     BIGINT NOT NULL, -- how often a node has taken it
	next_at    TIMESTAMPTZ,
	created_at TIMESTAMPTZ NOT NULL,
	done_at    TIMESTAMPTZ -- when it was superseded
);
CREATE INDEX delivery_batch_due ON delivery_batch (next_at) WHERE state = 'queued';
CREATE INDEX delivery_batch_subject ON delivery_batch (purpose, subject, channel, first_org);

-- How many attempts had been made when staff sent it once more: the schedule starts again from there.
ALTER TABLE delivery ADD COLUMN replayed BIGINT NOT NULL DEFAULT 0;
ALTER TABLE delivery ADD COLUMN replayed_at TIMESTAMPTZ;
CREATE INDEX delivery_org ON delivery (org_id, channel, created_at);
CREATE INDEX delivery_failed ON delivery (done_at, id) WHERE state = 'failed';

-- How destinations answer at present. It delays attempts and ends none that is owed.
CREATE TABLE delivery_lane ( -- rows: none, it changes with every answer of a destination, and a node can find it out again
	name       TEXT PRIMARY KEY, -- channel, or channel/host, or gone/channel/organisation/destination/digest of the address
	failures   BIGINT NOT NULL, -- in a row
	opened     BIGINT NOT NULL, -- how often in a row it was left alone
	open_until TIMESTAMPTZ NOT NULL,
	last_error TEXT NOT NULL,
	since      TIMESTAMPTZ NOT NULL -- of the first of those failures
);
