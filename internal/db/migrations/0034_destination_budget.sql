-- SPDX-FileCopyrightText: The Fengsui Authors
-- SPDX-License-Identifier: Apache-2.0

-- +goose Up
-- destination: owner internal/destination
-- To whom a message of the class digest was a prompt one, because it concerned its own products: one organisation a line.
ALTER TABLE destination_batch ADD COLUMN near TEXT NOT NULL DEFAULT '';
