// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"github.com/fengsui/fengsui/internal/product"
)

// ware is a product of somebody in the cast. Its contents are trees of real packages in real versions.
type ware struct {
	org, vendor, zh, en, model string
	kind                       product.Kind
	purl                       string // of the product itself, when it is a package
	version                    string
	format                     string // "cdx" or "spdx"; "" for none; "private" for one that only its owner can read
	contents                   []part
}

// part is a package with what it brings along.
type part struct {
	purl string
	with []part
}

func p(purl string, with ...part) part { return part{purl, with} }

func log4j(v string) part {
	return p("pkg:maven/org.apache.logging.log4j/log4j-core@"+v, p("pkg:maven/org.apache.logging.log4j/log4j-api@"+v))
}

func springWeb(logging part) part {
	return p("pkg:maven/org.springframework.boot/spring-boot-starter-web@2.5.6",
		p("pkg:maven/org.springframework/spring-webmvc@5.3.12", p("pkg:maven/org.springframework/spring-core@5.3.12")),
		p("pkg:maven/org.apache.tomcat.embed/tomcat-embed-core@9.0.54"),
		p("pkg:maven/com.fasterxml.jackson.core/jackson-databind@2.12.5", p("pkg:maven/com.fasterxml.jackson.core/jackson-core@2.12.5")),
		logging)
}

func logback() part {
	return p("pkg:maven/ch.qos.logback/logback-classic@1.2.6", p("pkg:maven/org.slf4j/slf4j-api@1.7.32"))
}

func express() part {
	return p("pkg:npm/express@4.17.1", p("pkg:npm/body-parser@1.19.0"), p("pkg:npm/qs@6.7.0"), p("pkg:npm/cookie@0.4.0"))
}

func lodash() part { return p("pkg:npm/lodash@4.17.20") }

