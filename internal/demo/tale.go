// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/report"
	"github.com/fengsui/fengsui/internal/spec/openvex"
	"github.com/fengsui/fengsui/internal/warning"
)

// A scene is one moment of the story: what is told, and what is done on the platform, which may be nothing.
type scene struct {
	at     time.Time
	zh, en string
	do     func(*stage, context.Context) error
}

// stage is what scenes pass on to each other.
type stage struct {
	*Demo
	caseID, second, warningID, advisoryID string
}

// live plays the scenes up to a time, moving the clock; told hears each of them.
func (d *Demo) live(ctx context.Context, scenes []scene, until time.Time, told func(scene)) error {
	if err := d.s.Jobs.Start(context.WithoutCancel(ctx)); err != nil {
		return err
	}
	stop := d.integrate(ctx)
	st := &stage{Demo: d}
	d.story = st
	err := d.play(ctx, st, scenes, until, told)
	if err == nil {
		err = d.pass(ctx, until)
	}
	stop()
	down, cancel := context.WithTimeout(context.WithoutCancel(ctx), 20*time.Second)
	defer cancel()
	if stopErr := d.s.Jobs.Pause(down); err == nil {
		err = stopErr
	}
	return err
}

// integrate keeps the evidence log going, so that receipts come with their proof, until stop is called.
func (d *Demo) integrate(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		d.s.Evidence.Run(ctx, time.Second, func(err error) { d.s.Log.Error("loop failed", "component", "evidence", "error", err) })
	}()
	return func() { cancel(); <-done }
}

// pass lets the time pass until a moment. Whoever has to be reminded on the way is.
func (d *Demo) pass(ctx context.Context, until time.Time) error {
	for {
		next, err := d.s.Duties.NextReminder(ctx)
		if err != nil {
			return err
		}
		if next.IsZero() || next.After(until) {
			d.clock.Set(until)
			return nil
		}
		if next.After(d.clock.Now()) {
			d.clock.Set(next)
		}
		if _, err := d.s.Duties.Remind(ctx); err != nil {
			return err
		}
		if _, err := d.s.Sender.Drain(ctx); err != nil {
			return err
		}
	}
}

func (d *Demo) play(ctx context.Context, st *stage, scenes []scene, until time.Time, told func(scene)) error {
	for _, x := range scenes {
		if x.at.After(until) {
			return nil
		}
		if err := d.pass(ctx, x.at); err != nil {
			return fmt.Errorf("demo: before %q: %w", x.en, err)
		}
		if x.do != nil {
			if err := x.do(st, ctx); err != nil {
				return fmt.Errorf("demo: %s: %w", x.en, err)
			}
			if err := d.settle(ctx); err != nil {
				return fmt.Errorf("demo: after %q: %w", x.en, err)
			}
		}
		if told != nil {
			told(x)
		}
	}
	return nil
}

const component = "pkg:maven/org.apache.logging.log4j/log4j-core"

// flaw is what the reports say of CVE-2021-44228, by the public record.
func flaw(learned time.Time) report.Content {
	return report.Content{
		Title: "Apache Log4j2 远程代码执行漏洞", Vendor: "Apache Software Foundation", Product: "Apache Log4j2", Versions: "2.0-beta9 至 2.14.1", PURL: component,
		Technical: "Log4j2 在处理日志消息时会解析其中的查找表达式（lookup）。消息里若含有 JNDI 查找，组件会向其中指定的 LDAP、RMI 等服务器发起请求，并可能加载和执行返回的对象。凡是会被写入日志的外部输入都可能触发，不需要身份认证，默认配置即受影响。",
		Harm:      "攻击者无需认证即可远程执行任意代码，完全控制服务器。", Scope: "log4j-core 2.0-beta9 至 2.14.1；大量 Java 应用直接或者间接使用该组件。",
		CWE: "CWE-502", CVSS: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", Exploited: "unknown", Public: "no", Upstream: "yes",
		Relation: duty.Found, LearnedAt: learned, LearnedBy: "安全研究",
		Affected: []report.Affected{{PURL: component, Introduced: "2.0-beta9", Fixed: "2.15.0"}},
	}
}

