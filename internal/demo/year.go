// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"context"
	"fmt"
	"time"

	"github.com/fengsui/fengsui/internal/calendar"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/evaluation"
	"github.com/fengsui/fengsui/internal/report"
	"github.com/fengsui/fengsui/internal/transparency"
	"github.com/fengsui/fengsui/internal/warning"
)

// earlier is when the demo's platform began its work: a year before the story, so that there is a year to look back on.
var earlier = on(2020, time.October, 9, 9, 0)

// on is a moment of any year, in Beijing time.
func on(year int, month time.Month, day, hour, minute int) time.Time {
	return time.Date(year, month, day, hour, minute, 0, 0, calendar.Beijing())
}

// yearBefore is the quarter with which the platform began, wholly invented, and what was made of it afterwards: the
// evaluation of the partner units, and the editions of the transparency report. The replay leaves it out.
func yearBefore() []scene {
	middle, camera, gateway, review := &stage{}, &stage{}, &stage{}, &review{}
	scenes := []scene{
		{at: on(2020, time.October, 12, 9, 30), en: "a middleware flaw is reported", do: middle.reports("finder", middleFlaw())},
		{at: on(2020, time.October, 13, 16, 0), en: "it is reproduced", do: middle.checks("构造的请求可以绕过管理接口的登录校验；6.1.4 已修复。", inEnglish{
			title: "Authentication bypass in Zhixing application server", description: "The management interface skips the check of the session for crafted paths.", fix: "Upgrade to 6.1.4."})},
		{at: on(2020, time.October, 14, 10, 0), en: "it is graded", do: middle.grades("AV:N/AC:L/PR:N/UI:N/C:H/I:H/A:L/E:L/RL:L/S:M", "管理接口多暴露在办公网；厂商已发布修补。")},
		{at: on(2020, time.October, 14, 15, 0), en: "its warning is made yellow", do: middle.on((*stage).yellow)},
		{at: on(2020, time.October, 14, 17, 0), en: "its warning is released", do: middle.on((*stage).release)},
		{at: on(2020, time.October, 14, 18, 20), en: "the grid answers", do: middle.on(answers("engineer", warning.FixedAll, 9, "已升级。"))},
		{at: on(2020, time.October, 14, 20, 0), en: "the cloud provider answers", do: middle.on(answers("provider", warning.AffectedYes, 60, "排期升级。"))},
		{at: on(2020, time.October, 16, 9, 0), en: "the telecom operator answers late", do: middle.on(answers("donglu", warning.Checking, 0, ""))},
		{at: on(2020, time.October, 20, 10, 0), en: "its advisory is published", do: middle.on((*stage).publish)},

		{at: on(2020, time.December, 8, 9, 0), en: "a gateway's flaw is reported", do: gateway.reports("finder", gatewayFlaw())},
		{at: on(2020, time.December, 8, 17, 30), en: "it is reproduced", do: gateway.checks("超长的协商消息可使网关进程重启；9.4.2 不再触发。", inEnglish{
			title: "Denial of service in the Donglu app gateway", description: "An overlong negotiation message restarts the gateway.", fix: "Upgrade to 9.4.2."})},
		{at: on(2020, time.December, 9, 9, 0), en: "it is graded", do: gateway.grades("AV:N/AC:L/PR:N/UI:N/C:N/I:N/A:H/E:M/RL:L/S:M", "可反复触发。")},

		{at: on(2021, time.January, 11, 10, 0), en: "the year 2020 is evaluated, and the quarter's figures are drafted", do: review.begin},
		{at: on(2021, time.January, 12, 15, 0), en: "the figures are published", do: review.publish("2020-Q4", "2020")},
		{at: on(2021, time.January, 13, 9, 0), en: "a unit objects", do: review.object},
		{at: on(2021, time.January, 15, 16, 0), en: "the objection is answered", do: review.answer},
		{at: on(2021, time.January, 26, 9, 0), en: "levels are proposed and signed", do: review.decide},
		{at: on(2021, time.April, 12, 10, 0), en: "the figures of a quiet quarter are published", do: review.publish("2021-Q1")},
		{at: on(2021, time.July, 12, 10, 0), en: "and of another", do: review.publish("2021-Q2")},

		{at: at(time.September, 8, 11, 0), en: "a camera's flaw is reported, late", do: camera.reports("jianwei", cameraFlaw())},
		{at: at(time.September, 17, 15, 0), en: "it is reproduced, after the platform's own time", do: camera.checks("以固定密钥解出视频流；V2.8.6 改为逐台密钥。", inEnglish{
			title: "Fixed key in the Yilu IPC-30 camera", description: "All devices encrypt their video with one key that stands in the firmware.", fix: "Upgrade to firmware V2.8.6."})},
		{at: at(time.September, 18, 9, 0), en: "it is graded", do: camera.grades("AV:N/AC:H/PR:N/UI:N/C:H/I:N/A:N/E:M/RL:L/S:L", "须能截获流量。")},
		{at: at(time.September, 27, 10, 0), en: "its advisory is published", do: camera.on((*stage).publish)},
		{at: at(time.October, 12, 10, 0), en: "the figures of the third quarter are published", do: review.publish("2021-Q3")},
		{at: at(time.December, 6, 10, 0), en: "a second edition, with a reason, waits for a second signature", do: review.again("2021-Q3")},
	}
	return append(scenes, routine()...)
}

