// SPDX-FileCopyrightText: The Fengsui Authors
// SPDX-License-Identifier: Apache-2.0

package product

// CheckTable reads a table of products.
func CheckTable(b []byte) error { _, err := readTable(b); return err }
