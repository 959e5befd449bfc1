// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"context"
	"time"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/compliance"
)

// opening is when the platform of the demo opens: before the first inquiry that it tells of.
var opening = at(time.August, 30, 9, 0)

// later is a moment of the following year.
func later(month time.Month, day, hour, minute int) time.Time {
	return time.Date(2022, month, day, hour, minute, 0, 0, calendar.Beijing())
}

// An affair is an inquiry that the demo lives through, as it was put to its organisation.
type affair struct {
	org, person string // slug; who speaks for it
	question    compliance.Question
	id          string
}

func (x *affair) opens(ctx context.Context, st *stage) error {
	x.question.OrgID = st.orgs[x.org].ID
	f, err := st.s.Compliance.OpenInquiry(ctx, st.as("supervisor"), x.question)
	x.id = f.ID
	return err
}

// scene makes a scene of a step of an affair.
func (x *affair) scene(t time.Time, zh, en string, do func(context.Context, *stage) error) scene {
	return scene{t, zh, en, func(st *stage, ctx context.Context) error { return do(ctx, st) }}
}

func (x *affair) serves(text string) func(context.Context, *stage) error {
	return func(ctx context.Context, st *stage) error {
		_, err := st.s.Compliance.Serve(ctx, st.as("supervisor"), x.id, text, 0)
		return err
	}
}

func (x *affair) states(text string) func(context.Context, *stage) error {
	return func(ctx context.Context, st *stage) error {
		if _, err := st.s.Compliance.Get(ctx, st.as(x.person), x.id); err != nil { // the read receipt
			return err
		}
		_, err := st.s.Compliance.State(ctx, st.as(x.person), x.id, text, time.Time{})
		return err
	}
}

func (x *affair) proposes(p compliance.Proposal) func(context.Context, *stage) error {
	return func(ctx context.Context, st *stage) error {
		_, err := st.s.Compliance.Propose(ctx, st.as("supervisor"), x.id, p)
		return err
	}
}

// signs: the duty officer is the second person.
func (x *affair) signs(ctx context.Context, st *stage) error {
	f, err := st.s.Compliance.Get(ctx, st.as("officer"), x.id)
	if err != nil {
		return err
	}
	_, err = st.s.Compliance.Sign(ctx, st.as("officer"), x.id, f.Decision().ID)
	return err
}

func (x *affair) appeals(text string) func(context.Context, *stage) error {
	return func(ctx context.Context, st *stage) error {
		_, err := st.s.Compliance.Appeal(ctx, st.as(x.person), x.id, text)
		return err
	}
}

// upheld: a supervisor who signed nothing answers.
func (x *affair) upheld(text string) func(context.Context, *stage) error {
	return func(ctx context.Context, st *stage) error {
		_, err := st.s.Compliance.Answer(ctx, st.as("arbiter"), x.id, false, text)
		return err
	}
}

// ends is what the schedule does every second.
func (x *affair) ends(ctx context.Context, st *stage) error {
	_, err := st.s.Members.ReinstateDue(ctx)
	return err
}

// cloudAffair is the case of 2021 after the warning: the cloud provider that had told the upstream project alone.
func cloudAffair() []scene {
	x := &affair{org: skyharbor, person: "provider", question: compliance.Question{
		Text:   "公开资料显示，贵单位的工程师于2021年11月24日将 Log4j2 的漏洞告知上游项目。至12月9日其他单位报送时，平台没有收到贵单位的报告。请说明贵单位何时获知该漏洞、作了哪些处置，以及没有向平台报送的原因。",
		Anchor: at(time.November, 24, 10, 0), Evidence: []compliance.Evidence{{Kind: compliance.EvidenceURL, Ref: "https://advisories.example.org/2021/44228", Remark: "公告致谢贵单位的工程师，注明告知日期为2021年11月24日。"}}}}
	return []scene{
		x.scene(at(time.December, 10, 10, 0), "公告致谢云帆的工程师，而平台没有云帆的报告：监管人员启动核查，不作预断。", "The advisory thanks an engineer of Yunfan, and the platform has no report by Yunfan: a supervisor opens an inquiry and presumes nothing.", x.opens),
		x.scene(at(time.December, 10, 11, 0), "告知书送达云帆，陈述申辩期限为十个工作日。", "The notice is served; Yunfan has ten working days for its statement.",
			x.serves("经初步核查，贵单位作为一级合作单位，疑似未按合作协议在两日内报送其发现的漏洞。平台拟作出处理。贵单位有权在期限内陈述申辩、提交证据。")),
		x.scene(at(time.December, 20, 15, 0), "云帆陈述：工程师按行业惯例告知上游，早期未认识到严重性，未及时共享。", "Yunfan states that its engineer told the upstream project as is usual, did not grasp the severity early, and did not share in time.",
			x.states("我单位工程师按业界惯例将问题报告上游开源项目，早期未意识到该漏洞的严重性，没有及时共享。我单位将强化漏洞管理，完善报送流程，积极协同各方做好防范。")),
		x.scene(at(time.December, 21, 16, 0), "监管人员提出处理建议：暂停合作单位资格六个月。", "The supervisor proposes a suspension of six months.",
			x.proposes(compliance.Proposal{Outcome: compliance.Suspension, Months: 6,
				Reasons: "贵单位于2021年11月24日获知该漏洞，至12月9日未向平台报送，超过合作协议约定的两日；平台因此未能在细节公开之前预警。贵单位已承认未及时共享，并提出改进措施。"})),
		x.scene(at(time.December, 22, 10, 0), "第二人签署：云帆被暂停合作单位资格六个月；义务和与其产品有关的预警不受影响。", "A second person signs: Yunfan is suspended as a partner unit for six months; its duties and the warnings about its own products stay.", x.signs),
		x.scene(at(time.December, 28, 10, 0), "上游发布 2.17.1。", "Upstream releases 2.17.1.", nil),
		x.scene(at(time.December, 30, 17, 0), "云帆在十个工作日内提出申诉。", "Yunfan appeals within ten working days.", x.appeals("我单位认为期限过长：获知后已立即告知上游，未造成漏洞细节外泄。请求撤销或者缩短暂停期限。")),
		x.scene(later(time.January, 20, 10, 0), "未参与签署的人员答复申诉：维持决定。", "Somebody who signed nothing answers: the decision stands.", x.upheld("告知上游不能代替向平台报送。期限与迟延十五日及其后果相当，维持原决定。")),
		x.scene(later(time.June, 23, 0, 0), "六个月期满，合作单位资格在北京时间零时自动恢复。", "The six months are over: at midnight in Beijing the partner unit's standing comes back by itself.", x.ends),
	}
}
