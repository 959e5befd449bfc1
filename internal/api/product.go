// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"time"

	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/product"
)

// Product is a product in the directory.
type Product struct {
	ID        string    `json:"id"`
	Vendor    string    `json:"vendor"`
	Name      string    `json:"name"`
	NameEN    string    `json:"name_en,omitempty"`
	Model     string    `json:"model,omitempty"`
	Kind      string    `json:"kind" enum:"software,hardware,service"`
	CPE       string    `json:"cpe,omitempty"`
	PURL      string    `json:"purl,omitempty"`
	Versions  []string  `json:"versions" nullable:"false"`
	CreatedAt time.Time `json:"created_at"`
	SBOMs     []SBOM    `json:"sboms,omitempty" nullable:"false"`
}

// SBOM is an uploaded component list.
type SBOM struct {
	ID          string    `json:"id"`
	Version     string    `json:"version" doc:"of the product"`
	Format      string    `json:"format"`
	SpecVersion string    `json:"spec_version"`
	SHA256      string    `json:"sha256"`
	Components  int       `json:"components"`
	Edges       int       `json:"edges"`
	Current     bool      `json:"current"`
	At          time.Time `json:"at"`
}

func productOf(p product.Product) Product {
	return Product{ID: p.ID, Vendor: p.Vendor, Name: p.Name, NameEN: p.NameEN, Model: p.Model, Kind: string(p.Kind), CPE: p.CPE, PURL: p.PURL,
		Versions: each(p.Versions, func(v string) string { return v }), CreatedAt: p.CreatedAt}
}

func sbomOf(b product.SBOM) SBOM {
	return SBOM{ID: b.ID, Version: b.Version, Format: b.Format, SpecVersion: b.SpecVersion, SHA256: b.SHA256, Components: b.Components, Edges: b.Edges, Current: b.Current, At: b.At}
}

// NewProduct registers a product.
type NewProduct struct {
	Vendor   string   `json:"vendor" maxLength:"300"`
	Name     string   `json:"name" maxLength:"300"`
	NameEN   string   `json:"name_en,omitempty" maxLength:"300"`
	Model    string   `json:"model,omitempty" maxLength:"300"`
	Kind     string   `json:"kind,omitempty" enum:"software,hardware,service" default:"software"`
	CPE      string   `json:"cpe,omitempty" maxLength:"500"`
	PURL     string   `json:"purl,omitempty" maxLength:"1024"`
	Versions []string `json:"versions,omitempty" nullable:"false" maxItems:"500"`
}

func (s *Server) productRegister(ctx context.Context, by member.Actor, in *body[NewProduct]) (*reply[Product], error) {
	b := in.Body
	p, err := s.Products.Register(ctx, by, product.Input{OrgID: by.OrgID, Vendor: b.Vendor, Name: b.Name, NameEN: b.NameEN, Model: b.Model, Kind: product.Kind(b.Kind),
		CPE: b.CPE, PURL: b.PURL, Versions: b.Versions})
	return answer(productOf(p), err)
}

type productListInput struct {
	Page
	Text string `query:"q" maxLength:"200" doc:"part of vendor, name or model"`
}

func (s *Server) productList(ctx context.Context, by member.Actor, in *productListInput) (*reply[list[Product]], error) {
	ps, next, err := s.Products.List(ctx, by, product.Filter{Text: in.Text, After: in.After, Limit: in.Limit})
	return answer(lists(ps, next, productOf), err)
}

func (s *Server) productGet(ctx context.Context, by member.Actor, in *ByID) (*reply[Product], error) {
	p, err := s.Products.Get(ctx, by, in.ID)
	if err != nil {
		return nil, err
	}
	out := productOf(p)
	sboms, err := s.Products.SBOMs(ctx, by, in.ID)
	out.SBOMs = each(sboms, sbomOf)
	return answer(out, err)
}

// NewVersion is a further version of a product.
type NewVersion struct {
	Version string `json:"version" maxLength:"200"`
}

func (s *Server) versionAdd(ctx context.Context, by member.Actor, in *withBody[NewVersion]) (*reply[Product], error) {
	p, err := s.Products.AddVersion(ctx, by, in.ID, in.Body.Version)
	return answer(productOf(p), err)
}

type sbomInput struct {
	ByID
	Version string `query:"version" required:"true" maxLength:"200" doc:"of the product the document describes"`
	RawBody []byte `contentType:"application/octet-stream"`
}

func (s *Server) sbomPush(ctx context.Context, by member.Actor, in *sbomInput) (*reply[SBOM], error) {
	b, err := s.Products.PushSBOM(ctx, by, in.ID, in.Version, in.RawBody)
	return answer(sbomOf(b), err)
}

// SBOMDiff is what changed from one component list to another; a component in another version is removed and added.
type SBOMDiff struct {
	Added   []Component `json:"added" nullable:"false"`
	Removed []Component `json:"removed" nullable:"false"`
}

// Component is a package in a version.
type Component struct {
	Ecosystem string `json:"ecosystem,omitempty"`
	Name      string `json:"name"`
	Version   string `json:"version"`
	PURL      string `json:"purl,omitempty"`
}

func componentOf(c product.Component) Component {
	return Component{Ecosystem: c.Ecosystem, Name: c.Name, Version: c.Version, PURL: c.PURL}
}

type diffInput struct {
	ByID
	Other string `path:"other" maxLength:"200" doc:"id of the newer list"`
}

func (s *Server) sbomDiff(ctx context.Context, by member.Actor, in *diffInput) (*reply[SBOMDiff], error) {
	d, err := s.Products.Diff(ctx, by, in.ID, in.Other)
	return answer(SBOMDiff{each(d.Added, componentOf), each(d.Removed, componentOf)}, err)
}
