-- SPDX-FileCopyrightText: The Fengsui Authors
-- SPDX-License-Identifier: Apache-2.0

-- +goose Up
-- duty: owner internal/duty
-- What was open on a past day is counted without touching the rows: those that were never done from one index, those that
-- were ended from another, and those that were done from theirs. Only what was done soon after that day is looked at.
DROP INDEX duty_lasted;
CREATE INDEX duty_lasted ON duty (lasted, created_at, met_at);
CREATE INDEX duty_undone ON duty (created_at, since, due_at, latest_at, anchor_at, paused_at, ended, met_at, void_at, id, rule, force, law, org_id)
	WHERE met_at IS NULL AND void_at IS NULL AND created_at > '1970-01-01T00:00:00Z'; -- said so that only questions about the past use it
DROP INDEX duty_ended;
CREATE INDEX duty_ended ON duty (due_at, id, ended, created_at, since, void_at, met_at, met_noted_at, latest_at, anchor_at, paused_at, rule, force, law, org_id) WHERE void_at IS NOT NULL;
DROP INDEX duty_open_states;
CREATE INDEX duty_open_states ON duty (due_at, id, latest_at, anchor_at, paused_at, created_at, since, rule, force, law, org_id) WHERE met_at IS NULL AND void_at IS NULL;
DROP INDEX duty_over;
DROP INDEX duty_over_late;
CREATE INDEX duty_over ON duty (due_at, id, created_at, since, met_at, met_noted_at, void_at, rule, force, law, org_id) WHERE met_at IS NOT NULL AND void_at IS NULL AND met_at <= due_at;
CREATE INDEX duty_over_late ON duty (due_at, id, created_at, since, met_at, met_noted_at, void_at, rule, force, law, org_id) WHERE met_at IS NOT NULL AND void_at IS NULL AND met_at > due_at;

-- Whoever owes little is counted from one index too.
DROP INDEX duty_org;
CREATE INDEX duty_org ON duty (org_id, due_at, id, latest_at, anchor_at, met_at, void_at, ended, paused_at);
