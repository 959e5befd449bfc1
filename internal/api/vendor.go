// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"time"

	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/product"
)

// Vendor is who makes products, by all names.
type Vendor struct {
	Names     []string   `json:"names" doc:"the first stands for the vendor"`
	Own       bool       `json:"own" doc:"this installation has changed it; the others come with the platform"`
	ChangedAt *time.Time `json:"changed_at,omitempty"`
}

func vendorOf(v product.Vendor) Vendor {
	out := Vendor{Names: v.Names, Own: v.Own}
	if !v.At.IsZero() {
		out.ChangedAt = &v.At
	}
	return out
}

// Vendors are those that go by more than one name.
type Vendors struct {
	Items []Vendor `json:"items"`
}

func (s *Server) vendorList(ctx context.Context, by member.Actor, in *struct {
	Name string `query:"name" maxLength:"100" doc:"only vendors of which a name has this part"`
}) (*reply[Vendors], error) {
	vs, err := s.Products.ListVendors(ctx, by, in.Name)
	if err != nil {
		return nil, err
	}
	out := Vendors{Items: make([]Vendor, 0, len(vs))}
	for _, v := range vs {
		out.Items = append(out.Items, vendorOf(v))
	}
	return answer(out, nil)
}

type vendorJoinInput struct {
	Body struct {
		Names []string `json:"names" maxItems:"50" doc:"of one vendor; the first stands for it. Groups that any of them is in join too" example:"[\"华为\",\"Huawei\"]"`
	}
}

func (s *Server) vendorJoin(ctx context.Context, by member.Actor, in *vendorJoinInput) (*reply[Vendor], error) {
	v, err := s.Products.JoinVendors(ctx, by, in.Body.Names)
	if err != nil {
		return nil, err
	}
	return answer(vendorOf(v), nil)
}

type vendorPartInput struct {
	Body struct {
		Name string `json:"name" doc:"that stands for a vendor of its own from now on"`
	}
}

func (s *Server) vendorPart(ctx context.Context, by member.Actor, in *vendorPartInput) (*struct{}, error) {
	return nil, s.Products.PartVendor(ctx, by, in.Body.Name)
}
