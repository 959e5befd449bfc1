// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package csaf

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
)

var released = time.Date(2021, 12, 10, 8, 0, 0, 123456789, time.FixedZone("CST", 8*3600))

// whole is a document that breaks nothing.
func whole() Document {
	tree := &ProductTree{}
	bad := tree.Add(Leaf{Vendor: "Apache", Product: "log4j-core", Category: BranchRange, Version: "vers:maven/>=2.0-beta9|<2.15.0", Helper: Helper{PURL: "pkg:maven/org.apache.logging.log4j/log4j-core"}})
	good := tree.Add(Leaf{Vendor: "Apache", Product: "log4j-core", Category: BranchVersion, Version: "2.15.0", Helper: Helper{PURL: "pkg:maven/org.apache.logging.log4j/log4j-core@2.15.0"}})
	score, err := Score3("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H")
	if err != nil {
		panic(err)
	}
	weakness, _ := Weakness("cwe-502")
	return Document{
		Document: Meta{Category: SecurityAdvisory, CSAFVersion: Version, Lang: "zh-CN", Title: "Log4j2 <1>",
			Distribution: &Distribution{TLP: &TLP{Label: White}}, Publisher: Publisher{Category: Coordinator, Name: "Platform", Namespace: "https://fengsui.example"},
			Tracking: Tracking{ID: "FS-2021-000001", Status: Final, Version: "2", InitialReleaseDate: released, CurrentReleaseDate: released.Add(time.Hour),
				RevisionHistory: []Revision{{released, "1", "first"}, {released.Add(time.Hour), "2", "second"}}}},
		ProductTree: tree,
		Vulnerabilities: []Vulnerability{{CVE: "CVE-2021-44228", CWE: &weakness, Notes: []Note{{Category: Description, Text: "text"}},
			ProductStatus: &ProductStatus{KnownAffected: []string{bad}, Fixed: []string{good}, FirstFixed: []string{good}},
			Scores:        []Score{{CVSSv3: score, Products: []string{bad}}},
			Remediations:  []Remediation{{Category: VendorFix, Details: "upgrade", ProductIDs: []string{bad}}},
			Threats:       []Threat{{Category: ExploitStatus, Details: "yes", ProductIDs: []string{bad}}}}},
	}
}

func TestEncodeIsCanonical(t *testing.T) {
	b, err := whole().Encode()
	if err != nil {
		t.Fatal(err)
	}
	again, err := whole().Encode()
	if err != nil || !bytes.Equal(b, again) {
		t.Errorf("the same document has other bytes: %v", err)
	}
	for _, want := range []string{`"title": "Log4j2 <1>"`, `"initial_release_date": "2021-12-10T00:00:00Z"`, `"baseScore": 10,`} {
		if !strings.Contains(string(b), want) {
			t.Errorf("no %s in\n%s", want, b)
		}
	}
	var any1 any
	if err := json.Unmarshal(b, &any1); err != nil {
		t.Fatal(err)
	}
	var sorted bytes.Buffer
	e := json.NewEncoder(&sorted)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(any1); err != nil || sorted.String() != string(b) { // encoding/json sorts the keys of maps
		t.Errorf("keys are not sorted: %v\n%s", err, b)
	}
}