// routine are members that report flaws of their own products in the month in which the law came into force: the
// platform verifies them and publishes.
func routine() (scenes []scene) {
	for i, x := range []struct{ who, zh, en, product, first, last, fixed string }{
		{"zhixing", "知行中间件", "Zhixing Middleware", "知行消息队列", "3.0", "3.2", "3.3"},
		{"guanlan", "观澜日志", "Guanlan Log Analytics", "观澜采集器", "1.4", "1.6", "1.7"},
		{"yilu", "驿路网络设备", "Yilu Network Devices", "驿路接入交换机", "2.0", "5.1", "5.2"},
		{"canglan", "沧澜银行", "Canglan Bank", "沧澜手机银行", "7.0", "7.4", "7.5"},
		{"donglu", "东陆电信", "Donglu Telecom", "东陆掌厅", "7.8", "7.9", "8.0"},
	} {
		side, day := &stage{}, at(time.September, 13+i, 10, 10*i)
		c := report.Content{Title: x.product + "日志注入漏洞", Vendor: x.zh, Product: x.product, Versions: x.first + " 至 " + x.last, Technical: "写入日志前没有转义换行。", Harm: "可以伪造日志行。", Scope: x.first + " 至 " + x.last + "。", CWE: "CWE-117",
			Exploited: "no", Public: "no", Upstream: "no", Fix: "升级到 " + x.fixed + "。", Relation: duty.MakesProduct, LearnedAt: day.Add(-time.Duration(2+10*i) * time.Hour), LearnedBy: "自查", Affected: []report.Affected{{Vendor: x.zh, Product: x.product, Introduced: x.first, Fixed: x.fixed}}}
		scenes = append(scenes,
			scene{at: day, en: "a provider reports a flaw of its own", do: side.reports(x.who, c)},
			scene{at: day.Add(time.Duration(5+7*i) * time.Hour), en: "it is reproduced", do: side.checks("写入带换行的字段，日志中出现伪造的行；新版本已转义。", inEnglish{
				title: "Log injection in a product of " + x.en, description: "Line breaks are not escaped before they are logged.", fix: "Upgrade to " + x.fixed + "."})},
			scene{at: day.Add(time.Duration(30+7*i) * time.Hour), en: "it is graded", do: side.grades("AV:N/AC:L/PR:L/UI:N/C:N/I:L/A:N/E:L/RL:L/S:L", "影响限于日志。")},
			scene{at: day.Add(time.Duration(150+20*i) * time.Hour), en: "its advisory is published", do: side.on((*stage).publish)})
	}
	return scenes
}

