// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package gbt30279

import "slices"

// A Category is a node of the standard's tree of categories.
type Category struct {
	Code, Chinese, English string
	Parent                 string // code, or "" for the four at the top
}

// categories is the tree, parents before children.
var categories = []Category{
	{"1", "代码问题", "code problem", ""},
	{"1.1", "资源管理错误", "resource management error", "1"},
	{"1.2", "输入验证错误", "input validation error", "1"},
	{"1.2.1", "缓冲区错误", "buffer error", "1.2"},
	{"1.2.2", "注入", "injection", "1.2"},
	{"1.2.2.1", "格式化字符串错误", "format string error", "1.2.2"},
	{"1.2.2.2", "跨站脚本", "cross-site scripting", "1.2.2"},
	{"1.2.2.3", "命令注入", "command injection", "1.2.2"},
	{"1.2.2.3.1", "操作系统命令注入", "OS command injection", "1.2.2.3"},
	{"1.2.2.3.2", "参数注入", "argument injection", "1.2.2.3"},
	{"1.2.2.4", "代码注入", "code injection", "1.2.2"},
	{"1.2.2.5", "SQL注入", "SQL injection", "1.2.2"},
	{"1.2.3", "路径遍历", "path traversal", "1.2"},
	{"1.2.4", "后置链接", "link following", "1.2"},
	{"1.2.5", "跨站请求伪造", "cross-site request forgery", "1.2"},
	{"1.3", "数字错误", "numeric error", "1"},
	{"1.4", "竞争条件问题", "race condition", "1"},
	{"1.5", "处理逻辑错误", "processing logic error", "1"},
	{"1.6", "加密问题", "cryptographic issue", "1"},
	{"1.7", "授权问题", "authorisation issue", "1"},
	{"1.7.1", "信任管理问题", "trust management issue", "1.7"},
	{"1.7.2", "权限许可和访问控制问题", "permission and access control issue", "1.7"},
	{"1.8", "数据转换问题", "data conversion issue", "1"},
	{"1.9", "未声明功能", "undeclared function", "1"},
	{"2", "配置错误", "configuration error", ""},
	{"3", "环境问题", "environment problem", ""},
	{"3.1", "信息泄露", "information leak", "3"},
	{"3.1.1", "日志信息泄露", "leak through logs", "3.1"},
	{"3.1.2", "调试信息泄露", "leak through debug information", "3.1"},
	{"3.1.3", "侧信道信息泄露", "leak through a side channel", "3.1"},
	{"3.2", "故障注入", "fault injection", "3"},
	{"4", "其他", "other", ""},
}

// byCWE maps common weaknesses to the tree.
var byCWE = map[string]string{
	"CWE-20": "1.2", "CWE-22": "1.2.3", "CWE-23": "1.2.3", "CWE-36": "1.2.3", "CWE-59": "1.2.4", "CWE-74": "1.2.2", "CWE-77": "1.2.2.3", "CWE-78": "1.2.2.3.1",
	"CWE-79": "1.2.2.2", "CWE-88": "1.2.2.3.2", "CWE-89": "1.2.2.5", "CWE-94": "1.2.2.4", "CWE-95": "1.2.2.4", "CWE-917": "1.2.2.4", "CWE-119": "1.2.1",
	"CWE-120": "1.2.1", "CWE-121": "1.2.1", "CWE-122": "1.2.1", "CWE-125": "1.2.1", "CWE-787": "1.2.1", "CWE-134": "1.2.2.1", "CWE-190": "1.3", "CWE-191": "1.3",
	"CWE-369": "1.3", "CWE-352": "1.2.5", "CWE-362": "1.4", "CWE-367": "1.4", "CWE-400": "1.1", "CWE-401": "1.1", "CWE-415": "1.1", "CWE-416": "1.1", "CWE-476": "1.5",
	"CWE-770": "1.1", "CWE-835": "1.5", "CWE-295": "1.6", "CWE-310": "1.6", "CWE-326": "1.6", "CWE-327": "1.6", "CWE-330": "1.6", "CWE-347": "1.6",
	"CWE-255": "1.7.1", "CWE-259": "1.7.1", "CWE-287": "1.7", "CWE-306": "1.7", "CWE-384": "1.7", "CWE-521": "1.7.1", "CWE-522": "1.7.1", "CWE-798": "1.7.1",
	"CWE-264": "1.7.2", "CWE-269": "1.7.2", "CWE-276": "1.7.2", "CWE-284": "1.7.2", "CWE-285": "1.7", "CWE-639": "1.7", "CWE-732": "1.7.2", "CWE-862": "1.7", "CWE-863": "1.7",
	"CWE-502": "1.8", "CWE-704": "1.8", "CWE-843": "1.8", "CWE-912": "1.9", "CWE-16": "2", "CWE-1188": "2", "CWE-200": "3.1", "CWE-209": "3.1.2", "CWE-532": "3.1.1",
	"CWE-203": "3.1.3", "CWE-208": "3.1.3", "CWE-611": "1.5", "CWE-434": "1.5", "CWE-601": "1.5", "CWE-918": "1.5", "CWE-1321": "1.5",
}

// CategoryForCWE returns the category of a weakness; the standard's "other" when it is not mapped.
func CategoryForCWE(cwe string) Category {
	code, ok := byCWE[cwe]
	if !ok {
		code = "4"
	}
	for _, c := range categories {
		if c.Code == code {
			return c
		}
	}
	return Category{}
}

// Categories returns the tree, parents before children.
func Categories() []Category { return slices.Clone(categories) }
