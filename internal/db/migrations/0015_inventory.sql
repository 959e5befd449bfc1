-- SPDX-FileCopyrightText: The Fengsui Authors
-- SPDX-License-Identifier: Apache-2.0

-- +goose Up
-- product: owner internal/product
-- A component of one release of a distribution is not that of another, and one without an ecosystem goes by its CPE too.
CREATE TABLE component_new ( -- rows: each
	id        BIGINT PRIMARY KEY,
	ecosystem TEXT NOT NULL,
	name      TEXT NOT NULL,
	release   TEXT NOT NULL, -- of the distribution, "" where there is none or it is not known
	version   TEXT NOT NULL,
	cpe       TEXT NOT NULL, -- "" where the ecosystem's own rules decide
	cpe_name  TEXT NOT NULL, -- part, vendor and product of cpe: "a:busybox:busybox"
	purl      TEXT NOT NULL,
	UNIQUE (ecosystem, name, release, version, cpe)
);
INSERT INTO component_new (id, ecosystem, name, release, version, cpe, cpe_name, purl)
	SELECT id, ecosystem, name, '', version, '', '', purl FROM component;
DROP TABLE component;
ALTER TABLE component_new RENAME TO component;
CREATE INDEX component_cpe ON component (cpe_name) WHERE cpe_name <> '';

-- contents is the whole list in one value (product.Graph); n is the short number under which its components stand in
-- holding. The list that is current has it and hands it over to the next one; others have none.
ALTER TABLE sbom ADD COLUMN n BIGINT;
ALTER TABLE sbom ADD COLUMN contents BYTEA;
CREATE INDEX sbom_n ON sbom (n, product_id, version, id);
CREATE TABLE holding ( -- rows: none, it is computed from the contents of current lists; the audit compares it with them
	component_id BIGINT NOT NULL,
	sbom_n       BIGINT NOT NULL,
	PRIMARY KEY (component_id, sbom_n)
); -- clustered

-- What lists held before they had contents. The next start takes it over and leaves nothing here.
CREATE TABLE sbom_before ( -- rows: none, the next start takes it over, from the documents where they are kept, and empties it
	sbom_id TEXT PRIMARY KEY,
	held    TEXT NOT NULL -- "id,id,…;id,…;id>id,…": components, those that are roots, edges
);
INSERT INTO sbom_before (sbom_id, held) SELECT s.id,
	coalesce((SELECT string_agg(CAST(x.component_id AS TEXT), ',') FROM sbom_component x WHERE x.sbom_id = s.id), '') || ';' ||
	coalesce((SELECT string_agg(CAST(x.component_id AS TEXT), ',') FROM sbom_component x WHERE x.sbom_id = s.id AND x.root), '') || ';' ||
	coalesce((SELECT string_agg(CAST(e.parent AS TEXT) || '>' || CAST(e.child AS TEXT), ',') FROM sbom_edge e WHERE e.sbom_id = s.id), '') FROM sbom s;
DROP TABLE sbom_edge;
DROP TABLE sbom_component;
