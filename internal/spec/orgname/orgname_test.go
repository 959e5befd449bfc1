// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package orgname_test

import (
	"slices"
	"testing"

	"github.com/fengsui/fengsui/internal/spec/orgname"
)

func TestSpellingsOfOneNameHaveOneKey(t *testing.T) {
	for _, same := range [][]string{
		{"Yunfan Cloud", "yunfan  cloud", "ＹＵＮＦＡＮ　Ｃｌｏｕｄ", "Yunfan-Cloud", "YunFan Cloud Co., Ltd.", "Yunfan Cloud, Inc.", "Yunfan Cloud Group", "Yunfan_Cloud (LLC)", "Yunfan Cloud's"},
		{"云帆云计算", "云帆云计算有限公司", "云帆云计算股份有限公司", "云帆 云计算 集团", "云帆云计算\u200b"},
		{"Société Générale Démo SA", "Societe Generale Demo"},
		{"O'Neill Labs GmbH", "ONeill Labs", "O’Neill Labs"},
	} {
		for _, s := range same {
			if orgname.Key(s) != orgname.Key(same[0]) {
				t.Errorf("%q is %q, %q is %q", s, orgname.Key(s), same[0], orgname.Key(same[0]))
			}
		}
	}
	for _, other := range [][2]string{{"Yunfan Cloud", "Yunfan"}, {"云帆云计算", "云帆云"}, {"Group", ""}, {"云帆（上海）有限公司", "云帆"}, {"が行", "か行"}} {
		if orgname.Key(other[0]) == orgname.Key(other[1]) {
			t.Errorf("%q and %q are one", other[0], other[1])
		}
	}
}

func TestPartsOfAHouseComeOff(t *testing.T) {
	for s, want := range map[string][]string{
		"Zhuzhao Security Team":          {"zhuzhaosecurityteam", "zhuzhaosecurity", "zhuzhao"},
		"Yunfan Cloud Inc. PSIRT":        {"yunfancloudincpsirt", "yunfancloud"},
		"烛照安全实验室":                        {"烛照安全实验室", "烛照"},
		"云帆云 安全团队":                       {"云帆云安全团队", "云帆云"},
		"Security Team":                  {"securityteam", "security"},
		"实验室":                            {"实验室"},
		"":                               nil,
		"Beacon Research Institute GmbH": {"beaconresearchinstitute", "beaconresearch", "beacon"},
	} {
		if got := orgname.Keys(s); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
}

func TestPersons(t *testing.T) {
	for _, same := range [][2]string{{"Song Zhiyuan", "Zhiyuan  SONG"}, {"宋 知远", "宋知远"}, {"Renée Démo", "demo renee"}} {
		if orgname.Person(same[0]) != orgname.Person(same[1]) {
			t.Errorf("%q and %q differ", same[0], same[1])
		}
	}
}

func TestNamesThatCannotStandAlone(t *testing.T) {
	for name, want := range map[string][2]bool{ // short, generic
		"IBX": {true, false}, "云帆": {true, false}, "云": {true, true}, "Cloud": {false, true}, "Cloud Security Team": {false, true}, "安全实验室": {false, true},
		"网络安全科技有限公司": {false, true}, "Yunfan Cloud": {false, false}, "烛照安全": {false, false}, "Information Security Research": {false, true}, "": {true, true},
	} {
		if s, g := orgname.Short(name), orgname.Generic(name); s != want[0] || g != want[1] {
			t.Errorf("%q: short %v, generic %v", name, s, g)
		}
	}
	if !orgname.PartOf("安全实验室") || !orgname.PartOf(" Security Team") || orgname.PartOf("张三") || orgname.PartOf("") {
		t.Error("parts of a house")
	}
}

func FuzzKeys(f *testing.F) {
	f.Add("Yunfan Cloud Co., Ltd.")
	f.Add("云帆云计算有限公司安全实验室")
	f.Fuzz(func(t *testing.T, s string) {
		k := orgname.Key(s)
		if orgname.Key(k) != k && orgname.Key(orgname.Key(k)) == "" {
			t.Errorf("%q: %q", s, k)
		}
		if ks := orgname.Keys(s); len(ks) > 0 && ks[0] != k {
			t.Errorf("%q: %q begins not with %q", s, ks, k)
		}
		orgname.Generic(s)
		orgname.Person(s)
	})
}