func TestCheckRefuses(t *testing.T) {
	one := func(d *Document) *Vulnerability { return &d.Vulnerabilities[0] }
	for _, c := range []struct {
		test, path string
		breaks     func(*Document)
	}{
		{"schema", "/document/title", func(d *Document) { d.Document.Title = "" }},
		{"schema", "/document/publisher/namespace", func(d *Document) { d.Document.Publisher.Namespace = "fengsui" }},
		{"schema", "/document/publisher/category", func(d *Document) { d.Document.Publisher.Category = "ministry" }},
		{"schema", "/document/distribution/tlp/label", func(d *Document) { d.Document.Distribution.TLP.Label = "CLEAR" }},
		{"schema", "/document/tracking/status", func(d *Document) { d.Document.Tracking.Status = "published" }},
		{"schema", "revision_history", func(d *Document) { d.Document.Tracking.RevisionHistory = nil }},
		{"schema", "revision_history/1", func(d *Document) { d.Document.Tracking.RevisionHistory[1].Summary = "" }},
		{"6.1.1", "remediations", func(d *Document) { one(d).Remediations[0].ProductIDs = []string{"CSAFPID-0009"} }},
		{"6.1.1", "known_affected", func(d *Document) { one(d).ProductStatus.KnownAffected = []string{"CSAFPID-0009"} }},
		{"6.1.2", "CSAFPID-0001", func(d *Document) {
			d.ProductTree.FullProductNames = []Product{{Name: "again", ProductID: "CSAFPID-0001"}}
		}},
		{"6.1.6", "known_affected", func(d *Document) { one(d).ProductStatus.KnownAffected = []string{"CSAFPID-0001", "CSAFPID-0002"} }},
		{"6.1.7", "scores/1", func(d *Document) { one(d).Scores = append(one(d).Scores, one(d).Scores[0]) }},
		{"6.1.8", "scores/0", func(d *Document) { one(d).Scores[0].CVSSv3.VectorString = "CVSS:3.1/AV:N" }},
		{"6.1.9", "scores/0", func(d *Document) { one(d).Scores[0].CVSSv3.BaseScore = 9.9 }},
		{"6.1.9", "scores/0", func(d *Document) { one(d).Scores[0].CVSSv3.BaseSeverity = "HIGH" }},
		{"6.1.10", "scores/0", func(d *Document) { one(d).Scores[0].CVSSv3.Version = "3.0" }},
		{"6.1.11", "cwe", func(d *Document) { one(d).CWE.Name = "Deserialization" }},
		{"6.1.11", "cwe", func(d *Document) { one(d).CWE.ID = "CWE-999999" }},
		{"6.1.12", "lang", func(d *Document) { d.Document.Lang = "Chinese" }},
		{"6.1.13", "purl", func(d *Document) { d.ProductTree.Branches[0].Branches[0].Branches[0].Product.Helper.PURL = "pkg:/x" }},
		{"6.1.14", "revision_history", func(d *Document) { d.Document.Tracking.RevisionHistory[1].Date = released.Add(-time.Hour) }},
		{"6.1.15", "source_lang", func(d *Document) { d.Document.Publisher.Category = Translator }},
		{"6.1.16", "version", func(d *Document) { d.Document.Tracking.Version = "3" }},
		{"6.1.17", "version", func(d *Document) { d.Document.Tracking.Status = Draft }},
		{"6.1.18", "number", func(d *Document) { d.Document.Tracking.RevisionHistory[0].Number = "0"; d.back() }},
		{"6.1.19", "number", func(d *Document) { d.number("1.0.0-1", "1.0.0") }},
		{"6.1.20", "version", func(d *Document) { d.number("1.0.0", "1.1.0-rc.1") }},
		{"6.1.21", "revision_history", func(d *Document) { d.number("1", "3") }},
		{"6.1.21", "revision_history", func(d *Document) { d.number("2", "3") }},
		{"6.1.22", "revision_history", func(d *Document) { d.number("1", "1") }},
		{"6.1.23", "cve", func(d *Document) { d.Vulnerabilities = append(d.Vulnerabilities, *one(d)) }},
		{"6.1.26", "category", func(d *Document) { d.Document.Category = "Security_Advisory" }},
		{"6.1.27.4", "product_tree", func(d *Document) { d.ProductTree = nil }},
		{"6.1.27.5", "notes", func(d *Document) { one(d).Notes = nil }},
		{"6.1.27.6", "product_status", func(d *Document) { one(d).ProductStatus = nil }},
		{"6.1.27.11", "vulnerabilities", func(d *Document) { d.Vulnerabilities = nil }},
		{"6.1.28", "source_lang", func(d *Document) { d.Document.SourceLang = d.Document.Lang }},
		{"6.1.29", "remediations/0", func(d *Document) { one(d).Remediations[0].ProductIDs = nil }},
		{"6.1.30", "revision_history", func(d *Document) { d.number("1.0.0", "2") }},
		{"6.1.31", "product_version", func(d *Document) { d.ProductTree.Branches[0].Branches[0].Branches[1].Name = "2.15.0 or later" }},
		{"6.1.32", "flags/0", func(d *Document) { one(d).Flags = []Flag{{Label: ComponentNotPresent}} }},
		{"6.1.33", "flags/1", func(d *Document) {
			ids := []string{"CSAFPID-0001"}
			one(d).Flags = []Flag{{ComponentNotPresent, ids}, {VulnerableCodeNotPresent, ids}}
		}},
		{"schema", "product_status", func(d *Document) { one(d).ProductStatus = &ProductStatus{} }},
		{"schema", "threats/0", func(d *Document) { one(d).Threats[0].Details = "" }},
		{"schema", "ids/1", func(d *Document) { one(d).IDs = []ID{{"CNVD", "CNVD-1"}, {"CNVD", "CNVD-1"}} }},
		{"schema", "ids/0", func(d *Document) { one(d).IDs = []ID{{SystemName: "CNVD"}} }},
	} {
		d := whole()
		c.breaks(&d)
		var r *Refused
		if err := d.Check(); !errors.As(err, &r) || r.Test != c.test || !strings.Contains(r.Path, c.path) {
			t.Errorf("want %s at %s, got %v", c.test, c.path, err)
		}
		if _, err := d.Encode(); err == nil {
			t.Errorf("%s: a document that breaks a rule was written", c.test)
		}
	}
	if d := whole(); d.Check() != nil {
		t.Error(d.Check())
	}
}

