// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package product_test

import (
	"encoding/hex"
	"slices"
	"testing"

	"github.com/fengsui/fengsui/internal/product"
)

// The recipe is what docs/private-inventory.md says, byte for byte: members follow it with programs of their own. The
// numbers were worked out by another program.
func TestRecipe(t *testing.T) {
	salt := make([]byte, 32)
	for i := range salt {
		salt[i] = byte(i)
	}
	got, left, err := product.Private(salt, []byte(`{"bomFormat":"CycloneDX","specVersion":"1.6","components":[
		{"type":"library","name":"x","purl":"pkg:deb/debian/openssl@3.0.2-1?distro=debian-11","cpe":"cpe:2.3:a:openssl:openssl:3.0.2:*:*:*:*:*:*:*"},
		{"type":"firmware","group":"华为","name":"XR-5600","version":"1.0","cpe":"cpe:2.3:o:huawei:xr-5600:*:rc1:*:*:*:android:*:*"},
		{"type":"firmware","name":"plain","version":"2.0","cpe":"cpe:/o:Huawei:Plain"},
		{"type":"firmware","name":"none","cpe":"cpe:2.3:o:huawei:none:-:*:*:*:*:*:*:*"}]}`))
	if err != nil || left != 0 || got.Recipe != 2 || got.Components != 4 {
		t.Fatalf("%+v, %d left, %v", got, left, err)
	}
	want := []string{
		"5d9d603395c8a5d149fee31ca21e408afe422609a1bbbe29cfe21a2ee244e61b", // Debian, openssl, 11, 3.0.2-1
		"70655ef691aa8a0a03593a588e8206fd2d4a2950135d5a3c551f97ef8d12d6ae", // "", 华为/XR-5600, "", 1.0
		"61e6396c456ca7431740d33c7e0655060b6bc06721f8654df06fe2c47412b274", // ware, 华为/xr 5600, "", 1.0
		"a507b6ce739eded9a6b9dffc8f5255f4bbb5bf7c37deb69eddc25b1ad915ac13", // cpe, o:huawei:xr-5600, rc1:*:*:*:android:*:*, 1.0
		"270c0836de398dd4f80c586abe32aa9c3dab375bc09907635984983b4e0c4a66", // cpe, o:huawei:plain, "", 2.0
		"cbf01cfcb6c9fcd3de5744c0f9515f0076a00ca6a3204d5425a6c0880bbd119b", // cpe, o:huawei:none, =-:*:*:*:*:*:*:*, ""
		"3f825ddd653c192988185081a4e00b7396ae7be8f3a753aa94b444adcbf9fa07", // "", plain, "", 2.0
		"eabf09ade95d6ce4b5883287f9a95baceb843be74c68fc539ec0bf9d96b48bdb", // "", none, "", ""
	}
	var parts []string
	for _, p := range got.Parts {
		parts = append(parts, hex.EncodeToString(append(p.Name[:], p.Version[:]...)))
	}
	if !slices.IsSorted(parts) {
		t.Errorf("the order says something: %q", parts)
	}
	for _, p := range parts {
		if !slices.Contains(want, p) {
			t.Errorf("%s is not in the recipe", p)
		}
	}
	if many := product.PrivateNames(salt); many("npm", "x") != product.PrivateName(salt, "npm", "x") || many("", "名") != product.PrivateName(salt, "", "名") {
		t.Error("one name and many are hidden otherwise")
	}
	for _, p := range want {
		if !slices.Contains(parts, p) {
			t.Errorf("%s is missing", p)
		}
	}
}
