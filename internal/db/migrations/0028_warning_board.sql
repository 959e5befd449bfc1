-- SPDX-FileCopyrightText: The Fengsui Authors
-- SPDX-License-Identifier: Apache-2.0

-- +goose Up
-- warning: owner internal/warning
-- The order of a board: those who are silent first, the affected before the rest.
CREATE INDEX warning_recipient_board ON warning_recipient (warning_id, revision, answer, wave, org_id);
