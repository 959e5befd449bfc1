// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package feed

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/fengsui/fengsui/internal/advisory"
	"github.com/fengsui/fengsui/internal/fault"
)

// osvFile is one OSV record as a file: /osv/FS-2021-000001.json, also by its OSV id.
func (s *Server) osvFile(r *http.Request) (body, error) {
	number, ok := strings.CutSuffix(r.PathValue("file"), ".json")
	if !ok {
		return body{}, fault.Missing()
	}
	return s.osv(r, number)
}

func (s *Server) osv(r *http.Request, id string) (body, error) {
	a, _, err := s.Advisories.PublicByNumber(r.Context(), strings.TrimPrefix(id, advisory.OSVPrefix))
	if err != nil {
		return body{}, err
	}
	record := s.Advisories.OSV(a)
	if id != a.Number && id != record.ID { // an alias names the record of another database
		return body{}, fault.Missing()
	}
	if err := record.Check(); err != nil {
		return body{}, fmt.Errorf("OSV record of %s: %w", a.Number, err)
	}
	b, err := encoded(record)
	b.at = a.UpdatedAt
	return b, err
}
