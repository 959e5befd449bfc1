// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package credit

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/fengsui/fengsui/internal/member"
)

// cast are the members of the labelled set: all invented.
func castOf() *index {
	known := func(slug, zh, en string, domains []string, names ...string) member.Known {
		k := member.Known{Org: member.Org{ID: slug, NameZH: zh, NameEN: en, Domains: domains, Status: member.Active}}
		for _, n := range names {
			k.Names = append(k.Names, member.Name{ID: "n/" + n, OrgID: slug, Kind: member.AliasName, Name: n})
		}
		return k
	}
	yunfan := known("yunfan", "云帆云计算", "Yunfan Cloud", []string{"yunfan.example"}, "云帆云", "天枢实验室", "Tianshu Lab")
	for _, person := range []string{"Song Zhiyuan", "宋知远"} {
		yunfan.Affiliations = append(yunfan.Affiliations, member.Affiliation{ID: "a/" + person, OrgID: "yunfan", Person: person, Source: "https://talks.example.org/2021"})
	}
	return newIndex([]member.Known{
		yunfan,
		known("torch", "烛照安全", "Zhuzhao Security", []string{"zhuzhao.example"}, "Zhuguang Infosec"),
		known("jianwei", "鉴微实验室", "Jianwei Labs", nil),
		known("donglu", "东陆电信", "Donglu Telecom", nil),
		known("grid", "华原电网", "Huayuan Power Grid", nil),
		known("panshi", "磐石数据库", "Panshi Database", nil),
		known("haiyue", "海岳数据中心", "Haiyue Data Centres", nil, "海岳"),
		known("ibx", "安佰信息", "IBX Corporation", []string{"ibx.example"}),
		known("beacon", "灯塔网络", "Beacon Networks", nil, "Beacon"),
		known("beaconlabs", "信标工坊", "Beaconworks", nil, "Beacon"),
		known("generic", "云网络科技有限公司", "Cloud Network Technology Ltd", nil),
	})
}

// credited says whom a credit means, by the comparison.
func (x *index) credited(text string) map[string]Confidence {
	out := map[string]Confidence{}
	r := Record{ID: "r", Thanks: []Thanks{{Field: "credits[0]", Text: text}}, PublicAt: time.Date(2021, 12, 10, 0, 0, 0, 0, time.UTC)}
	for org, ss := range x.compare(r) {
		out[x.members[org].ID] = best(ss)
	}
	return out
}

// TestLabelledCredits holds the comparison to what people said that each credit means. What opens inquiries by itself may
// never be wrong; what waits for a person may be wrong now and then, and should miss little.
func TestLabelledCredits(t *testing.T) {
	b, err := os.ReadFile("testdata/labelled.tsv")
	if err != nil {
		t.Fatal(err)
	}
	x := castOf()
	var lines, exactRight, exactWrong, exactMissed, right, wrong, missed int
	for n, l := range strings.Split(strings.TrimSpace(string(b)), "\n") {
		if strings.HasPrefix(l, "#") {
			continue
		}
		text, label, ok := strings.Cut(l, "\t")
		if !ok {
			t.Fatalf("line %d has no label", n+1)
		}
		lines++
		want := map[string]Confidence{}
		if label != "-" {
			for _, w := range strings.Split(label, ",") {
				org, c, _ := strings.Cut(w, ":")
				if c != "-" {
					want[org] = Confidence(c)
				}
			}
		}
		got := x.credited(text)
		for org, c := range got {
			switch w, meant := want[org]; {
			case !meant:
				wrong++
				t.Logf("line %d: %q is no %s, but found so (%s)", n+1, text, org, c)
			default:
				right++
				if w != c {
					t.Logf("line %d: %q is %s %s, found %s", n+1, text, org, w, c)
				}
			}
			if c == Exact && want[org] == Exact {
				exactRight++
			} else if c == Exact {
				exactWrong++
			}
		}
		for org, w := range want {
			if _, found := got[org]; !found {
				missed++
				t.Logf("line %d: %q is %s (%s), and was missed", n+1, text, org, w)
			}
			if w == Exact && got[org] != Exact {
				exactMissed++
			}
		}
	}
	per := func(good, bad int) float64 { return float64(good) / float64(max(1, good+bad)) }
	t.Logf("%d credits; exact: precision %.3f, recall %.3f; any confidence: precision %.3f, recall %.3f", lines, per(exactRight, exactWrong), per(exactRight, exactMissed), per(right, wrong), per(right, missed))
	if lines < 170 || exactWrong > 0 || per(exactRight, exactMissed) < 0.97 || per(right, wrong) < 0.97 || per(right, missed) < 0.98 {
		t.Error("the comparison is worse than it was")
	}
}
