-- SPDX-FileCopyrightText: The Fengsui Authors
-- SPDX-License-Identifier: Apache-2.0

-- +goose Up
-- evidence: owner internal/evidence
-- Lists of digests are not to be compressed: it takes longer than to write them, and makes them no shorter.
-- postgres: ALTER TABLE row_journal ALTER COLUMN rows SET STORAGE EXTERNAL;
