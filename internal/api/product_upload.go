// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package api

import (
	"context"
	"time"

	"github.com/fengsui/fengsui/internal/member"
	"github.com/fengsui/fengsui/internal/product"
)

// Upload is a component list that is worked on after the answer.
type Upload struct {
	ID        string    `json:"id"`
	Product   string    `json:"product" doc:"id"`
	Version   string    `json:"version" doc:"of the product"`
	Name      string    `json:"name,omitempty" doc:"of the file"`
	Size      int64     `json:"size" doc:"bytes"`
	State     string    `json:"state" enum:"waiting,reading,storing,done,failed,cancelled"`
	Done      int64     `json:"done" doc:"components that are stored"`
	Total     int64     `json:"total" doc:"components to store; 0 until it is known"`
	SBOM      string    `json:"sbom,omitempty" doc:"id of the component list, when it is done"`
	Problem   *Problem  `json:"problem,omitempty" doc:"why it failed"`
	CreatedAt time.Time `json:"created_at"`
	ChangedAt time.Time `json:"changed_at"`
}

func (s *Server) uploadOf(ctx context.Context, u product.Upload) Upload {
	out := Upload{ID: u.ID, Product: u.ProductID, Version: u.Version, Name: u.Name, Size: u.Size, State: string(u.State), Done: u.Done, Total: u.Total, SBOM: u.SBOMID,
		CreatedAt: u.CreatedAt, ChangedAt: u.ChangedAt}
	if u.Fault != nil {
		out.Problem = s.problem(ctx, printer(ctx), u.Fault)
	}
	return out
}

type uploadInput struct {
	ByID
	Version string `query:"version" required:"true" maxLength:"200" doc:"of the product the document describes"`
	Name    string `query:"name" maxLength:"200" doc:"of the file"`
	RawBody []byte `contentType:"application/octet-stream"`
}

// accepted is an answer that says where to look for the rest.
type accepted struct {
	Location string `header:"Location"`
	Body     Upload
}

func (s *Server) sbomUpload(ctx context.Context, by member.Actor, in *uploadInput) (*accepted, error) {
	u, err := s.Products.Upload(ctx, by, in.ID, in.Version, in.Name, in.RawBody)
	if err != nil {
		return nil, err
	}
	return &accepted{Location: "/api/v1/uploads/" + u.ID, Body: s.uploadOf(ctx, u)}, nil
}

func (s *Server) uploadGet(ctx context.Context, by member.Actor, in *ByID) (*reply[Upload], error) {
	u, err := s.Products.OneUpload(ctx, by, in.ID)
	if err != nil {
		return nil, err
	}
	return answer(s.uploadOf(ctx, u), nil)
}

func (s *Server) uploadCancel(ctx context.Context, by member.Actor, in *ByID) (*reply[Upload], error) {
	u, err := s.Products.CancelUpload(ctx, by, in.ID)
	if err != nil {
		return nil, err
	}
	return answer(s.uploadOf(ctx, u), nil)
}

// ProductTable is what became of a table of products.
type ProductTable struct {
	Rows     int `json:"rows"`
	New      int `json:"new" doc:"products that were not in the directory"`
	Known    int `json:"known" doc:"products that were"`
	Versions int `json:"versions" doc:"new versions of all"`
	Counted  int `json:"counted" doc:"versions with a number of devices"`
}

type tableInput struct {
	Check   bool   `query:"check" doc:"only say what would become of it"`
	RawBody []byte `contentType:"application/octet-stream"`
}

func (s *Server) productTable(ctx context.Context, by member.Actor, in *tableInput) (*reply[ProductTable], error) {
	t, err := s.Products.ImportCSV(ctx, by, in.RawBody, in.Check)
	return answer(ProductTable{t.Rows, t.New, t.Known, t.Versions, t.Counted}, err)
}