// review is what supervisors make of a year.
type review struct{ objected string }

func (r *review) begin(st *stage, ctx context.Context) error {
	_, err := st.s.Evaluations.Draft(ctx, st.as("supervisor"), 2020)
	return err
}

// publish drafts, and lets two others sign.
func (r *review) publish(periods ...string) func(*stage, context.Context) error {
	return func(st *stage, ctx context.Context) error {
		for _, p := range periods {
			e, err := st.s.Transparency.Draft(ctx, st.as("supervisor"), p)
			if err != nil {
				return fmt.Errorf("%s: %w", p, err)
			}
			for _, who := range []string{"officer", "deputy"} {
				if e, err = st.s.Transparency.Sign(ctx, st.as(who), e.ID); err != nil {
					return fmt.Errorf("%s: %w", p, err)
				}
			}
			if e.State != transparency.Published {
				return fmt.Errorf("%s is %s", p, e.State)
			}
		}
		return nil
	}
}

// again puts on record why the platform was late, and drafts another edition that says so.
func (r *review) again(period string) func(*stage, context.Context) error {
	return func(st *stage, ctx context.Context) error {
		f, err := st.s.Transparency.Live(ctx, period)
		if err != nil {
			return err
		}
		for _, b := range f.Breaches.List {
			if err := st.s.Transparency.Explain(ctx, st.as("supervisor"), b.DutyID, "验证环境缺少该型号设备，调拨用去四个工作日。", "The test lab had no such device; it took four working days to arrive."); err != nil {
				return err
			}
		}
		e, err := st.s.Transparency.Draft(ctx, st.as("supervisor"), period)
		if err == nil {
			_, err = st.s.Transparency.Sign(ctx, st.as("officer"), e.ID)
		}
		return err
	}
}

// object lets the laboratory object to how its silence about a warning is counted.
func (r *review) object(st *stage, ctx context.Context) error {
	es, err := st.s.Evaluations.List(ctx, st.as("jianwei"), evaluation.Filter{})
	if err != nil || len(es) != 1 {
		return fmt.Errorf("the laboratory has %d evaluations: %w", len(es), err)
	}
	e, err := st.s.Evaluations.Get(ctx, st.as("jianwei"), es[0].ID)
	if err != nil {
		return err
	}
	ref := ""
	if l := e.Result.Line("acknowledgement"); len(l.Rows) > 0 {
		ref = l.Rows[0].Ref()
	}
	r.objected = e.ID
	_, err = st.s.Evaluations.Object(ctx, st.as("jianwei"), e.ID, "acknowledgement", ref, "收到预警当日已电话告知值班室：我单位不使用该产品。平台上没有点确认，但并非没有答复。")
	return err
}

func (r *review) answer(st *stage, ctx context.Context) error {
	e, err := st.s.Evaluations.Get(ctx, st.as("supervisor"), r.objected)
	if err != nil {
		return err
	}
	o := e.Objections[0]
	in := evaluation.Answer{Accept: o.Ref != "", Text: "值班记录有 10 月 16 日上午的来电，晚于时限，按迟延确认计。"}
	if in.Accept {
		in.Outcome = "late"
	}
	_, err = st.s.Evaluations.Answer(ctx, st.as("supervisor"), e.ID, o.ID, in)
	return err
}