// tale is the story of 2021 as it happened, with an invented cast.
func tale() []scene {
	out := []scene{
		{at(time.November, 24, 10, 0), "云服务商的工程师发现 Log4j2 的漏洞，当天告知上游项目；没有报送平台。", "A cloud provider's engineer finds the flaw in Log4j2 and tells the upstream project the same day. Nobody tells the platform.", nil},
		{at(time.November, 26, 10, 0), "两日时限（从严计算）已到：平台尚无任何报告。", "The two days are over (strict reading). The platform has no report.", nil},
		{at(time.December, 8, 20, 0), "漏洞细节在互联网上流传。", "Details of the flaw appear on the internet.", nil},
		{at(time.December, 9, 9, 10), "烛照安全报送平台；平台同步转送两个上级单位，开立案例。", "Zhuzhao Security reports to the platform, which passes the report on to both higher authorities and opens a case.", (*stage).firstReport},
		{at(time.December, 9, 9, 40), "鉴微实验室报送同一漏洞（速报）；平台提示疑似重复。", "Jianwei Labs sends a flash report of the same flaw; the platform proposes it as a duplicate.", (*stage).secondReport},
		{at(time.December, 9, 9, 55), "研判人员受理，合并重复报告，开始验证。", "An analyst takes the case, joins the duplicate and starts to verify.", (*stage).triage},
		{at(time.December, 9, 10, 20), "平台按产品目录找到上游提供者，通知送达。", "The platform finds the upstream provider in its product directory; the notice is delivered.", (*stage).tellUpstream},
		{at(time.December, 9, 11, 30), "复现成功。", "The flaw is reproduced.", (*stage).verify},
		{at(time.December, 9, 11, 45), "按 GB/T 30279 定级：技术分级超危，综合分级超危；自动比对全部成员产品。", "Graded by GB/T 30279: critical, technically and with the environment; matched against every member's products.", (*stage).grade},
		{at(time.December, 9, 12, 5), "平台已按比对结果起草预警；值班长定为橙色，审核同意。", "Matching has drafted the warning; a duty officer makes it orange and approves it.", (*stage).approve},
		{at(time.December, 9, 20, 0), "副值班长放行：先受影响单位，再同行业，再全体合作单位。", "The second duty officer releases it: the affected first, then their sectors, then every partner unit.", (*stage).release},
		{at(time.December, 9, 20, 25), "华原电网确认：受影响，12 台资产。", "Huayuan Power Grid answers: affected, 12 assets.", answers("engineer", warning.AffectedYes, 12, "调度数据平台与营销系统受影响，已隔离外网访问。")},
		{at(time.December, 9, 21, 0), "云帆云计算确认：受影响。", "Yunfan Cloud answers: affected.", answers("provider", warning.AffectedYes, 340, "控制台与日志服务受影响，正在升级。")},
		{at(time.December, 9, 21, 30), "东陆电信确认：排查中。", "Donglu Telecom answers: checking.", answers("donglu", warning.Checking, 0, "")},
		{at(time.December, 10, 8, 0), "上游发布 2.15.0；平台起草公告，第二人复核后发布。", "Upstream releases 2.15.0; the advisory is drafted, reviewed by a second person and published.", (*stage).publish},
		{at(time.December, 10, 16, 0), "华原电网确认：已修复。", "Huayuan Power Grid answers: fixed.", answers("engineer", warning.FixedAll, 12, "全部升级并复测。")},
		{at(time.December, 10, 17, 0), "烛照安全确认：不受影响，产品中没有该组件。", "Zhuzhao Security answers: not affected, it does not have the component.", answers("finder", warning.AffectedNo, 0, "")},
		{at(time.December, 10, 18, 0), "沧澜银行确认：不受影响，已关闭消息查找。", "Canglan Bank answers: not affected, it has switched lookups off.", mitigated("canglan", "已全部关闭消息查找。")},
		{at(time.December, 14, 9, 0), "上游确认 2.15.0 的修复不完整，发布 2.16.0（CVE-2021-45046）；两名值班长修订并放行预警：只有因此失效的答复重新征求，其余继续有效。", "Upstream says that 2.15.0 does not mend it all and releases 2.16.0 (CVE-2021-45046). Two duty officers amend the warning: only the answers that this makes void are asked for again, all others stand.", revises(steps[0])},
		{at(time.December, 14, 15, 0), "华原电网再次确认：已升级到 2.16.0。", "Huayuan Power Grid answers anew: fixed with 2.16.0.", answers("engineer", warning.FixedAll, 12, "全部升级到 2.16.0。")},
		{at(time.December, 18, 10, 0), "上游发布 2.17.0（CVE-2021-45105）；预警第三版放行。", "Upstream releases 2.17.0 (CVE-2021-45105). The third revision of the warning is released.", revises(steps[1])},
		{at(time.December, 18, 16, 0), "华原电网确认：已升级到 2.17.0。", "Huayuan Power Grid answers: fixed with 2.17.0.", answers("engineer", warning.FixedAll, 12, "全部升级到 2.17.0。")},
		{at(time.December, 17, 10, 0), "主管部门公开发布风险提示。", "The ministry publishes a risk notice.", nil},
	}
	out = append(out, cloudAffair()...)
	slices.SortStableFunc(out, func(a, b scene) int { return a.at.Compare(b.at) })
	return out
}

