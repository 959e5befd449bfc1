// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"context"
	"errors"
	"time"

	"github.com/fengsui/fengsui/internal/casework"
	"github.com/fengsui/fengsui/internal/duty"
	"github.com/fengsui/fengsui/internal/product"
	"github.com/fengsui/fengsui/internal/report"
	"github.com/fengsui/fengsui/internal/warning"
)

// sides are smaller cases beside the story, wholly invented and each at another station, so that visitors find a
// platform at work. The replay leaves them out.
func sides() []scene {
	erp, meeting, router, database, portal, office := &stage{}, &stage{}, &stage{}, &stage{}, &stage{}, &stage{}
	return []scene{
		{at: at(time.November, 22, 9, 30), en: "members say by which names they are known", do: (*stage).names},
		{at: at(time.December, 5, 11, 0), en: "a public record thanks somebody for the meeting system's flaw", do: (*stage).meetingIsThanked},
		{at: at(time.November, 22, 10, 0), en: "the ERP system's flaw is reported", do: erp.reports("jianwei", erpFlaw())},
		{at: at(time.November, 22, 15, 0), en: "it is reproduced", do: erp.checks("低权限账户的请求可以改写他人单据；U9.7 已校验归属。", inEnglish{
			title: "Missing authorisation in Tiangong ERP", description: "The approval interface does not check who owns a document, so any signed-in user can change the documents of others.", fix: "Upgrade to U9.7."})},
		{at: at(time.November, 23, 9, 30), en: "it is graded", do: erp.grades("AV:N/AC:L/PR:L/UI:N/C:L/I:L/A:N/E:M/RL:L/S:L", "需要登录；影响限于业务单据。")},
		{at: at(time.November, 25, 10, 0), en: "the router's flaw is reported", do: router.reports("jianwei", routerFlaw())},
		{at: at(time.November, 26, 16, 0), en: "it is reproduced", do: router.checks("以维护口令登录管理页面成功；V3.2.2 已移除该口令。", inEnglish{
			title: "Hard-coded credentials in the Yilu XR-5600 router", description: "The maintenance account has a fixed password in the firmware. Whoever reaches the management page can take over the device.", fix: "Upgrade to firmware V3.2.2."})},
		{at: at(time.November, 29, 10, 0), en: "the ERP advisory is published", do: erp.on((*stage).publish)},
		{at: at(time.November, 30, 9, 0), en: "the meeting system's flaw is reported", do: meeting.reports("finder", meetingFlaw())},
		{at: at(time.November, 30, 17, 0), en: "it is reproduced", do: meeting.checks("构造的会议邀请可使客户端读取任意本地文件；5.2.1 不再触发。", inEnglish{
			title: "Path traversal in the Qingniao meeting client", description: "A crafted meeting invitation makes the client open files outside of its own folder.", fix: "Upgrade to 5.2.1."})},
		{at: at(time.December, 1, 9, 0), en: "it is graded", do: meeting.grades("AV:N/AC:L/PR:N/UI:R/C:H/I:N/A:N/E:M/RL:L/S:L", "需要用户打开邀请；已有修补。")},
		{at: at(time.December, 3, 10, 0), en: "its advisory is published", do: meeting.on((*stage).publish)},
		{at: at(time.December, 6, 9, 0), en: "the router's flaw is graded", do: router.grades("AV:N/AC:L/PR:N/UI:N/C:H/I:H/A:H/E:L/RL:L/S:M", "口令固定，管理页面多暴露在办公网；厂商已发布固件。")},
		{at: at(time.December, 6, 11, 0), en: "its warning is made yellow", do: router.on((*stage).yellow)},
		{at: at(time.December, 6, 14, 0), en: "its warning is released", do: router.on((*stage).release)},
		{at: at(time.December, 6, 15, 10), en: "the maker answers", do: router.on(answers("yilu", warning.AffectedYes, 0, "V3.0.0 至 V3.2.1 均受影响，已发布 V3.2.2。"))},
		{at: at(time.December, 6, 16, 0), en: "the grid answers", do: router.on(answers("engineer", warning.AffectedNo, 0, "未使用该型号。"))},
		{at: at(time.December, 6, 17, 30), en: "the telecom operator answers", do: router.on(answers("donglu", warning.FixedAll, 26, "营业厅在用设备已全部升级。"))},
		{at: at(time.December, 7, 9, 15), en: "the bank answers", do: router.on(answers("canglan", warning.Checking, 0, ""))},
		{at: at(time.December, 8, 11, 30), en: "its first firmware does not mend it all, and the warning is amended", do: router.on((*stage).mends)},
		{at: at(time.December, 7, 14, 0), en: "the database's flaw is reported", do: database.reports("jianwei", databaseFlaw())},
		{at: at(time.December, 8, 9, 0), en: "it is being verified", do: database.on((*stage).starts)},
		{at: at(time.December, 8, 10, 30), en: "the portal's flaw is reported", do: portal.reports("finder", portalFlaw())},
		{at: at(time.December, 8, 15, 0), en: "its reporter is asked for more", do: portal.on((*stage).ask)},
		{at: at(time.December, 9, 16, 40), en: "the office suite's flaw is reported", do: office.reports("jianwei", officeFlaw())},
		{at: at(time.November, 24, 11, 0), en: "the cloud provider writes a draft and sends it to nobody", do: (*stage).unsent},
		{at: at(time.December, 2, 9, 0), en: "the grid updates a terminal", do: (*stage).update},
		{at: at(time.December, 9, 6, 0), en: "the night's import brings what is publicly known", do: (*stage).learn},
		{at: at(time.December, 8, 17, 0), en: "the supervisor loads a stricter agreement, to try it", do: (*stage).draftLaw},
	}
}