// decide keeps every level: a quarter is too short to change one.
func (r *review) decide(st *stage, ctx context.Context) error {
	es, err := st.s.Evaluations.List(ctx, st.as("supervisor"), evaluation.Filter{Year: 2020})
	if err != nil {
		return err
	}
	for _, e := range es {
		e, err = st.s.Evaluations.Propose(ctx, st.as("supervisor"), e.ID, evaluation.Proposal{Rev: e.Rev, Level: e.Before, Reasons: "平台运行首年只有一个季度的记录，级别暂不调整。"})
		if err == nil {
			_, err = st.s.Evaluations.Sign(ctx, st.as("officer"), e.ID, e.Rev)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func middleFlaw() report.Content {
	return report.Content{Title: "知行应用服务器管理接口认证绕过漏洞", Vendor: "知行中间件", Product: "知行应用服务器", Versions: "6.0 至 6.1.3", Technical: "管理接口对特定路径没有校验会话。", Harm: "未经认证即可部署应用。",
		Scope: "6.0 至 6.1.3。", CWE: "CWE-287", CVSS: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:L", Exploited: "no", Public: "no", Upstream: "no", Fix: "升级到 6.1.4。", Relation: duty.Found,
		LearnedAt: on(2020, time.October, 11, 15, 0), LearnedBy: "安全研究", Credit: "烛照安全", Affected: []report.Affected{{Vendor: "知行中间件", Product: "知行应用服务器", Introduced: "6.0", Fixed: "6.1.4"}}}
}

func cameraFlaw() report.Content {
	return report.Content{Title: "驿路网络摄像机 IPC-30 固定密钥漏洞", Vendor: "驿路网络设备", Product: "驿路网络摄像机", Model: "IPC-30", Versions: "V2.0 至 V2.8.5", Technical: "固件以同一把密钥加密视频流。", Harm: "截获流量者可以观看视频。",
		Scope: "IPC-30 固件 V2.0 至 V2.8.5。", CWE: "CWE-321", Exploited: "no", Public: "no", Upstream: "no", Fix: "升级到固件 V2.8.6。", Relation: duty.Found,
		LearnedAt: at(time.September, 1, 10, 0), LearnedBy: "固件分析", Credit: "鉴微实验室", Affected: []report.Affected{{Vendor: "驿路网络设备", Product: "驿路网络摄像机", Model: "IPC-30", Introduced: "V2.0", Fixed: "V2.8.6"}}}
}

func gatewayFlaw() report.Content {
	return report.Content{Title: "东陆接入网关拒绝服务漏洞", Vendor: "东陆电信", Product: "东陆接入网关", Versions: "9.0 至 9.4.1", Technical: "协商消息的长度没有上限。", Harm: "网关反复重启。",
		Scope: "9.0 至 9.4.1。", CWE: "CWE-400", Exploited: "no", Public: "no", Upstream: "no", Fix: "升级到 9.4.2。", Relation: duty.Found,
		LearnedAt: on(2020, time.December, 7, 10, 0), LearnedBy: "模糊测试", Affected: []report.Affected{{Vendor: "东陆电信", Product: "东陆接入网关", Introduced: "9.0", Fixed: "9.4.2"}}}
}

// reviewed adds the screens of one evaluation, as both sides see it, and of the figures that wait for a signature.
func (d *Demo) reviewed(ctx context.Context, add func(name, who, path string)) error {
	for who, as := range map[string]string{"jianwei": "supervisor", "finder": "finder"} {
		es, err := d.s.Evaluations.List(ctx, d.as(who), evaluation.Filter{Limit: 1})
		if err != nil {
			return err
		}
		for _, e := range es {
			if as == "supervisor" {
				add("evaluation", as, "/evaluations/"+e.ID+"?again=yes")
				continue
			}
			add("evaluation-own", as, "/evaluations/"+e.ID)
			add("evaluations-own", as, "/evaluations")
		}
	}
	ds, err := d.s.Transparency.Drafts(ctx, d.as("deputy"))
	if err != nil {
		return err
	}
	for _, e := range ds {
		add("transparency-draft", "deputy", "/transparency-drafts/"+e.ID)
	}
	return nil
}

// storyYear begins with the year of the story: what lies before is told by year.go alone.
var storyYear = on(2021, time.January, 1, 0, 0)
