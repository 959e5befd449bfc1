// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning

import (
	"github.com/fengsui/fengsui/internal/db"
	"github.com/fengsui/fengsui/internal/member"
)

// Ground is the condition on casefile c under which an actor's unit has received a warning about the case. A warning that
// was received tells about the unit's own products whatever became of the case; a suspended unit keeps those of the first
// wave. An exercise is none. It is "" where there is no such ground.
func Ground(by member.Actor, a *db.Args) string {
	if !by.SignedIn() || by.OrgID == "" || by.Staff() || !by.Allows(member.ScopeWarning) {
		return ""
	}
	out := `EXISTS (SELECT 1 FROM warning w JOIN warning_recipient r ON r.warning_id = w.id WHERE w.case_id = c.id AND NOT w.exercise AND r.org_id = ` + a.P(by.OrgID)
	if !by.May(member.ToWarnings) {
		out += ` AND r.wave = 1`
	}
	return out + `)`
}
