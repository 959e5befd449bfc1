-- SPDX-FileCopyrightText: The Fengsui Authors
-- SPDX-License-Identifier: Apache-2.0

-- +goose Up
-- delivery: owner internal/delivery
-- When a destination, or a channel as a whole, was left alone, from the first failure until something got through.
CREATE TABLE delivery_outage ( -- rows: none, attempts are watched, and this is what several of them come to
	name       TEXT NOT NULL, -- as in delivery_lane
	since      TIMESTAMPTZ NOT NULL,
	ended_at   TIMESTAMPTZ,
	failures   BIGINT NOT NULL,
	last_error TEXT NOT NULL,
	PRIMARY KEY (name, since)
);
CREATE INDEX delivery_outage_ended ON delivery_outage (ended_at);
