// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package product_test

import (
	"testing"

	"github.com/fengsui/fengsui/internal/fault"
	"github.com/fengsui/fengsui/internal/product"
)

func TestUploadsAreWorkedOnAfterTheAnswer(t *testing.T) {
	each(t, func(b bench) {
		ctx := b.Context()
		p := b.register(b.own, product.Input{Vendor: "灯塔科技", Name: "Gateway"})
		begin := func(doc []byte) product.Upload {
			b.Helper()
			u, err := b.Upload(ctx, b.own, p.ID, "1.0", "bom.json", doc)
			if err != nil || u.State != product.UploadWaiting {
				b.Fatal(u, err)
			}
			return u
		}
		work := func(u product.Upload) product.Upload {
			b.Helper()
			for range 2 { // a step may run twice
				if err := b.OnUploaded(ctx, product.Uploaded{UploadID: u.ID}); err != nil {
					b.Fatal(err)
				}
			}
			u, err := b.OneUpload(ctx, b.own, u.ID)
			if err != nil {
				b.Fatal(err)
			}
			return u
		}
		doc := cycloneDX("pkg:npm/a@1", "pkg:npm/b@2")
		u := work(begin(doc))
		lists, err := b.SBOMs(ctx, b.own, p.ID)
		if err != nil || u.State != product.UploadDone || u.Done != 2 || u.Total != 2 || len(lists) != 1 || lists[0].ID != u.SBOMID || !lists[0].Current {
			b.Errorf("%+v %+v %v", u, lists, err)
		}
		b.index()
		again := work(begin(doc))
		if again.State != product.UploadDone || again.SBOMID != u.SBOMID {
			b.Errorf("the same once more: %+v", again)
		}
		wrong := work(begin([]byte("{\n\"bomFormat\":\"CycloneDX\"")))
		if wrong.State != product.UploadFailed || wrong.Fault == nil || wrong.Fault.Fields[0].Rule != "product.sbom.syntax" || wrong.Fault.Fields[0].Args[1].(interface{ String() string }).String() != "2" {
			b.Errorf("%+v %+v", wrong, wrong.Fault)
		}
		stopped := begin(cycloneDX("pkg:npm/c@1"))
		for range 2 {
			if _, err := b.CancelUpload(ctx, b.own, stopped.ID); err != nil {
				b.Error(err)
			}
		}
		if stopped = work(stopped); stopped.State != product.UploadCancelled || stopped.SBOMID != "" {
			b.Errorf("%+v", stopped)
		}
		_, err = b.CancelUpload(ctx, b.own, u.ID)
		b.wantKind("cancel what is over", err, fault.Conflict)
		_, err = b.CancelUpload(ctx, b.other, u.ID)
		b.wantKind("cancel another's", err, fault.Withheld)
		_, err = b.CancelUpload(ctx, b.people["analyst"], u.ID)
		b.wantKind("the platform cancels", err, fault.Forbidden)
		_, err = b.OneUpload(ctx, b.other, u.ID)
		b.wantKind("read another's", err, fault.Withheld)
		_, err = b.OneUpload(ctx, b.own, p.ID)
		b.wantKind("none", err, fault.NotFound)
		_, err = b.Upload(ctx, b.other, p.ID, "1.0", "", doc)
		b.wantKind("upload for another", err, fault.Withheld)
		_, err = b.Upload(ctx, b.own, p.ID, " ", "", nil)
		b.same("rules", []string{"version: rule.required", "document: rule.required"}, broken(err))
		if us, err := b.Uploads(ctx, b.own, p.ID); err != nil || len(us) != 4 {
			b.Errorf("%+v %v", us, err)
		}
	})
}
