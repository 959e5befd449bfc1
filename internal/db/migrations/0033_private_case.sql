-- SPDX-FileCopyrightText: The Fengsui Authors
-- SPDX-License-Identifier: Apache-2.0

-- +goose Up
-- match: owner internal/match
-- Cases are compared with private lists; components that only a private list holds have numbers below zero there.
CREATE INDEX finding_hidden ON finding (product_id) WHERE component_id < 0;
INSERT INTO private_cursor (name, n) VALUES ('case', 0);

-- assessment: owner internal/assessment
-- The vendor as the document named it (product.Key), where that is not how the product's own vendor is written: the statement counts while both are names of one vendor.
ALTER TABLE assessment ADD COLUMN vendor_key TEXT NOT NULL DEFAULT '';
-- Whoever sent it named no product: it is read again when it turns out which names are one vendor's.
ALTER TABLE assessment_document ADD COLUMN unnamed BOOLEAN NOT NULL DEFAULT FALSE;