// on makes a scene of a side case out of an act of the story.
func (side *stage) on(do func(*stage, context.Context) error) func(*stage, context.Context) error {
	return func(st *stage, ctx context.Context) error {
		side.Demo = st.Demo
		return do(side, ctx)
	}
}

func (side *stage) reports(who string, c report.Content) func(*stage, context.Context) error {
	return side.on(func(st *stage, ctx context.Context) error { return st.report(ctx, who, c, false, &st.caseID) })
}

func (st *stage) starts(ctx context.Context) error {
	if err := st.s.Cases.Take(ctx, st.as("analyst"), st.caseID); err != nil {
		return err
	}
	return st.s.Cases.StartVerifying(ctx, st.as("analyst"), st.caseID)
}

// inEnglish is what the analyst adds for readers abroad.
type inEnglish struct{ title, description, fix string }

// checks reproduces a side case and writes it down in English too.
func (side *stage) checks(steps string, en inEnglish) func(*stage, context.Context) error {
	return side.on(func(st *stage, ctx context.Context) error {
		if err := st.starts(ctx); err != nil {
			return err
		}
		if _, err := st.s.Cases.Verify(ctx, st.as("analyst"), st.caseID, casework.VerifyInput{Result: "reproduced", Environment: "平台验证环境", Steps: steps}); err != nil {
			return err
		}
		c, err := st.s.Cases.Get(ctx, st.as("analyst"), st.caseID)
		if err != nil {
			return err
		}
		c.Content.TitleEN, c.Content.DescriptionEN, c.Content.FixEN = en.title, en.description, en.fix
		_, err = st.s.Cases.Edit(ctx, st.as("analyst"), st.caseID, c.Rev, c.Content)
		return err
	})
}

func (side *stage) grades(vector, why string) func(*stage, context.Context) error {
	return side.on(func(st *stage, ctx context.Context) error {
		_, err := st.s.Cases.AddGrade(ctx, st.as("analyst"), st.caseID, casework.GradeInput{Scheme: "gbt30279-2020", Vector: vector, Rationale: why})
		return err
	})
}

func (st *stage) yellow(ctx context.Context) error {
	_, err := st.prepare(ctx, warning.Yellow)
	return err
}

func (st *stage) ask(ctx context.Context) error {
	if err := st.s.Cases.Take(ctx, st.as("analyst"), st.caseID); err != nil {
		return err
	}
	if err := st.s.Cases.AskInfo(ctx, st.as("analyst"), st.caseID, "请补充两点：\n1. 越权访问时使用的账户类型，个人账户还是法人账户？\n2. 受影响的接口是否也能修改数据，还是只能读取？"); err != nil {
		return err
	}
	if err := st.standStill(ctx); err != nil {
		return err
	}
	return st.remembers(ctx)
}

// unsent is the draft that the cloud provider wrote on the day it found the flaw, and never sent.
func (st *stage) unsent(ctx context.Context) error {
	c := flaw(at(time.November, 24, 10, 0))
	c.Technical, c.Scope, c.CVSS = "Log4j2 处理日志消息时会解析 JNDI 查找表达式，初步判断可远程执行代码，待进一步分析。", "", ""
	c.Told = []report.Told{{Who: "上游开源项目组", At: at(time.November, 24, 10, 40)}}
	id, err := st.s.Reports.SaveDraft(ctx, st.as("provider"), "", c)
	if err == nil && id == "" {
		err = errors.New("the draft was not kept")
	}
	return err
}

// terminal is the model of the device whose firmware is updated.
const terminal = "HY-ST200"

// update brings the next version of a device with its component list.
func (st *stage) update(ctx context.Context) error {
	ps, _, err := st.s.Products.List(ctx, st.as("engineer"), product.Filter{Text: terminal})
	if err != nil || len(ps) != 1 {
		return errors.Join(err, errors.New("the terminal is not in the directory"))
	}
	next := ware{org: grid, en: ps[0].NameEN, version: "V2.4.2", format: "spdx", contents: []part{p("pkg:generic/busybox@1.34.1"), p("pkg:generic/openssl@1.1.1l"), p("pkg:generic/chrony@4.2")}}
	doc, err := next.document()
	if err != nil {
		return err
	}
	if _, err := st.s.Products.AddVersion(ctx, st.as("engineer"), ps[0].ID, next.version); err != nil {
		return err
	}
	_, err = st.s.Products.PushSBOM(ctx, st.as("engineer"), ps[0].ID, next.version, doc)
	return err
}

