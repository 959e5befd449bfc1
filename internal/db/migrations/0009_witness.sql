-- SPDX-FileCopyrightText: The Fengsui Authors
-- SPDX-License-Identifier: Apache-2.0

-- +goose Up

-- What witnesses have put below checkpoints of the evidence log.
-- witness: owner internal/witness
CREATE TABLE cosignature ( -- rows: none, each is signed by a witness and is checked with its key
	witness TEXT NOT NULL, -- name
	size    BIGINT NOT NULL, -- of the tree
	at      TIMESTAMPTZ NOT NULL, -- by the witness's clock
	line    TEXT NOT NULL,
	PRIMARY KEY (witness, size)
);
CREATE INDEX cosignature_size ON cosignature (size);
-- How the last question to each witness went.
-- witness: owner internal/witness
CREATE TABLE witness_asked ( -- rows: none, it says how a connection went and is overwritten by the next question
	witness TEXT PRIMARY KEY,
	asked_at TIMESTAMPTZ NOT NULL,
	trouble TEXT NOT NULL -- "" when it answered
);
