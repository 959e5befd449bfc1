// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package calendar

import (
	"sync"
	"time"
)

// Beijing is the zone in which Chinese law counts days: UTC+8 all year, since 1992.
func Beijing() *time.Location { return beijing() }

var beijing = sync.OnceValue(func() *time.Location {
	if loc, err := time.LoadLocation("Asia/Shanghai"); err == nil {
		return loc
	}
	return time.FixedZone("CST", 8*60*60)
})