func (st *stage) firstReport(ctx context.Context) error {
	return st.report(ctx, "finder", flaw(at(time.December, 8, 21, 30)), false, &st.caseID)
}

func (st *stage) secondReport(ctx context.Context) error {
	c := flaw(at(time.December, 9, 8, 30))
	c.Technical, c.Scope, c.Affected = "", "", nil
	c.Exploited, c.Public, c.Aliases = "yes", "yes", nil
	return st.report(ctx, "jianwei", c, true, &st.second)
}

// report submits and remembers the case that the platform opened.
func (st *stage) report(ctx context.Context, who string, c report.Content, flash bool, caseID *string) error {
	r, err := st.s.Reports.Submit(ctx, st.as(who), report.Input{Content: c, Flash: flash})
	if err != nil {
		return err
	}
	if err := st.settle(ctx); err != nil {
		return err
	}
	x, err := st.s.Cases.OfReport(ctx, st.as("analyst"), r.Report.ID)
	*caseID = x.ID
	return err
}

func (st *stage) triage(ctx context.Context) error {
	if err := st.s.Cases.Take(ctx, st.as("analyst"), st.caseID); err != nil {
		return err
	}
	if err := st.s.Cases.Join(ctx, st.as("analyst"), st.second, st.caseID); err != nil {
		return err
	}
	return st.s.Cases.StartVerifying(ctx, st.as("analyst"), st.caseID)
}

func (st *stage) tellUpstream(ctx context.Context) error {
	found, err := st.s.Cases.ProposeUpstream(ctx, st.as("analyst"), st.caseID)
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return fmt.Errorf("no upstream provider was proposed for %s", component)
	}
	_, err = st.s.Cases.NotifyUpstream(ctx, st.as("analyst"), st.caseID, casework.NoticeInput{OrgID: found[0].OrgID,
		Text: "贵方组件 log4j-core 2.0-beta9 至 2.14.1 存在远程代码执行漏洞，请立即核实并提供修补措施。详情见平台案例。"})
	return err
}

func (st *stage) verify(ctx context.Context) error {
	_, err := st.s.Cases.Verify(ctx, st.as("analyst"), st.caseID, casework.VerifyInput{Result: "reproduced",
		Environment: "隔离环境：JDK 8u181，log4j-core 2.14.1", Steps: "写入含查找表达式的日志消息，观察到对外请求与对象加载；2.17.1 不再触发。"})
	if err != nil {
		return err
	}
	c, err := st.s.Cases.Get(ctx, st.as("analyst"), st.caseID)
	if err != nil {
		return err
	}
	_, err = st.s.Cases.Edit(ctx, st.as("analyst"), st.caseID, c.Rev, facts(c.Content))
	return err
}

