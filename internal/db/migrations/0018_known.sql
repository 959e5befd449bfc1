-- SPDX-FileCopyrightText: The Fengsui Authors
-- SPDX-License-Identifier: Apache-2.0

-- +goose Up
-- product: owner internal/product
-- What a component without an ecosystem and a product are looked up by when a record names no package: product.Key of the
-- vendor and of the name, divided by a slash; part, vendor and product of the CPE.
ALTER TABLE component ADD COLUMN ware TEXT NOT NULL DEFAULT '';
CREATE INDEX component_ware ON component (ware) WHERE ware <> '';
ALTER TABLE product ADD COLUMN cpe_name TEXT NOT NULL DEFAULT '';
CREATE INDEX product_cpe ON product (cpe_name) WHERE cpe_name <> '';

-- match: owner internal/match
-- What public records say of components and of products themselves: a row where one is affected or may be.
CREATE TABLE known ( -- rows: none, worked out from components and public records, and worked out again (fengsui admin rebuild known)
	component_id BIGINT NOT NULL,
	record_id    BIGINT NOT NULL,
	verdict      TEXT NOT NULL,
	held         TEXT NOT NULL, -- the range that holds the version
	note         TEXT NOT NULL, -- what could not be decided, or ''
	PRIMARY KEY (component_id, record_id)
); -- clustered
CREATE INDEX known_record ON known (record_id, component_id);
CREATE TABLE known_ware ( -- rows: none, worked out from products and public records, and worked out again (fengsui admin rebuild known)
	product_id TEXT NOT NULL,
	version    TEXT NOT NULL,
	record_id  BIGINT NOT NULL,
	verdict    TEXT NOT NULL,
	held       TEXT NOT NULL,
	note       TEXT NOT NULL,
	PRIMARY KEY (product_id, version, record_id)
); -- clustered
CREATE INDEX known_ware_record ON known_ware (record_id, product_id);
-- How far it has been worked out: the number of the last component, and of the last change of a record. Whoever goes on
-- holds both rows.
CREATE TABLE known_cursor ( -- rows: none, where to go on
	name TEXT PRIMARY KEY,
	n    BIGINT NOT NULL
);
INSERT INTO known_cursor (name, n) VALUES ('component', 0), ('record', 0);
