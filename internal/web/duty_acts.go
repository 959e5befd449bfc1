// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/member"
)

// waitingActs are the acts about duties that wait for a person of staff.
type waitingActs struct {
	Unsigned, Unseen []duty.Pending // Unseen: nil for who is no supervisor
	orgs             map[string]member.Org
	people           map[string]string
}

// dutyActList shows what waits for a second signature and, to supervisors, what gave more time and nobody has looked at.
func (s *Server) dutyActList(v *view) (err error) {
	var x waitingActs
	if x.Unsigned, err = s.Duties.Unsigned(v.Context(), v.Actor); err != nil {
		return err
	}
	if v.Actor.Is(member.Supervisor) {
		if x.Unseen, err = s.Duties.Unseen(v.Context(), v.Actor); err != nil {
			return err
		}
	}
	var orgs, people []string
	for _, ps := range [][]duty.Pending{x.Unsigned, x.Unseen} {
		for _, p := range ps {
			orgs, people = append(orgs, p.Duty.OrgID, p.ByOrg), append(people, p.By)
		}
	}
	if x.orgs, err = s.names(v, orgs); err != nil {
		return err
	}
	if x.people, err = s.people(v, people); err != nil {
		return err
	}
	return v.ok(dutyActListPage(v, x))
}

// actWhose names who did or proposed an act: a person of staff, or the organisation.
func (v *view) actWhose(x waitingActs, a duty.Act) string {
	if name := x.people[a.By]; name != "" {
		return name
	}
	return v.orgName(x.orgs, a.ByOrg)
}