// facts completes what the platform holds of the flaw, in both languages, by the public record.
func facts(c casework.Content) casework.Content {
	c.TitleEN = "Remote code execution in Apache Log4j2"
	c.Aliases = []string{"CVE-2021-44228"}
	c.DescriptionEN = "Log4j2 resolves lookup expressions inside log messages. A JNDI lookup in a message makes the component contact the LDAP or RMI server it names, and load and run what that server returns. Whoever can have text logged can trigger it; no authentication is needed and the default configuration is affected."
	c.Fix, c.FixEN = "升级到 log4j-core 2.15.0 或更高版本。", "Upgrade to log4j-core 2.15.0 or later."
	c.Workaround, c.WorkaroundEN = "不能立即升级的，从类路径中移除 JndiLookup 类，并限制服务器对外发起的连接。", "Where upgrading must wait, remove the JndiLookup class from the class path and restrict outgoing connections."
	c.References = []casework.Reference{{Kind: "advisory", URL: "https://logging.apache.org/security.html"}, {Kind: "web", URL: "https://www.cve.org/CVERecord?id=CVE-2021-44228"}}
	return c
}

func (st *stage) grade(ctx context.Context) error {
	if _, err := st.s.Cases.AddGrade(ctx, st.as("analyst"), st.caseID, casework.GradeInput{Scheme: "cvss-3.1", Vector: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H"}); err != nil {
		return err
	}
	_, err := st.s.Cases.AddGrade(ctx, st.as("analyst"), st.caseID, casework.GradeInput{Scheme: "gbt30279-2020", Vector: "AV:N/AC:L/PR:N/UI:N/C:H/I:H/A:H/E:L/RL:H/S:H",
		Rationale: "网络可达，默认配置即受影响，无需认证；利用方式已公开，尚无完整修补。"})
	return err
}

func (st *stage) approve(ctx context.Context) error {
	w, err := st.prepare(ctx, warning.Orange)
	if err != nil {
		return err
	}
	return st.s.Warnings.Approve(ctx, st.as("officer"), w.ID, w.Rev)
}

// prepare takes the warning that matching has drafted and gives it its level.
func (st *stage) prepare(ctx context.Context, level warning.Level) (w warning.Warning, err error) {
	ws, _, err := st.s.Warnings.List(ctx, st.as("officer"), warning.Filter{CaseID: st.caseID, Limit: 1})
	if err != nil {
		return w, err
	}
	if len(ws) == 0 {
		return w, errors.New("matching has drafted no warning")
	}
	if w, _, err = st.s.Warnings.Get(ctx, st.as("officer"), ws[0].ID); err != nil {
		return w, err
	}
	st.warningID = w.ID
	w.Content.Phone = "010-5555-0100"
	return st.s.Warnings.Edit(ctx, st.as("officer"), w.ID, warning.EditInput{Rev: w.Rev, Level: level, TLP: "AMBER", Content: w.Content, RespondBy: st.clock.Now().Add(12 * time.Hour)})
}

func (st *stage) release(ctx context.Context) error {
	w, _, err := st.s.Warnings.Get(ctx, st.as("deputy"), st.warningID)
	if err != nil {
		return err
	}
	_, err = st.s.Warnings.Release(ctx, st.as("deputy"), w.ID, w.Rev)
	return err
}

// answers is the scene in which somebody acknowledges the warning.
func answers(who string, a warning.Answer, assets int, comment string) func(*stage, context.Context) error {
	return func(st *stage, ctx context.Context) error {
		in := warning.AnswerInput{Answer: a, Comment: comment, Assets: assets}
		if a == warning.AffectedNo {
			in.Justification = openvex.ComponentNotPresent
		}
		_, err := st.s.Warnings.Acknowledge(ctx, st.as(who), st.warningID, in)
		return err
	}
}

func (st *stage) publish(ctx context.Context) error {
	a, err := st.s.Advisories.Draft(ctx, st.as("analyst"), st.caseID)
	if err != nil {
		return err
	}
	if _, err := st.s.Advisories.Submit(ctx, st.as("analyst"), a.ID); err != nil {
		return err
	}
	_, err = st.s.Advisories.Publish(ctx, st.as("reviewer"), a.ID, a.Rev)
	st.advisoryID = a.ID
	return err
}