func erpFlaw() report.Content {
	return report.Content{Title: "天工 ERP 越权修改单据漏洞", Vendor: "天工企业软件", Product: "天工 ERP", Versions: "U9.0 至 U9.6",
		Technical: "审批接口没有校验单据归属，登录用户可以修改他人的单据。", Harm: "篡改业务数据。", Scope: "U9.0 至 U9.6。", CWE: "CWE-862", CVSS: "CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:L/I:L/A:N",
		Exploited: "no", Public: "no", Upstream: "no", Fix: "升级到 U9.7。", Relation: duty.Found, LearnedAt: at(time.November, 21, 16, 0), LearnedBy: "安全研究", Credit: "鉴微实验室",
		Affected: []report.Affected{{Vendor: "天工企业软件", Product: "天工 ERP", Introduced: "U9.0", Fixed: "U9.7"}}}
}

func routerFlaw() report.Content {
	return report.Content{Title: "驿路企业路由器 XR-5600 内置维护口令漏洞", Vendor: "驿路网络设备", Product: "驿路企业路由器", Model: "XR-5600", Versions: "V3.0.0 至 V3.2.1",
		Technical: "固件中的维护账户使用固定口令，可以登录管理页面，且不能停用。", Harm: "攻击者可以完全控制设备，窥探和篡改经过它的流量。", Scope: "XR-5600 固件 V3.0.0 至 V3.2.1。", CWE: "CWE-798",
		CVSS: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", Exploited: "no", Public: "no", Upstream: "no", Fix: "升级到固件 V3.2.2。", Relation: duty.Found, LearnedAt: at(time.November, 24, 14, 0), LearnedBy: "固件分析",
		Affected: []report.Affected{{Vendor: "驿路网络设备", Product: "驿路企业路由器", Model: "XR-5600", Introduced: "V3.0.0", Fixed: "V3.2.2"}}}
}

func meetingFlaw() report.Content {
	return report.Content{Title: "青鸟会议客户端路径穿越漏洞", Vendor: "青鸟软件（示范）", Product: "青鸟会议", Versions: "5.0.0 至 5.2.0",
		Technical: "会议邀请中的附件名没有规范化，可以指向客户端目录以外的文件。", Harm: "读取用户的本地文件。", Scope: "青鸟会议客户端 5.0.0 至 5.2.0。", CWE: "CWE-22", CVSS: "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:N/A:N",
		Exploited: "no", Public: "no", Upstream: "no", Fix: "升级到 5.2.1。", Relation: duty.Found, LearnedAt: at(time.November, 29, 11, 0), LearnedBy: "安全研究", Credit: "烛照安全",
		Affected: []report.Affected{{Vendor: "青鸟软件（示范）", Product: "青鸟会议", Introduced: "5.0.0", Fixed: "5.2.1"}}}
}

func databaseFlaw() report.Content {
	return report.Content{Title: "磐石分布式数据库权限提升漏洞", Vendor: "磐石数据库", Product: "磐石分布式数据库", Versions: "6.3 至 6.5", Technical: "视图以创建者的权限执行，普通账户可以借视图读取系统表。", Harm: "普通账户可以取得管理权限。",
		Scope: "6.3 至 6.5，多用于金融行业。", CWE: "CWE-269", Exploited: "no", Public: "no", Upstream: "no", Relation: duty.Found, LearnedAt: at(time.December, 7, 11, 0), LearnedBy: "安全研究"}
}

func portalFlaw() report.Content {
	return report.Content{Title: "一体化政务服务平台越权访问漏洞", Vendor: "政通数字", Product: "一体化政务服务平台", Versions: "2.9", Technical: "办件查询接口只按编号取数，没有核对申请人。", Harm: "可能泄露个人信息。",
		Scope: "2.9，部署数量待核实。", CWE: "CWE-639", Exploited: "unknown", Public: "no", Upstream: "no", Relation: duty.Found, LearnedAt: at(time.December, 7, 20, 0), LearnedBy: "授权测试"}
}

func officeFlaw() report.Content {
	return report.Content{Title: "墨砚办公套件图片解析越界写漏洞", Vendor: "墨砚软件", Product: "墨砚办公套件", Versions: "2021.1 至 2021.3", Technical: "解析文档内嵌图片时没有检查宽度，可以越界写入。", Harm: "打开恶意文档即可执行代码。",
		Scope: "2021.1 至 2021.3。", CWE: "CWE-787", Exploited: "unknown", Public: "no", Upstream: "unknown", Relation: duty.Found, LearnedAt: at(time.December, 9, 14, 0), LearnedBy: "模糊测试"}
}
