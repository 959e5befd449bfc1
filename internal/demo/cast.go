// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"github.com/fengsui/fengsui/internal/member"
)

// organisation is one of the cast: all are invented.
type organisation struct {
	slug, zh, en string
	roles        []member.OrgRole
	level        int // of a partner unit, 0 for none
	sector       string
	people       []person
}

type person struct {
	key, zh, en string
	roles       []member.Role
}

var (
	provider  = []member.OrgRole{member.Provider}
	operator  = []member.OrgRole{member.Operator}
	both      = []member.OrgRole{member.Provider, member.Operator}
	finder    = []member.OrgRole{member.Finder}
	cloud     = []member.OrgRole{member.Provider, member.Operator, member.Finder}
	engineer  = []member.Role{member.Engineer}
	authority = []member.OrgRole{member.Authority}
)

// Slugs that the story refers to.
const (
	desk      = "desk"
	skyharbor = "yunfan"
	torch     = "zhuzhao"
	upstream  = "upstream"
	grid      = "huayuan"
)

// cast is everybody in the demo. The platform's own people come first.
func cast() []organisation {
	return []organisation{
		{desk, "烽燧平台运营中心", "Fengsui Operations Centre", []member.OrgRole{member.Platform}, 0, "platform", []person{
			{"analyst", "程砚", "Cheng Yan", []member.Role{member.Analyst}},
			{"reviewer", "苏晚", "Su Wan", []member.Role{member.Analyst}},
			{"officer", "陆行舟", "Lu Xingzhou", []member.Role{member.DutyOfficer}},
			{"deputy", "沈听澜", "Shen Tinglan", []member.Role{member.DutyOfficer}},
			{"supervisor", "顾衡", "Gu Heng", []member.Role{member.Supervisor}},
			{"arbiter", "秦越", "Qin Yue", []member.Role{member.Supervisor}},
			{"administrator", "傅明", "Fu Ming", []member.Role{member.Administrator}},
			{"auditor", "卫澄", "Wei Cheng", []member.Role{member.Auditor}},
		}},
		{"notification", "信息通报中心（示范）", "Notification Centre (demo)", authority, 0, "authority", nil},
		{"response", "应急技术处理协调中心（示范）", "Response Coordination Centre (demo)", authority, 0, "authority", nil},
		{upstream, "上游开源项目组（示范）", "Upstream Open Source Project (demo)", provider, 0, "open-source", []person{{"upstream", "安行", "An Xing", engineer}}},

		{skyharbor, "云帆云计算", "Yunfan Cloud", cloud, 1, "cloud", []person{{"provider", "宋知远", "Song Zhiyuan", []member.Role{member.Engineer, member.OrgAdmin}}}},
		{"qingqiong", "青穹云", "Qingqiong Cloud", cloud, 2, "cloud", []person{{"qingqiong", "白露", "Bai Lu", engineer}}},
		{"haiyue", "海岳数据中心", "Haiyue Data Centres", operator, 3, "cloud", nil},
		{torch, "烛照安全", "Zhuzhao Security", finder, 1, "security", []person{{"finder", "裴星野", "Pei Xingye", engineer}}},
		{"jianwei", "鉴微实验室", "Jianwei Labs", finder, 2, "security", []person{{"jianwei", "闻笛", "Wen Di", engineer}}},
		{"donglu", "东陆电信", "Donglu Telecom", both, 1, "telecom", []person{{"donglu", "季川", "Ji Chuan", engineer}}},
		{"beichen", "北辰移动", "Beichen Mobile", operator, 1, "telecom", nil},
		{"lianyu", "联宇通信", "Lianyu Communications", operator, 2, "telecom", nil},
		{"canglan", "沧澜银行", "Canglan Bank", both, 2, "finance", []person{{"canglan", "温故", "Wen Gu", engineer}}},
		{"qiming", "启明证券", "Qiming Securities", operator, 3, "finance", nil},
		{"anheng", "安衡保险", "Anheng Insurance", operator, 3, "finance", nil},
		{"jinsui", "金穗支付", "Jinsui Payments", both, 2, "finance", nil},
		{grid, "华原电网", "Huayuan Power Grid", both, 1, "energy", []person{{"engineer", "韩朔", "Han Shuo", engineer}}},
		{"xiling", "西岭石化", "Xiling Petrochemical", operator, 2, "energy", nil},
		{"shuofeng", "朔风新能源", "Shuofeng Renewables", operator, 3, "energy", nil},
		{"moyan", "墨砚软件", "Moyan Software", provider, 2, "software", nil},
		{"zhixing", "知行中间件", "Zhixing Middleware", provider, 2, "software", []person{{"zhixing", "穆青", "Mu Qing", engineer}}},
		{"panshi", "磐石数据库", "Panshi Database", provider, 2, "software", nil},
		{"guanlan", "观澜日志", "Guanlan Log Analytics", provider, 3, "software", []person{{"guanlan", "叶舟", "Ye Zhou", []member.Role{member.Engineer, member.OrgAdmin}}}},
		{"tiangong", "天工企业软件", "Tiangong ERP", provider, 3, "software", nil},
		{"yilu", "驿路网络设备", "Yilu Network Devices", provider, 2, "hardware", []person{{"yilu", "柯北", "Ke Bei", engineer}}},
		{"jianghai", "江海大学", "Jianghai University", operator, 3, "education", nil},
		{"xingfan", "杏帆医疗信息", "Xingfan Health Informatics", both, 3, "health", nil},
		{"chiyuan", "驰远轨道交通", "Chiyuan Rail", operator, 3, "transport", nil},
		{"zhengtong", "政通数字", "Zhengtong Digital Government", provider, 3, "government", nil},
		{"feidu", "飞渡物流", "Feidu Logistics", operator, 3, "transport", nil},
		{"jishi", "集市网", "Jishi Market", both, 3, "internet", nil},
		{"julun", "巨轮重工", "Julun Heavy Industries", operator, 3, "manufacturing", nil},
	}
}
