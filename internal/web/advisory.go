// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"net/http"
	"strconv"

	"github.com/fengsui/fengsui/internal/advisory"
	"github.com/fengsui/fengsui/internal/fault"
)

func (s *Server) advisoryList(v *view) error {
	q := v.URL.Query()
	as, next, err := s.Advisories.Public(v.Context(), advisory.Filter{Text: q.Get("q"), After: q.Get("after"), Limit: 30})
	if err != nil {
		return err
	}
	return v.ok(advisoryListPage(v, as, next))
}

func (s *Server) advisoryShow(v *view) error {
	a, revs, err := s.Advisories.PublicByNumber(v.Context(), v.PathValue("number"))
	if err != nil {
		return err
	}
	return v.ok(advisoryPage(v, a, revs))
}

func (s *Server) advisoryDraft(v *view) error {
	a, err := s.Advisories.Draft(v.Context(), v.Actor, v.PathValue("id"))
	if err != nil {
		return s.caseDo(v, func(*form, string) error { return err })
	}
	return v.see("/advisory-drafts/" + pathEscape(a.ID))
}

func (s *Server) advisoryEdit(v *view) error {
	a, err := s.Advisories.Get(v.Context(), v.Actor, v.PathValue("id"))
	if err != nil {
		return err
	}
	return s.advisoryAgain(v, a, advisoryForm(v, a), http.StatusOK)
}

func advisoryForm(v *view, a advisory.Advisory) *form {
	f := caseForm(v, a.Content.Content)
	f.values["rev"] = []string{strconv.Itoa(a.Rev)}
	f.values["summary"] = []string{a.Content.Summary}
	if a.Content.FixReady {
		f.values["fix_ready"] = []string{"yes"}
	}
	return f
}

func (s *Server) advisoryAgain(v *view, a advisory.Advisory, f *form, status int) error {
	names, err := s.people(v, []string{a.DraftedBy, a.ReviewedBy})
	if err != nil {
		return err
	}
	return v.show(status, advisoryEditPage(v, a, advisory.Lint(a.Content), names, f))
}

// advisoryDo runs a verb on a draft advisory from its page.
func (s *Server) advisoryDo(v *view, do func(f *form, id string) error) error {
	f, err := v.parse()
	if err != nil {
		return err
	}
	id := v.PathValue("id")
	err = do(f, id)
	if err == nil {
		return v.see("/advisory-drafts/" + pathEscape(id))
	}
	status := http.StatusUnprocessableEntity
	if e, ok := asFault(err); ok && e.Kind == fault.Forbidden {
		f.Err, status, err = e, http.StatusForbidden, nil
	} else {
		err = f.refuse(err, "content.")
	}
	if err != nil {
		return err
	}
	a, err := s.Advisories.Get(v.Context(), v.Actor, id)
	if err != nil {
		return err
	}
	if f.Get("title") == "" { // a button, not the form: show the draft as it is
		shown := advisoryForm(v, a)
		shown.Err = f.Err
		f = shown
	}
	return s.advisoryAgain(v, a, f, status)
}

func (s *Server) advisoryEditPost(v *view) error {
	return s.advisoryDo(v, func(f *form, id string) error {
		rev, err := f.Int("rev")
		if err != nil {
			return err
		}
		c := advisory.Content{Content: caseContent(f), FixReady: f.Get("fix_ready") != ""}
		a, err := s.Advisories.Get(v.Context(), v.Actor, id)
		if err != nil {
			return err
		}
		c.Exploited = a.Content.Exploited
		_, err = s.Advisories.Edit(v.Context(), v.Actor, id, rev, c, f.Get("summary"))
		return err
	})
}

func (s *Server) advisorySubmit(v *view) error {
	return s.advisoryDo(v, func(_ *form, id string) error {
		_, err := s.Advisories.Submit(v.Context(), v.Actor, id)
		return err
	})
}

func (s *Server) advisoryPublish(v *view) error {
	return s.advisoryDo(v, func(f *form, id string) error {
		rev, err := f.Int("rev")
		if err != nil {
			return err
		}
		_, err = s.Advisories.Publish(v.Context(), v.Actor, id, rev)
		return err
	})
}