// number gives the two revisions their numbers, and the document the last.
func (d *Document) number(first, last string) {
	t := &d.Document.Tracking
	t.RevisionHistory[0].Number, t.RevisionHistory[1].Number, t.Version = first, last, last
}

// back makes the history 0, 1.
func (d *Document) back() { d.number("0", "1") }

func TestFileNames(t *testing.T) {
	for id, want := range map[string]string{"FS-2021-000001": "fs-2021-000001.json", "  A/b:C+1 ": "a_b_c+1.json", "烽燧-1": "_-1.json", "../../etc/passwd": "_etc_passwd.json"} {
		if got := FileName(id); got != want {
			t.Errorf("%q is %q, want %q", id, got, want)
		}
	}
}

func TestTreeKeepsIDs(t *testing.T) {
	var tree ProductTree
	leaves := []Leaf{{Product: "A"}, {Vendor: "V", Product: "A"}, {Vendor: "V", Product: "A", Category: BranchVersion, Version: "1"}, {Vendor: "V", Product: "A", Category: BranchVersion, Version: "2"},
		{Vendor: "V", Product: "A", Category: BranchRange, Version: "1"}}
	var ids []string
	for range 2 {
		for _, l := range leaves {
			ids = append(ids, tree.Add(l))
		}
	}
	if !slices.Equal(ids[:5], ids[5:]) || len(slices.Compact(slices.Sorted(slices.Values(ids)))) != 5 {
		t.Errorf("ids are %v", ids)
	}
	if err := (Document{ProductTree: &tree}).checkProducts(); err != nil {
		t.Error(err)
	}
}

func TestScore3(t *testing.T) {
	for vector, want := range map[string]CVSSv3{
		"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H": {BaseScore: 10, BaseSeverity: "CRITICAL", Version: "3.1"},
		"CVSS:3.0/AV:N/AC:H/PR:N/UI:N/S:U/C:L/I:N/A:N": {BaseScore: 3.7, BaseSeverity: "LOW", Version: "3.0"},
		"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N": {BaseSeverity: "NONE", Version: "3.1"},
	} {
		want.VectorString = vector
		if got, err := Score3(vector); err != nil || *got != want {
			t.Errorf("%s is %+v, %v", vector, got, err)
		}
	}
	for _, bad := range []string{"", "AV:N/AC:L/Au:N/C:P/I:P/A:P", "CVSS:4.0/AV:N", "CVSS:3.1/AV:N/AV:N", "CVSS:3.1/AV:Q/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H"} {
		if got, err := Score3(bad); err == nil {
			t.Errorf("%q is %+v", bad, got)
		}
	}
}
