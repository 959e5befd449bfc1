-- SPDX-FileCopyrightText: The Fengsui Authors
-- SPDX-License-Identifier: Apache-2.0

-- +goose Up
-- duty: owner internal/duty
-- The sweep that noted it: what one sweep has for an organisation is one message to each place where it wants to be told.
ALTER TABLE duty_reminder ADD COLUMN sweep TEXT NOT NULL DEFAULT '';
CREATE INDEX duty_reminder_sweep ON duty_reminder (sweep, org_id) WHERE sweep <> '';
