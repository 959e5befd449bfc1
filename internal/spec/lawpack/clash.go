// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package lawpack

import "slices"

// A Clash is two duties that pull in different directions. It is shown with both texts and never decided: that is the
// business of a lawyer.
type Clash struct {
	ID       string
	One, Two []string // stored names: it is there when one of each is owed
	Title    Text
	Why      Text
	Question Text // what has to be decided
}

// Clashes returns those among what is owed. What is only proposed clashes with nothing.
func Clashes(owed []Owed) (out []Clash) {
	has := func(keys []string) bool {
		return slices.ContainsFunc(owed, func(o Owed) bool { return o.State != Upcoming && slices.Contains(keys, o.Duty.Key()) })
	}
	for _, c := range clashes {
		if has(c.One) && has(c.Two) {
			out = append(out, c)
		}
	}
	return out
}

// AllClashes lists the clashes that are known.
func AllClashes() []Clash { return slices.Clone(clashes) }

var clashes = []Clash{
	{
		ID: "border", One: []string{"cn-rmsv-2021/border", "rmsv-7-2-report"}, Two: []string{"eu-cra-14/aev_ew", "eu-cra-14/inc_ew"},
		Title: Text{"《规定》第九条第（七）项与欧盟《网络弹性法》第十四条", "RMSV art. 9(7) against CRA art. 14"},
		Why: Text{"《规定》要求未公开的漏洞信息不得提供给产品提供者以外的境外组织，没有例外；《网络弹性法》要求 24 小时内报境外机构。",
			"The Provisions keep undisclosed information from organisations abroad other than the product's provider, without an exception; the CRA wants it at authorities abroad within 24 hours."},
		Question: Text{"由谁作为产品提供者、提交哪些内容，需要在 24 小时届满前由法务决定。", "Who sends it as the product's provider, and what it says: a legal decision, needed before the 24 hours are over."},
	},
	{
		ID: "users", One: []string{"cn-rmsv-2021/fix_first"}, Two: []string{"eu-cra-14/users", "eu-cra-14/inc_users", "eu-nis2-23/recipients"},
		Title: Text{"《规定》第九条第（一）项与欧盟的用户告知义务", "RMSV art. 9(1) against telling users in the EU"},
		Why: Text{"《规定》要求有修补措施前不得发布；欧盟法要求及时告知受影响的用户，即使尚无修补。",
			"The Provisions forbid publication before a fix; EU law wants affected users told in time, fix or not."},
		Question: Text{"可否只告知特定用户而不公开发布。", "Whether a notice to a limited audience will do, without publication."},
	},
	{
		ID: "triggers", One: []string{"rmsv-7-2-report"}, Two: []string{"eu-cra-14/aev_ew"},
		Title: Text{"两个起算点", "Two events, two clocks"},
		Why: Text{"《规定》自发现或获知漏洞起 2 日，《网络弹性法》自知悉漏洞正被利用起 24 小时；前者更常触发。",
			"The Provisions count 2 days from finding or learning, the CRA 24 hours from awareness of exploitation. The first is triggered more often."},
		Question: Text{"分别记录两个时间，一个受理回执不能代替另一个。", "Record both times; the receipt of one does not stand for the other."},
	},
}
