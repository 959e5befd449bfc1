-- SPDX-FileCopyrightText: The Fengsui Authors
-- SPDX-License-Identifier: Apache-2.0

-- +goose Up
-- Where a member wants to be reached beside its two main addresses, which stand in org: 'email' and 'webhook' name them
-- where a target is asked for.
-- destination: owner internal/destination
CREATE TABLE destination ( -- rows: each
	id             TEXT PRIMARY KEY,
	org_id         TEXT NOT NULL REFERENCES org (id),
	channel        TEXT NOT NULL,
	label          TEXT NOT NULL,
	address_sealed BYTEA NOT NULL,
	secret_sealed  BYTEA,
	former_sealed  BYTEA, -- the secret before the last rotation, which signs as well until former_until
	former_until   TIMESTAMPTZ,
	certificate    TEXT NOT NULL, -- PEM, of mail that is to be encrypted
	types          JSONB NOT NULL, -- event types that a webhook wants of what may be muted; [] for all
	created_at     TIMESTAMPTZ NOT NULL,
	verified_at    TIMESTAMPTZ, -- nothing but tests goes out before
	paused_at      TIMESTAMPTZ,
	down_at        TIMESTAMPTZ -- since when nothing has come through
);
CREATE INDEX destination_org ON destination (org_id, id);
-- What is wanted of a class of messages on a target, where it differs from what is usual for its channel.
CREATE TABLE destination_choice ( -- rows: each
	org_id TEXT NOT NULL REFERENCES org (id),
	target TEXT NOT NULL,
	class  TEXT NOT NULL,
	how    TEXT NOT NULL, -- now, hourly, daily, none
	PRIMARY KEY (org_id, target, class)
);
-- When a member wants what is not mandatory. All members that have the same rule are told at the same times.
CREATE TABLE destination_pace ( -- rows: each
	org_id   TEXT PRIMARY KEY REFERENCES org (id),
	rule     TEXT NOT NULL, -- zone|from|until|daily: quiet hours and the time of the daily digest, in minutes of the day
	per_hour BIGINT NOT NULL -- messages on a target, at most
);
-- What was sent to many at once: an hour of these is what a noise budget looks at.
CREATE TABLE destination_batch ( -- rows: each
	purpose TEXT NOT NULL,
	subject TEXT NOT NULL,
	class   TEXT NOT NULL,
	at      TIMESTAMPTZ NOT NULL,
	PRIMARY KEY (purpose, subject)
);
CREATE INDEX destination_batch_at ON destination_batch (at);
-- What waits for a digest. The key is the promise: a target is told of a subject once.
CREATE TABLE digest_item ( -- rows: each
	org_id  TEXT NOT NULL,
	target  TEXT NOT NULL,
	purpose TEXT NOT NULL,
	subject TEXT NOT NULL,
	gravity BIGINT NOT NULL, -- 0 is the gravest
	why     TEXT NOT NULL, -- chosen, budget
	at      TIMESTAMPTZ NOT NULL,
	due_at  TIMESTAMPTZ NOT NULL,
	digest  TEXT, -- that it went into
	PRIMARY KEY (org_id, target, purpose, subject)
);
CREATE INDEX digest_item_due ON digest_item (due_at) WHERE digest IS NULL;
CREATE INDEX digest_item_digest ON digest_item (digest);
-- One message for a recipient and a period, ever.
CREATE TABLE digest ( -- rows: each
	id     TEXT PRIMARY KEY,
	org_id TEXT NOT NULL,
	target TEXT NOT NULL,
	period TIMESTAMPTZ NOT NULL, -- the hour it was made in
	sweep  TEXT NOT NULL,
	UNIQUE (org_id, target, period)
);
