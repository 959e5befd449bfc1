-- SPDX-FileCopyrightText: The Fengsui Authors
-- SPDX-License-Identifier: Apache-2.0

-- +goose Up
-- commitment: owner internal/commitment
CREATE TABLE commitment ( -- rows: each
	id           TEXT PRIMARY KEY,
	number       TEXT NOT NULL UNIQUE,
	org_id       TEXT NOT NULL,
	account_id   TEXT NOT NULL,
	digest       TEXT NOT NULL,
	made_at      TIMESTAMPTZ NOT NULL,
	made_event   TEXT NOT NULL,
	opened_at    TIMESTAMPTZ,
	opened_event TEXT,
	words_sealed BYTEA,
	blind        BYTEA
);
CREATE INDEX commitment_org ON commitment (org_id, id);
