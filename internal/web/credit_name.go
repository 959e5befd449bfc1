// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"net/http"

	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/member"
)

// nameSheet is what the page of an organisation's names shows.
type nameSheet struct {
	Org    member.Org
	Names  []member.Name
	People []member.Affiliation
}

func (s *Server) creditNames(v *view) error {
	return s.creditNamesAgain(v, v.blank(nil), http.StatusOK)
}

func (s *Server) creditNamesAgain(v *view, f *form, status int) (err error) {
	var x nameSheet
	id := v.PathValue("id")
	if x.Names, err = s.Members.Names(v.Context(), v.Actor, id); err != nil {
		return err
	}
	if x.Org, err = s.Members.Org(v.Context(), v.Actor, id); err != nil {
		return err
	}
	if x.People, err = s.Members.Affiliations(v.Context(), v.Actor, id); err != nil {
		return err
	}
	return v.show(status, creditNamesPage(v, x, f))
}

// creditNamesDo does what a button of the page says.
func (s *Server) creditNamesDo(v *view) error {
	f, err := v.parse()
	if err != nil {
		return err
	}
	id := v.PathValue("id")
	switch f.Get("do") {
	case "add-name":
		_, err = s.Members.AddName(v.Context(), v.Actor, id, member.NameKind(f.Get("kind")), f.Get("name"))
	case "remove-name":
		err = s.Members.RemoveName(v.Context(), v.Actor, id, f.Get("id"), f.Get("why"))
	case "add-person":
		in := member.AffiliationInput{Person: f.Get("person"), Source: f.Get("source")}
		if in.From, err = f.Time("from"); err == nil {
			in.Until, err = f.Time("until")
		}
		if err == nil {
			_, err = s.Members.AddAffiliation(v.Context(), v.Actor, id, in)
		}
	case "dispute":
		err = s.Members.DisputeAffiliation(v.Context(), v.Actor, id, f.Get("id"), f.Get("why"))
	case "remove-person":
		err = s.Members.RemoveAffiliation(v.Context(), v.Actor, id, f.Get("id"), f.Get("why"))
	default:
		err = fault.Missing()
	}
	if err != nil {
		if err := f.refuse(err, ""); err != nil {
			return err
		}
		return s.creditNamesAgain(v, f, http.StatusUnprocessableEntity)
	}
	return v.see("/members/" + pathEscape(id) + "/names")
}

// keepsNames reports whether the reader may change the names.
func (v *view) keepsNames(orgID string) bool {
	return v.Actor.Is(member.Administrator) || v.Actor.Staff() || v.disputes(orgID)
}

// disputes reports whether the reader may dispute what public records say of the organisation's people.
func (v *view) disputes(orgID string) bool {
	return v.Actor.OrgID == orgID && v.Actor.Is(member.OrgAdmin)
}

// readsNames reports whether the reader may see the names.
func (v *view) readsNames(orgID string) bool {
	return v.keepsNames(orgID) || v.Actor.OrgID == orgID && orgID != ""
}

// period is from when until when, as far as the source says.
func (v *view) period(a member.Affiliation) string {
	from, until := v.P.Date(a.From), v.P.Date(a.Until)
	if a.Until.IsZero() {
		if a.From.IsZero() {
			return ""
		}
		until = v.T("web.credit.open-end")
	}
	return from + " – " + until
}
