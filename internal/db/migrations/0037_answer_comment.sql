-- SPDX-FileCopyrightText: The Fengsui Authors
-- SPDX-License-Identifier: Apache-2.0

-- +goose Up
-- warning: owner internal/warning
-- What a unit says with its answer tells of flaws before they are public: it is encrypted at rest.
ALTER TABLE warning_recipient ADD COLUMN comment_sealed BYTEA; -- NULL while nothing was said
-- What was said before: the next start seals it (warning.Service.SealComments), and leaves this table empty.
CREATE TABLE warning_comment_unsealed ( -- rows: each
	warning_id TEXT NOT NULL,
	revision   BIGINT NOT NULL,
	org_id     TEXT NOT NULL,
	comment    TEXT NOT NULL,
	PRIMARY KEY (warning_id, revision, org_id)
);
INSERT INTO warning_comment_unsealed (warning_id, revision, org_id, comment) SELECT warning_id, revision, org_id, comment FROM warning_recipient WHERE comment <> '';
ALTER TABLE warning_recipient DROP COLUMN comment;
