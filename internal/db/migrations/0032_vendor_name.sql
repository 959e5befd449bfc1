-- SPDX-FileCopyrightText: The Fengsui Authors
-- SPDX-License-Identifier: Apache-2.0

-- +goose Up
-- product: owner internal/product
-- Names of vendors that this installation puts together, or takes apart, beside those that come with the platform.
CREATE TABLE vendor_name ( -- rows: each
	key     TEXT PRIMARY KEY, -- product.Key of the name
	name    TEXT NOT NULL, -- as it was written
	vendor  TEXT NOT NULL, -- key of the vendor's first name; names with one are one vendor's
	by_account TEXT NOT NULL,
	at      TIMESTAMPTZ NOT NULL
);
CREATE INDEX vendor_name_vendor ON vendor_name (vendor);
