// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package web

import (
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/report"
)

// What stands in a report several times stands in its form in rows. The first range is asked beside the product that it
// is about; further ones, and one that this does not hold, are rows of their own: a form never loses what it was given.

// rowNames are the columns of a further range.
var rowNames = []string{"purl", "vendor", "product", "model", "introduced", "fixed", "last_affected", "versions"}

// fillRows puts the ranges and those who were told into the form.
func fillRows(f *form, c report.Content) {
	further := c.Affected
	if len(further) > 0 && simple(c, further[0]) {
		a := further[0]
		f.values["introduced"], f.values["fixed"], f.values["last_affected"] = []string{a.Introduced}, []string{a.Fixed}, []string{a.LastAffected}
		further = further[1:]
	}
	for _, a := range further {
		for j, value := range []string{a.PURL, a.Vendor, a.Product, a.Model, a.Introduced, a.Fixed, a.LastAffected, strings.Join(a.Versions, ", ")} {
			f.values["affected_"+rowNames[j]] = append(f.values["affected_"+rowNames[j]], value)
		}
	}
	for _, t := range c.Told {
		f.values["told_who"], f.values["told_at"] = append(f.values["told_who"], t.Who), append(f.values["told_at"], input(t.At))
	}
}

// firstRange is the range that is asked beside the product: of the package, or of the product where there is none.
func firstRange(c report.Content, introduced, fixed, last string) report.Affected {
	a := report.Affected{PURL: c.PURL, Introduced: introduced, Fixed: fixed, LastAffected: last}
	if c.PURL == "" {
		a.Vendor, a.Product, a.Model = c.Vendor, c.Product, c.Model
	}
	return a
}

// bounded reports whether a range beside the product says anything that the product does not.
func bounded(a report.Affected) bool {
	return a.Fixed+a.LastAffected != "" || a.PURL != "" && a.Introduced != ""
}

// simple reports whether the fields beside the product hold all of a range.
func simple(c report.Content, a report.Affected) bool {
	return bounded(a) && reflect.DeepEqual(a, firstRange(c, a.Introduced, a.Fixed, a.LastAffected))
}

// rows are the ranges and those who were told, with the row of the form from which each comes.
type rows struct {
	affected        []report.Affected
	told            []report.Told
	ranges, tellees []int // -1 is the range beside the product
}

// readRows reads the rows of the form; empty ones are left out.
func readRows(f *form, c report.Content) (r rows, err error) {
	if a := firstRange(c, f.Get("introduced"), f.Get("fixed"), f.Get("last_affected")); bounded(a) {
		r.affected, r.ranges = append(r.affected, a), append(r.ranges, -1)
	}
	for i := range f.All("affected_purl") {
		at := func(name string) string { return f.At("affected_"+name, i) }
		a := report.Affected{PURL: at("purl"), Vendor: at("vendor"), Product: at("product"), Model: at("model"), Introduced: at("introduced"), Fixed: at("fixed"), LastAffected: at("last_affected")}
		for _, x := range strings.Split(at("versions"), ",") {
			if x = strings.TrimSpace(x); x != "" {
				a.Versions = append(a.Versions, x)
			}
		}
		if !reflect.DeepEqual(a, report.Affected{}) {
			r.affected, r.ranges = append(r.affected, a), append(r.ranges, i)
		}
	}
	for i := range f.All("told_who") {
		at, err := moment(f.At("told_at", i), fmt.Sprintf("told_at[%d]", i))
		if err != nil {
			return r, err
		}
		if t := (report.Told{Who: f.At("told_who", i), At: at}); t != (report.Told{}) {
			r.told, r.tellees = append(r.told, t), append(r.tellees, i)
		}
	}
	return r, nil
}

var inRow = regexp.MustCompile(`^(affected|told)\[(\d+)\]\.(\w+)`)

// locate names broken rules by the rows of the form instead of the places in the content.
func (r rows) locate(f *form) {
	errs := map[string]fault.Field{}
	for name, x := range f.errs {
		if m := inRow.FindStringSubmatch(name); m != nil {
			n, _ := strconv.Atoi(m[2])
			switch {
			case m[1] == "told" && n < len(r.tellees):
				name = fmt.Sprintf("told_%s[%d]", m[3], r.tellees[n])
			case m[1] == "affected" && n < len(r.ranges) && r.ranges[n] < 0:
				name = m[3]
			case m[1] == "affected" && n < len(r.ranges):
				name = fmt.Sprintf("affected[%d].%s", r.ranges[n], m[3])
			}
		}
		errs[name] = x
	}
	f.errs = errs
}

// roomy is how many rows the form shows: those that it has, and an empty one at the end.
func roomy(f *form, names ...string) int {
	n := 0
	for _, name := range names {
		for i := range f.All(name) {
			if f.At(name, i) != "" {
				n = max(n, i+1)
			}
		}
	}
	return n + 1
}

// rangeRoom is roomy for further ranges.
func rangeRoom(f *form) int {
	var names []string
	for _, name := range rowNames {
		names = append(names, "affected_"+name)
	}
	return roomy(f, names...)
}
