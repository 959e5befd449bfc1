// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fengsui/fengsui/internal/i18n"
	"github.com/fengsui/fengsui/internal/report"
	"github.com/fengsui/fengsui/internal/spec/openvex"
	"github.com/fengsui/fengsui/internal/warning"
)

// step is one of the releases of December 2021 that were to mend Log4j2, on the lines for Java 8, 7 and 6.
type step struct {
	cve      string // the further flaw that it mends
	ends     []string
	zh, en   string // what to do
	mitigate string // what changes for those who cannot upgrade, "" for nothing
}

// steps are those after 2.15.0, by the public record.
var steps = []step{
	{"CVE-2021-45046", []string{"2.0-beta9", "2.12.2", "2.13.0", "2.16.0"},
		"升级到 log4j-core 2.16.0（Java 7 为 2.12.2）或更高版本；2.15.0 的修复不完整。", "Upgrade to log4j-core 2.16.0 (2.12.2 for Java 7) or later; the fix in 2.15.0 is incomplete.",
		"不能立即升级的，从类路径中移除 JndiLookup 类；仅关闭消息查找不足以缓解。"},
	{"CVE-2021-45105", []string{"2.0-beta9", "2.3.1", "2.4", "2.12.3", "2.13.0", "2.17.0"},
		"升级到 log4j-core 2.17.0（Java 7 为 2.12.3，Java 6 为 2.3.1）或更高版本。", "Upgrade to log4j-core 2.17.0 (2.12.3 for Java 7, 2.3.1 for Java 6) or later.", ""},
	{"CVE-2021-44832", []string{"2.0-beta9", "2.3.2", "2.4", "2.12.4", "2.13.0", "2.17.1"},
		"升级到 log4j-core 2.17.1（Java 7 为 2.12.4，Java 6 为 2.3.2）或更高版本。", "Upgrade to log4j-core 2.17.1 (2.12.4 for Java 7, 2.3.2 for Java 6) or later.", ""},
}

// revises is the scene in which the case learns of a further flaw, and two duty officers amend the warning. What that makes
// void, the platform works out.
func revises(x step) func(*stage, context.Context) error {
	return func(st *stage, ctx context.Context) error {
		c, err := st.s.Cases.Get(ctx, st.as("analyst"), st.caseID)
		if err != nil {
			return err
		}
		in := c.Content
		in.Affected, in.Aliases, in.Fix, in.FixEN = nil, append(slices.Clone(in.Aliases), x.cve), x.zh, x.en
		for i := 0; i < len(x.ends); i += 2 {
			in.Affected = append(in.Affected, report.Affected{PURL: component, Introduced: x.ends[i], Fixed: x.ends[i+1]})
		}
		if x.mitigate != "" {
			in.Workaround = x.mitigate
		}
		if _, err := st.s.Cases.Edit(ctx, st.as("analyst"), st.caseID, c.Rev, in); err != nil {
			return err
		}
		if err := st.settle(ctx); err != nil {
			return err
		}
		return st.amend(ctx, x.zh+"\n"+in.Workaround, x.en+"\n"+in.WorkaroundEN)
	}
}

// amend revises the released warning with other measures.
func (st *stage) amend(ctx context.Context, zh, en string) error {
	w, err := st.s.Warnings.Revise(ctx, st.as("officer"), st.warningID, warning.Amendment)
	if err != nil {
		return err
	}
	w.Content.Measures, w.Content.MeasuresEN = strings.TrimSpace(zh), strings.TrimSpace(en)
	if w, err = st.s.Warnings.Edit(ctx, st.as("officer"), w.ID, warning.EditInput{Rev: w.Rev, Level: w.Level, TLP: w.TLP, Content: w.Content, RespondBy: st.clock.Now().Add(12 * time.Hour)}); err != nil {
		return err
	}
	if w.Level.TwoPersons() {
		if err := st.s.Warnings.Approve(ctx, st.as("officer"), w.ID, w.Rev); err != nil {
			return err
		}
	}
	return st.release(ctx)
}

// mends is the scene in which the maker of the router says that its first firmware does not mend the flaw.
func (st *stage) mends(ctx context.Context) error {
	c, err := st.s.Cases.Get(ctx, st.as("analyst"), st.caseID)
	if err != nil {
		return err
	}
	in := c.Content
	in.Affected = slices.Clone(in.Affected)
	if len(in.Affected) == 0 {
		return fmt.Errorf("the case %s names nothing affected", c.Number)
	}
	in.Affected[0].Fixed = "V3.2.3"
	in.Fix, in.FixEN = "升级到固件 V3.2.3；V3.2.2 恢复出厂设置后口令仍然有效。", "Upgrade to firmware V3.2.3: with V3.2.2 the password comes back after a factory reset."
	if _, err := st.s.Cases.Edit(ctx, st.as("analyst"), st.caseID, c.Rev, in); err != nil {
		return err
	}
	if err := st.settle(ctx); err != nil {
		return err
	}
	return st.amend(ctx, in.Fix, in.FixEN)
}

// mitigated is the scene in which somebody is not affected because of what it has switched off.
func mitigated(who, comment string) func(*stage, context.Context) error {
	return func(st *stage, ctx context.Context) error {
		_, err := st.s.Warnings.Acknowledge(ctx, st.as(who), st.warningID, warning.AnswerInput{Answer: warning.AffectedNo, Justification: openvex.InlineMitigationsExist, Comment: comment})
		return err
	}
}

// reopened says whom a revision asks again and why, and whose answers stand.
func (d *Demo) reopened(ctx context.Context, p i18n.Printer, id string) (lines []string) {
	rows, _, err := d.s.Warnings.Board(ctx, d.as("officer"), id, warning.BoardQuery{Limit: 2000})
	if err != nil {
		return nil
	}
	for _, r := range rows {
		switch x := r.Recipient; {
		case x.Carried == warning.Stands:
			lines = append(lines, p.T("demo.stands", r.Org.Name(p.Lang()), p.T("warning.answer."+string(x.Answer))))
		case x.Carried != "":
			lines = append(lines, p.T("demo.reopened", r.Org.Name(p.Lang()), p.T("warning.answer."+string(x.Was)), p.T("warning.void."+x.Carried)))
		}
	}
	return lines
}
