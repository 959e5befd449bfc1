// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package job

import (
	"time"

	"github.com/riverqueue/river/rivertype"
)

// fixedRetry waits the same time between attempts.
type fixedRetry time.Duration

// NextRetry says when a failed job is tried again.
func (f fixedRetry) NextRetry(*rivertype.JobRow) time.Time { return time.Now().Add(time.Duration(f)) }
