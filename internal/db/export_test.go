// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package db

// Waiting is how many items wait for the next transaction.
func (g *Group[T]) Waiting() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.waiting)
}

// GroupMost bounds the items of one transaction.
const GroupMost = groupMost
