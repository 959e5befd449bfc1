// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/member"
)

// names looks up the organisations that a page mentions.
func (s *Server) names(v *view, ids []string) (orgs map[string]member.Org, err error) {
	err = s.DB.View(v.Context(), func(tx *db.Tx) error {
		orgs, err = s.Members.OrgNames(v.Context(), tx, ids)
		return err
	})
	return orgs, err
}

// people looks up the persons that a page mentions.
func (s *Server) people(v *view, ids []string) (names map[string]string, err error) {
	err = s.DB.View(v.Context(), func(tx *db.Tx) error {
		names, err = s.Members.AccountNames(v.Context(), tx, ids)
		return err
	})
	return names, err
}

func dutyOrgs(ds []duty.Duty) (ids []string) {
	for _, d := range ds {
		ids = append(ids, d.OrgID)
	}
	return ids
}

// orgName is an organisation's name in the reader's language, or a dash.
func (v *view) orgName(orgs map[string]member.Org, id string) string {
	if o, ok := orgs[id]; ok {
		return o.Name(v.P.Lang())
	}
	return "—"
}
