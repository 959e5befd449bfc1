-- SPDX-FileCopyrightText: The Fengsui Authors
-- SPDX-License-Identifier: Apache-2.0

-- +goose Up
-- product: owner internal/product
-- By which recipe a private list was hidden (docs/private-inventory.md), and of how many components it speaks: 0 where it was not said, and each part is one.
ALTER TABLE private_list ADD COLUMN recipe BIGINT NOT NULL DEFAULT 1;
ALTER TABLE private_list ADD COLUMN components BIGINT NOT NULL DEFAULT 0;
