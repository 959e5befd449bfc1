// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package warning

import (
	"strings"
	"testing"
)

func FuzzInbound(f *testing.F) {
	head := "From: a@member.example\r\nTo: answer+abc@reply.example\r\nDate: Fri, 10 Dec 2021 09:00:00 +0800\r\n"
	for _, seed := range []string{head + "\r\nAFFECTED\r\n", head + "Content-Type: text/plain; charset=gbk\r\nContent-Transfer-Encoding: base64\r\n\r\nytzTsM/s\r\n",
		head + "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: multipart/alternative; boundary=y\r\n\r\n--y\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n=E5=B7=B2=E4=BF=AE=E5=A4=8D\r\n--y--\r\n--x--\r\n",
		head + "Auto-Submitted: auto-replied\r\n\r\nFIXED\r\n", head + "\r\nNOT AFFECTED: component not present\r\n> AFFECTED\r\n", "\x00", ""} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		x, why := readInbound(raw)
		if why == "" && (x.In.check() != nil || x.Date.IsZero()) {
			t.Errorf("taken as an answer: %+v", x)
		}
		if len(x.To) > 50 || strings.ContainsAny(string(why), " @\n") {
			t.Errorf("%d addresses, %q", len(x.To), why)
		}
	})
}
