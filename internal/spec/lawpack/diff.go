// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package lawpack

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A Change is one thing in which a version of a regime differs from another.
type Change struct {
	Duty string // its id, "" for the pack itself
	Item string // as the file names it: "due.value", "roles"
	From string // "" when the item, or the duty, is new
	To   string // "" when it is gone
}

// Diff tells in what pack b differs from a, in the order of the file: the pack first, then duties. A duty that is new
// or gone is one change with the Item "duty". The tests of the packs are not compared.
func Diff(a, b *Pack) (out []Change) {
	add := func(duty string, x, y map[string]string) {
		for _, item := range slices.Sorted(maps.Keys(union(x, y))) {
			if x[item] != y[item] {
				out = append(out, Change{duty, item, x[item], y[item]})
			}
		}
	}
	add("", a.items(), b.items())
	old := map[string]*Duty{}
	for _, d := range a.Duties {
		old[d.ID] = d
	}
	for _, d := range b.Duties {
		before, ok := old[d.ID]
		delete(old, d.ID)
		if !ok {
			out = append(out, Change{d.ID, "duty", "", d.Name.ZH + " / " + d.Name.EN})
			continue
		}
		add(d.ID, before.items(), d.items())
	}
	for _, d := range a.Duties {
		if old[d.ID] != nil {
			out = append(out, Change{d.ID, "duty", d.Name.ZH + " / " + d.Name.EN, ""})
		}
	}
	return out
}

func union(a, b map[string]string) map[string]string {
	out := maps.Clone(a)
	maps.Copy(out, b)
	return out
}

func (t Text) put(m map[string]string, item string) { m[item+".zh"], m[item+".en"] = t.ZH, t.EN }

func (d Date) String() string {
	if d.IsZero() {
		return ""
	}
	return d.Format("2006-01-02")
}

// items are what a pack says of itself, as the file names it.
func (p *Pack) items() map[string]string {
	m := map[string]string{"version": p.Version, "law": p.Law, "jurisdiction": p.Jurisdiction, "zone": p.Zone, "status": string(p.Status),
		"effective.from": p.Effective.From.String(), "effective.to": p.Effective.To.String(), "confidence": string(p.Confidence), "source": p.Source}
	p.Title.put(m, "title")
	p.Cite.put(m, "cite")
	p.Note.put(m, "note")
	for _, r := range p.Recipients {
		m["recipients."+r.ID] = r.Name.ZH + " / " + r.Name.EN + ", " + r.Jurisdiction + ", " + r.Channel
	}
	return m
}

// items are what a duty is, as the file names it.
func (d *Duty) items() map[string]string {
	m := map[string]string{"rule": d.Rule, "roles": words(d.Roles), "force": string(d.Force), "when": d.When.String(), "unless": d.Unless.String(), "from": d.From.String(),
		"trigger": d.Trigger, "anchor": d.Anchor, "fields": words(d.Fields), "recipients": words(d.Recipients), "evidence": words(d.Evidence),
		"article": d.Article, "confidence": string(d.Confidence), "pausable": yesNo(d.Pausable),
		"due.kind": string(d.Due.Kind), "due.value": d.Due.Value.text(), "due.soft": d.Due.Soft.text(), "due.readings": words(d.Due.Readings),
		"due.calendar": d.Due.Calendar, "due.by": d.Due.By, "due.late": d.Due.Late.text()}
	d.Name.put(m, "name")
	d.Text.put(m, "text")
	d.Where.put(m, "where")
	if d.Due.Days > 0 {
		m["due.days"] = fmt.Sprint(d.Due.Days)
	}
	var of, over []string
	for _, t := range d.Due.Of {
		of = append(of, t.text())
	}
	for _, o := range d.Due.Override {
		over = append(over, strings.TrimSpace(o.When.String()+": "+o.Anchor+" "+o.Value.text()))
	}
	m["due.of"], m["due.override"] = strings.Join(of, ", "), strings.Join(over, "; ")
	return m
}

func words[T ~string](xs []T) string {
	out := make([]string, len(xs))
	for i, x := range xs {
		out[i] = string(x)
	}
	return strings.Join(out, ", ")
}

func yesNo(b bool) string {
	if b {
		return Yes
	}
	return ""
}

func (p Period) text() string {
	if p.IsZero() {
		return ""
	}
	return p.String()
}

func (t Term) text() string {
	if t == (Term{}) {
		return ""
	}
	return t.Anchor + " + " + t.Value.text()
}

// String writes facts as a pack does, by name.
func (w When) String() string {
	var parts []string
	for _, fact := range slices.Sorted(maps.Keys(w)) {
		parts = append(parts, fact+": "+strings.Join(w[fact], ", "))
	}
	return strings.Join(parts, "; ")
}