// wares are the products that the directory knows. Which of them contain an affected log4j-core is decided by what
// stands here and worked out by the platform, never told to it.
func wares() []ware {
	sw, hw, sv := product.Software, product.Hardware, product.Hosted
	search := p("pkg:maven/org.elasticsearch/elasticsearch@7.15.2", log4j("2.11.1"), p("pkg:maven/org.apache.lucene/lucene-core@8.9.0"))
	solr := p("pkg:maven/org.apache.solr/solr-core@8.11.0", log4j("2.14.1"), p("pkg:maven/org.apache.lucene/lucene-core@8.11.0"))
	flink := p("pkg:maven/org.apache.flink/flink-runtime_2.12@1.14.0", p("pkg:maven/org.apache.logging.log4j/log4j-slf4j-impl@2.14.1", log4j("2.14.1")))
	apiOnly := p("pkg:maven/org.apache.struts/struts2-core@2.5.25", p("pkg:maven/org.apache.logging.log4j/log4j-api@2.14.1"))
	old := p("pkg:maven/log4j/log4j@1.2.17")
	return []ware{
		{upstream, "上游开源项目组", "Log4j2 日志库", "Log4j2 logging library", "", sw, "pkg:maven/org.apache.logging.log4j/log4j-core", "2.14.1", "", nil},
		{skyharbor, "云帆云计算", "云帆对象存储控制台", "Yunfan Object Storage Console", "", sv, "", "5.8.0", "cdx", []part{springWeb(log4j("2.14.1"))}},
		{skyharbor, "云帆云计算", "云帆日志服务", "Yunfan Log Service", "", sv, "", "3.4.2", "cdx", []part{springWeb(logback()), search}},
		{skyharbor, "云帆云计算", "云帆函数计算", "Yunfan Functions", "", sv, "", "2.0.9", "cdx", []part{p("pkg:golang/github.com/gin-gonic/gin@v1.7.4", p("pkg:golang/golang.org/x/net@v0.0.0-20211015210444-4f30a5c0130f"))}},
		{"qingqiong", "青穹云", "青穹流计算平台", "Qingqiong Stream Computing", "", sv, "", "1.9.0", "spdx", []part{flink}},
		{"qingqiong", "青穹云", "青穹门户", "Qingqiong Portal", "", sv, "", "4.1.0", "cdx", []part{express(), lodash()}},
		{"haiyue", "海岳数据中心", "机房运维系统", "Data Centre Operations", "", sw, "", "6.2", "cdx", []part{springWeb(logback())}},
		{"donglu", "东陆电信", "东陆计费平台", "Donglu Billing", "", sw, "", "11.3", "cdx", []part{springWeb(log4j("2.13.3"))}},
		{"donglu", "东陆电信", "东陆掌厅", "Donglu App Gateway", "", sw, "", "8.0.1", "spdx", []part{express(), lodash()}},
		{"beichen", "北辰移动", "北辰客服中台", "Beichen Service Desk", "", sw, "", "3.3.0", "cdx", []part{springWeb(log4j("2.14.0")), old}},
		{"lianyu", "联宇通信", "联宇网管", "Lianyu Network Manager", "", sw, "", "2021.10", "spdx", []part{springWeb(old)}},
		{"canglan", "沧澜银行", "沧澜手机银行后台", "Canglan Mobile Banking Backend", "", sw, "", "7.6.1", "cdx", []part{springWeb(log4j("2.14.1")), apiOnly}},
		{"canglan", "沧澜银行", "沧澜核心账务", "Canglan Core Ledger", "", sw, "", "22.4", "cdx", []part{p("pkg:maven/com.ibm.mq/com.ibm.mq.allclient@9.2.3.0")}},
		{"qiming", "启明证券", "启明交易网关", "Qiming Trading Gateway", "", sw, "", "5.1", "cdx", []part{p("pkg:golang/google.golang.org/grpc@v1.41.0")}},
		{"anheng", "安衡保险", "安衡理赔系统", "Anheng Claims", "", sw, "", "4.0.2", "cdx", []part{apiOnly}},
		{"jinsui", "金穗支付", "金穗收银台", "Jinsui Checkout", "", sw, "", "9.9.0", "cdx", []part{springWeb(log4j("2.17.1"))}},
		{grid, "华原电网", "调度数据平台", "Dispatch Data Platform", "", sw, "", "3.7.0", "spdx", []part{springWeb(logback()), solr}},
		{grid, "华原电网", "营销业务系统", "Customer Business System", "", sw, "", "12.0", "cdx", []part{springWeb(log4j("2.8.2")), p("pkg:maven/org.apache.struts/struts2-core@2.5.22", p("pkg:maven/commons-fileupload/commons-fileupload@1.3.2"))}},
		{grid, "华原电网", "电力监控系统网关", "Power Control Gateway", "", sw, "", "2.2", "private", []part{logback(), apiOnly, express()}},
		{grid, "华原电网", "变电站监控终端", "Substation Terminal", "HY-ST200", hw, "", "V2.4.1", "spdx", []part{p("pkg:generic/busybox@1.33.1"), p("pkg:generic/openssl@1.1.1l")}},
		{"xiling", "西岭石化", "炼化生产执行系统", "Refinery Execution System", "", sw, "", "2.2", "cdx", []part{springWeb(log4j("2.12.1"))}},
		{"shuofeng", "朔风新能源", "风场集控平台", "Wind Farm Control", "", sw, "", "1.8", "cdx", []part{p("pkg:pypi/django@3.2.8", p("pkg:pypi/sqlparse@0.4.2"))}},
		{"moyan", "墨砚软件", "墨砚办公套件", "Moyan Office", "", sw, "", "2021.3", "cdx", []part{p("pkg:generic/zlib@1.2.11"), p("pkg:generic/libpng@1.6.37")}},
		{"zhixing", "知行中间件", "知行应用服务器", "Zhixing Application Server", "", sw, "", "7.0.3", "cdx", []part{log4j("2.14.1"), p("pkg:maven/org.eclipse.jetty/jetty-server@9.4.44.v20210927")}},
		{"zhixing", "知行中间件", "知行消息队列", "Zhixing Message Queue", "", sw, "", "4.4.0", "cdx", []part{p("pkg:maven/io.netty/netty-handler@4.1.68.Final"), log4j("2.17.1")}},
		{"panshi", "磐石数据库", "磐石分布式数据库", "Panshi Distributed Database", "", sw, "", "6.5", "spdx", []part{p("pkg:golang/github.com/pingcap/parser@v3.0.12+incompatible"), p("pkg:cargo/openssl@0.10.36")}},
		{"guanlan", "观澜日志", "观澜检索引擎", "Guanlan Search Engine", "", sw, "", "7.15.2", "cdx", []part{search}},
		{"tiangong", "天工企业软件", "天工 ERP", "Tiangong ERP", "", sw, "", "U9.6", "cdx", []part{springWeb(log4j("2.14.1")), express()}},
		{"yilu", "驿路网络设备", "驿路企业路由器", "Yilu Enterprise Router", "XR-5600", hw, "", "V3.2.1", "spdx", []part{p("pkg:generic/busybox@1.31.0"), p("pkg:generic/dropbear@2020.81")}},
		{"yilu", "驿路网络设备", "驿路网络控制器", "Yilu Network Controller", "NC-900", hw, "", "V5.0.0", "cdx", []part{springWeb(log4j("2.13.2"))}},
		{"jianghai", "江海大学", "统一身份认证平台", "Campus Identity Platform", "", sw, "", "3.1", "cdx", []part{springWeb(log4j("2.14.1"))}},
		{"xingfan", "杏帆医疗信息", "杏帆电子病历", "Xingfan Health Records", "", sw, "", "10.2", "cdx", []part{springWeb(logback()), solr}},
		{"chiyuan", "驰远轨道交通", "票务清分系统", "Fare Clearing", "", sw, "", "5.5", "cdx", []part{springWeb(old)}},
		{"zhengtong", "政通数字", "一体化政务服务平台", "Integrated Government Services", "", sw, "", "2.9", "cdx", []part{springWeb(log4j("2.16.0"))}},
		{"feidu", "飞渡物流", "分拣调度系统", "Sorting Dispatcher", "", sw, "", "1.4", "cdx", []part{p("pkg:pypi/flask@2.0.2", p("pkg:pypi/jinja2@3.0.2"))}},
		{"jishi", "集市网", "集市商家后台", "Jishi Merchant Backend", "", sv, "", "2021.11", "cdx", []part{springWeb(log4j("2.14.1")), express()}},
		{"julun", "巨轮重工", "数控机床联网网关", "Machine Tool Gateway", "JL-G3", hw, "", "V1.1.8", "spdx", []part{p("pkg:generic/mosquitto@2.0.12")}},
	}
}
