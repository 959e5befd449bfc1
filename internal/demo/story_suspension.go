// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"context"
	"time"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/compliance"
)

// later is a moment of the following year.
func later(month time.Month, day, hour, minute int) time.Time {
	return time.Date(2022, month, day, hour, minute, 0, 0, calendar.Beijing())
}

// An affair is an inquiry that the demo lives through.
type affair struct {
	org, person string              // slug; who speaks for it
	question    compliance.Question // as it was put to the organisation, unless a record put it
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

// objects: the organisation contests a line of its file.
func (x *affair) objects(about, text string) func(context.Context, *stage) error {
	return func(ctx context.Context, st *stage) error {
		if _, err := st.s.Compliance.Get(ctx, st.as(x.person), x.id); err != nil {
			return err
		}
		_, err := st.s.Compliance.Object(ctx, st.as(x.person), x.id, about, text)
		return err
	}
}

// settles answers the objection that waits.
func (x *affair) settles(accepted bool, text string) func(context.Context, *stage) error {
	return func(ctx context.Context, st *stage) error {
		f, err := st.s.Compliance.Get(ctx, st.as("supervisor"), x.id)
		if err != nil {
			return err
		}
		_, err = st.s.Compliance.AnswerObjection(ctx, st.as("supervisor"), x.id, f.OpenObjections()[0].ID, accepted, text)
		return err
	}
}

func (x *affair) rectifies(text string) func(context.Context, *stage) error {
	return func(ctx context.Context, st *stage) error {
		_, err := st.s.Compliance.Rectify(ctx, st.as(x.person), x.id, text)
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
	x := &affair{org: skyharbor, person: "provider"}
	return []scene{
		x.scene(at(time.December, 9, 18, 10), "上游公告致谢云帆的工程师，而平台没有云帆的报告：致谢比对自动启动核查，不作预断。", "The upstream advisory thanks an engineer of Yunfan, and the platform has no report by Yunfan: credit watch opens an inquiry by itself and presumes nothing.", x.credited),
		x.scene(at(time.December, 10, 11, 0), "告知书送达云帆，陈述申辩期限为十个工作日。", "The notice is served; Yunfan has ten working days for its statement.",
			x.serves("经初步核查，贵单位作为一级合作单位，疑似未按合作协议在两日内报送其发现的漏洞。平台拟作出处理。贵单位有权在期限内陈述申辩、提交证据。")),
		x.scene(at(time.December, 20, 15, 0), "云帆陈述：工程师按行业惯例告知上游，早期未认识到严重性，未及时共享。", "Yunfan states that its engineer told the upstream project as is usual, did not grasp the severity early, and did not share in time.",
			x.states("我单位工程师按业界惯例将问题报告上游开源项目，早期未意识到该漏洞的严重性，没有及时共享。我单位将强化漏洞管理，完善报送流程，积极协同各方做好防范。")),
		x.scene(at(time.December, 21, 16, 0), "监管人员提出处理建议：暂停合作单位资格六个月。", "The supervisor proposes a suspension of six months.",
			x.proposes(compliance.Proposal{Outcome: compliance.Suspension, Months: 6,
				PublicZH: "发现重大漏洞未按约定向平台报送，未有效支撑开展网络安全威胁和漏洞管理。", PublicEN: "It did not report a serious find to the platform as agreed, and so did not support the handling of the threat.",
				Publish: compliance.PublishEffect, Conditions: "完善漏洞报送流程，指定责任部门和责任人，向平台提交整改报告。",
				Reasons: "贵单位于2021年11月24日获知该漏洞，至12月9日未向平台报送，超过合作协议约定的两日；平台因此未能在细节公开之前预警。贵单位已承认未及时共享，并提出改进措施。"})),
		x.scene(at(time.December, 22, 10, 0), "第二人签署：云帆被暂停合作单位资格六个月；义务和与其产品有关的预警不受影响。", "A second person signs: Yunfan is suspended as a partner unit for six months; its duties and the warnings about its own products stay.", x.signs),
		{at(time.December, 28, 10, 0), "上游发布 2.17.1（CVE-2021-44832）；预警第四版放行。", "Upstream releases 2.17.1 (CVE-2021-44832). The fourth revision of the warning is released.", revises(steps[2])},
		x.scene(at(time.December, 30, 17, 0), "云帆在十个工作日内提出申诉。", "Yunfan appeals within ten working days.", x.appeals("我单位认为期限过长：获知后已立即告知上游，未造成漏洞细节外泄。请求撤销或者缩短暂停期限。")),
		x.scene(later(time.January, 20, 10, 0), "未参与签署的人员答复申诉：维持决定。", "Somebody who signed nothing answers: the decision stands.", x.upheld("告知上游不能代替向平台报送。期限与迟延十五日及其后果相当，维持原决定。")),
		x.scene(later(time.June, 23, 0, 0), "六个月期满，合作单位资格在北京时间零时自动恢复。", "The six months are over: at midnight in Beijing the partner unit's standing comes back by itself.", x.ends),
	}
}

// affairs are inquiries beside the story, wholly invented: one that is over, with an organisation that was suspended and
// came back, and one in the middle of being lived.
func affairs() []scene {
	past := &affair{org: "guanlan", person: "guanlan", question: compliance.Question{
		Text:   "公开公告显示，贵单位日志分析产品的一处漏洞于2021年8月20日已由贵单位确认，平台于9月3日才从他人处获知。请说明获知时间和未报送的原因。",
		Anchor: at(time.August, 20, 9, 0), Evidence: []compliance.Evidence{{Kind: compliance.EvidenceURL, Ref: "https://advisories.example.org/2021/0093", Remark: "贵单位于2021年8月20日确认漏洞。"}}}}
	living := &affair{org: "qingqiong", person: "qingqiong", question: compliance.Question{
		Text:   "公开公告致谢贵单位的一名研究人员，平台没有贵单位就该漏洞的报告。请说明获知时间、与该产品的关系和已作的处置。",
		Anchor: at(time.November, 18, 9, 0), Evidence: []compliance.Evidence{
			{Kind: compliance.EvidenceURL, Ref: "https://advisories.example.org/2021/0131", Remark: "公告致谢署名含“青穹云安全实验室”。"},
			{Kind: compliance.EvidenceURL, Ref: "https://advisories.example.org/2021/0131/timeline", Remark: "公告时间线：2021年11月18日收到报告。"}}}}
	return []scene{
		past.scene(at(time.September, 6, 10, 0), "", "an inquiry into the log company is opened", past.opens),
		past.scene(at(time.September, 6, 14, 0), "", "its notice is served", past.serves("经初步核查，贵单位疑似未在两日内向平台报送本单位产品的漏洞。平台拟作出处理，贵单位有权在期限内陈述申辩。")),
		past.scene(at(time.September, 10, 16, 0), "", "the log company states", past.states("当时无人负责报送，确认漏洞后只顾修补，未及时报送。我单位已指定责任人。")),
		past.scene(at(time.September, 22, 11, 0), "", "a month's suspension is proposed", past.proposes(compliance.Proposal{Outcome: compliance.Suspension, Months: 1, Publish: compliance.PublishEffect,
			Reasons: "贵单位自认8月20日已确认漏洞，迟至9月3日未报送；系首次，已承认并着手整改，从轻处理。", Conditions: "建立漏洞接收和报送流程，指定责任人。",
			PublicZH: "未在两日内报送本单位产品的漏洞。", PublicEN: "It did not report a vulnerability of its own product within two days."})),
		past.scene(at(time.September, 24, 10, 0), "", "a second person signs", past.signs),
		past.scene(at(time.September, 29, 15, 0), "", "the log company appeals", past.appeals("系首次，且已修补，请求改为警告。")),
		past.scene(at(time.October, 14, 10, 0), "", "the decision stands", past.upheld("迟延十四日，且涉及多家成员单位在用的产品，一个月已属从轻，维持原决定。")),
		past.scene(at(time.October, 18, 9, 30), "", "the log company reports what it has mended", past.rectifies("已发布漏洞接收邮箱和处理流程，指定应急响应负责人及备岗，完成一次报送演练。")),
		past.scene(at(time.October, 25, 0, 0), "", "its standing comes back by itself", past.ends),
		living.scene(at(time.November, 30, 10, 0), "", "an inquiry into the second cloud provider is opened", living.opens),
		living.scene(at(time.November, 30, 11, 0), "", "its notice is served", living.serves("经初步核查，贵单位疑似未按合作协议报送其发现的漏洞。本告知不作预断，请贵单位在期限内陈述申辩，并可逐项提出异议。")),
		living.scene(at(time.December, 2, 15, 30), "", "it contests the time", living.objects(compliance.AboutAnchor, "11月18日是上游项目收到邮件的时间，发件人以个人名义发送；我单位11月29日看到公告才获知。")),
		living.scene(at(time.December, 6, 10, 0), "", "the objection is answered", living.settles(false, "公告署名为贵单位实验室。请补充该研究人员的任职情况，拟认定时间暂不变更，可在陈述中继续说明。")),
		living.scene(at(time.December, 8, 17, 0), "", "it contests the credit", living.objects("evidence/0", "署名系上游自行填写，该研究人员已于10月离职，附离职证明编号。")),
	}
}
