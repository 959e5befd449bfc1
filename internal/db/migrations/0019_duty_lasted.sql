-- SPDX-FileCopyrightText: The Fengsui Authors
-- SPDX-License-Identifier: Apache-2.0

-- +goose Up
-- duty: owner internal/duty
-- What was open on a past day is found without reading every duty that was ever recorded: a duty that was open for less
-- than 2^n days entered the register less than 2^n days before. 20 stands for those that are open, and for those of
-- before this column, of which nobody worked it out.
ALTER TABLE duty ADD COLUMN lasted BIGINT NOT NULL DEFAULT 20;
CREATE INDEX duty_lasted ON duty (lasted, created_at);

-- The day on which a duty entered the register stands in every index that the register is read by in order, so that what
-- came later than a past day is passed over without touching the rows.
DROP INDEX duty_over;
DROP INDEX duty_over_late;
DROP INDEX duty_by_due;
DROP INDEX duty_by_anchor;
DROP INDEX duty_by_rule;
DROP INDEX duty_by_law;
CREATE INDEX duty_over ON duty (due_at, id, created_at, rule, force, law, org_id) WHERE met_at IS NOT NULL AND void_at IS NULL AND met_at <= due_at;
CREATE INDEX duty_over_late ON duty (due_at, id, created_at, rule, force, law, org_id) WHERE met_at IS NOT NULL AND void_at IS NULL AND met_at > due_at;
CREATE INDEX duty_by_due ON duty (due_at, id, created_at);
CREATE INDEX duty_by_anchor ON duty (anchor_at, id, created_at);
CREATE INDEX duty_by_rule ON duty (rule, due_at, id, created_at);
CREATE INDEX duty_by_law ON duty (law, due_at, id, created_at);
