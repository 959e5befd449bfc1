-- SPDX-FileCopyrightText: The Fengsui Authors
-- SPDX-License-Identifier: Apache-2.0

-- +goose Up
-- warning: owner internal/warning
-- The order of a board, without the many who are silent and not known to be concerned: they stand in the order of the key
-- already, and a release would wait for their entries.
DROP INDEX warning_recipient_board;
CREATE INDEX warning_recipient_board ON warning_recipient (warning_id, revision, answer, wave, org_id) WHERE answer <> '' OR wave < 3;
