-- SPDX-FileCopyrightText: The Fengsui Authors
-- SPDX-License-Identifier: Apache-2.0

-- +goose Up
-- What a duty was derived from stays with it: a later version of a pack changes nothing that was derived before.
ALTER TABLE duty ADD COLUMN law TEXT NOT NULL DEFAULT '';
ALTER TABLE duty ADD COLUMN article TEXT NOT NULL DEFAULT '';
ALTER TABLE duty ADD COLUMN pack TEXT NOT NULL DEFAULT '';
-- When the next reminder falls due; the index holds only what may still need one.
ALTER TABLE duty ADD COLUMN remind_at TIMESTAMPTZ;
CREATE INDEX duty_remind ON duty (remind_at, id) WHERE remind_at IS NOT NULL AND met_at IS NULL AND void_at IS NULL;

-- duty: owner internal/duty
CREATE TABLE duty_reminder ( -- rows: each
	duty_id    TEXT NOT NULL REFERENCES duty (id),
	step       BIGINT NOT NULL,
	fell_at    TIMESTAMPTZ NOT NULL,
	noted_at   TIMESTAMPTZ NOT NULL,
	late       BOOLEAN NOT NULL,
	PRIMARY KEY (duty_id, step)
);
CREATE INDEX duty_reminder_fell ON duty_reminder (fell_at, duty_id);
