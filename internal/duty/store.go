// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package duty

import "github.com/fengsui/fengsui/internal/db"

// Service holds the verbs about duties.
type Service struct{ DB *db.DB }
